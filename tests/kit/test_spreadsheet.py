"""Lists as CSV: what a spreadsheet shows is what was meant, and nothing in it runs."""

import csv
import io
from datetime import UTC, datetime

import pytest

from punchcard.kit.spreadsheet import Column, ColumnKind, Sheet

AT = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
COLUMNS = (
    Column("Name"),
    Column("Points", ColumnKind.NUMBER),
    Column("Amount", ColumnKind.MONEY),
    Column("When", ColumnKind.MOMENT),
)
SHEET = Sheet(COLUMNS, "en", "Europe/Luxembourg")


def read(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_moments_stand_in_the_shops_time_and_in_utc_money_with_its_currency() -> None:
    content = SHEET.head() + SHEET.rows([("Chloé", 7, (450, "EUR"), AT)])
    assert content.startswith(b"\xef\xbb\xbf")
    assert read(content) == [
        ["Name", "Points", "Amount", "Currency", "When", "When (UTC)"],
        ["Chloé", "7", "4.50", "EUR", "2026-03-29 01:30:00", "2026-03-29T00:30:00Z"],
    ]


def test_what_is_missing_is_an_empty_cell() -> None:
    assert read(SHEET.rows([(None, None, (None, "EUR"), None)])) == [[""] * 6]


@pytest.mark.parametrize("name", ["=1+1", "+352", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_no_text_is_a_formula(name: str) -> None:
    (row,) = read(SHEET.rows([(name, 1, (1, "EUR"), AT)]))
    assert row[0] == "'" + name


def test_numbers_below_zero_stay_numbers() -> None:
    (row,) = read(SHEET.rows([("A", -3, (-450, "EUR"), AT)]))
    assert row[1:3] == ["-3", "-4.50"]


@pytest.mark.parametrize(
    ("currency", "shown"), [("EUR", "12.34"), ("JPY", "1234"), ("KWD", "1.234")]
)
def test_amounts_have_the_digits_of_their_currency(currency: str, shown: str) -> None:
    (row,) = read(SHEET.rows([("A", 1, (1234, currency), AT)]))
    assert row[2:4] == [shown, currency]


def test_commas_quotes_and_line_breaks_stay_in_their_cell() -> None:
    name = 'Alice, "the" boss\nof it 🎉'
    (row,) = read(SHEET.rows([(name, 1, (1, "EUR"), AT)]))
    assert row[0] == name
