"""Lists as CSV and XLSX: what a spreadsheet shows is what was meant, and nothing in it runs."""

import csv
import io
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from openpyxl import load_workbook

from punchcard.kit.ids import as_card_number
from punchcard.kit.spreadsheet.columns import Column, ColumnKind, Layout
from punchcard.kit.spreadsheet.csv_sheet import DIALECTS, CsvSheet, dialect_of
from punchcard.kit.spreadsheet.xlsx_sheet import XlsxSheet
from punchcard.kit.validation import contacts

AT = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
NUMBER = "482915036272"
PHONE = "+352621123456"
COLUMNS = (
    Column("Name"),
    Column("Points", ColumnKind.NUMBER),
    Column("Amount", ColumnKind.MONEY),
    Column("When", ColumnKind.MOMENT),
    Column("Card number", ColumnKind.CARD_NUMBER),
    Column("Phone", ColumnKind.PHONE),
    Column("Birthday", ColumnKind.BIRTHDAY),
    Column("Status", ColumnKind.WORD, {"active": "Active"}),
    Column("Agreed to news", ColumnKind.YES_NO),
)
ROW = ("Chloé", 1234, (123450, "EUR"), AT, NUMBER, PHONE, "03-04", "active", True)
EMPTY = (None, None, (None, "EUR"), None, None, None, None, None, None)


def written(rows: Sequence[Sequence[Any]], language: str = "en", dialect: str | None = None) -> str:
    layout = Layout(COLUMNS, language, "Europe/Luxembourg")
    sheet = CsvSheet(layout, DIALECTS[dialect or dialect_of(language)])
    return (sheet.head() + sheet.rows(rows)).decode()


def read(text: str) -> list[list[str]]:
    """Read a file as a program does that has never seen it: its dialect is found out."""
    assert text.startswith("\ufeff")
    told = text.removeprefix("\ufeff")
    dialect = csv.Sniffer().sniff(told.splitlines()[0], delimiters=";,\t")
    return list(csv.reader(io.StringIO(told, newline=""), delimiter=dialect.delimiter))


def cells_of(language: str, rows: Sequence[Sequence[Any]], **options: Any) -> Any:
    """Write a workbook and return it as another library reads it."""
    layout = Layout(COLUMNS, language, "Europe/Luxembourg")
    with XlsxSheet(layout, title="A list", made_at=AT, **options) as sheet:
        sheet.write(rows)
        content = b"".join(sheet.finish())
    return load_workbook(io.BytesIO(content))


def test_moments_stand_in_the_shops_time_and_in_utc_money_with_its_currency() -> None:
    assert read(written([ROW])) == [
        [
            *("Name", "Points", "Amount", "Currency", "When", "When (UTC)", "Card number"),
            *("Phone", "Birthday", "Status", "Agreed to news"),
        ],
        [
            *("Chloé", "1234", "1234.50", "EUR", "2026-03-29 01:30:00", "2026-03-29T00:30:00Z"),
            *("4829-1503-6272", PHONE, "0000-03-04", "Active", "yes"),
        ],
    ]


@pytest.mark.parametrize(
    ("language", "amount", "agreed"),
    [("de", "1234,50", "ja"), ("fr", "1234,50", "oui"), ("lb", "1234,50", "jo")],
)
def test_a_file_is_written_as_spreadsheets_of_its_language_read(
    language: str, amount: str, agreed: str
) -> None:
    text = written([ROW], language)
    assert text.splitlines()[1].split(";")[2] == amount
    head, row = read(text)
    assert (row[2], row[-1]) == (amount, agreed)
    assert not set(head) & {"Amount", "When", "Card number", "Birthday"}


def test_a_share_has_the_mark_of_its_dialect() -> None:
    sheet = CsvSheet(Layout([Column("Share", ColumnKind.NUMBER)], "de", "UTC"), DIALECTS["comma"])
    assert sheet.rows([(0.25,)]) == b"0.25\r\n"
    sheet = CsvSheet(sheet.layout, DIALECTS["semicolon"])
    assert sheet.rows([(0.25,)]) == b"0,25\r\n"


def test_what_is_missing_is_an_empty_cell() -> None:
    assert read(written([EMPTY]))[1] == [""] * 11
    sheet = cells_of("en", [EMPTY])["A list"]
    assert sheet.max_row == 1


@pytest.mark.parametrize(
    "name",
    [
        *("=1+1", "+352", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"),
        *("\uff1d1+1", "\uff0b352", "\uff0d1", "\uff20SUM(A1)", "+352621123456"),
    ],
)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_no_text_is_a_formula(name: str, dialect: str) -> None:
    cell = read(written([(name, *ROW[1:])], dialect=dialect))[1][0]
    assert cell.startswith("'")
    assert cell.replace("'", "") == name


@pytest.mark.parametrize("sign", ["=1+1", "+1", "-1", "@SUM(A1)", "\uff1d1+1"])
@pytest.mark.parametrize("separator", [";", ",", "\t", "\n", "\r\n"])
@pytest.mark.parametrize("dialect", DIALECTS)
def test_no_text_holds_a_formula_for_a_spreadsheet_of_the_other_dialect(
    dialect: str, separator: str, sign: str
) -> None:
    text = written([(f"Ann{separator}{sign}{separator}{sign}", *EMPTY[1:])], dialect=dialect)
    cells = [cell for line in text.splitlines() for cell in re.split(r"[;,\t]", line)]
    assert not [cell for cell in cells if cell.lstrip('"').startswith(tuple("=+-@\uff1d"))]


@pytest.mark.parametrize("name", ["Ann, Bob; -", "1,5 = 3/2", "a;b", "two, +1 on Friday"])
def test_a_text_with_a_separator_stays_as_it_was_typed(name: str) -> None:
    assert read(written([(name, *EMPTY[1:])]))[1][0] == name


@pytest.mark.parametrize("text", ["0042", "00352621123456", "482915123456", "20261129000017"])
@pytest.mark.parametrize("dialect", DIALECTS)
def test_digits_that_a_spreadsheet_would_change_are_a_text(text: str, dialect: str) -> None:
    assert read(written([(text, *EMPTY[1:])], dialect=dialect))[1][0] == "'" + text


@pytest.mark.parametrize("text", ["42", "0", "10.50", "R-0042", "2026-11"])
def test_other_digits_stand_as_they_were_typed(text: str) -> None:
    assert read(written([(text, *EMPTY[1:])]))[1][0] == text


@pytest.mark.parametrize("phone", ["+352=1", "=1+1", "+1-2", "@x"])
def test_a_phone_is_bare_only_if_it_is_one(phone: str) -> None:
    row = read(written([(*ROW[:5], phone, *ROW[6:])]))[1]
    assert row[7] == "'" + phone


def test_numbers_below_zero_stay_numbers() -> None:
    row = read(written([("A", -3, (-450, "EUR"), *ROW[3:])]))[1]
    assert row[1:3] == ["-3", "-4.50"]


@pytest.mark.parametrize(
    ("currency", "shown"), [("EUR", "12.34"), ("JPY", "1234"), ("KWD", "1.234")]
)
def test_amounts_have_the_digits_of_their_currency(currency: str, shown: str) -> None:
    row = ("A", 1, (1234, currency), *ROW[3:])
    assert read(written([row]))[1][2:4] == [shown, currency]
    cell = cells_of("en", [row])["A list"]["C2"]
    assert cell.value == float(shown)
    assert cell.number_format.partition(".")[2] == "0" * len(shown.partition(".")[2])


@pytest.mark.parametrize("dialect", DIALECTS)
def test_commas_quotes_and_line_breaks_stay_in_their_cell(dialect: str) -> None:
    name = 'Alice; "the", boss\nof it 🎉'
    assert read(written([(name, *ROW[1:])], dialect=dialect))[1][0] == name


def test_numbers_are_texts_to_a_spreadsheet_and_can_be_read_in_again() -> None:
    row = read(written([ROW]))[1]
    number, phone, birthday = row[6:9]
    assert not number.isdigit()
    assert as_card_number(number) == NUMBER
    assert contacts.phone(phone, country=None) == PHONE
    assert birthday.startswith("0000-")


def test_a_word_of_somebodys_own_is_not_translated() -> None:
    row = read(written([("Active", *ROW[1:7], "unheard-of", False)], "de"))[1]
    assert (row[0], row[-2], row[-1]) == ("Active", "unheard-of", "nein")


def test_cells_of_a_workbook_have_their_types() -> None:
    sheet = cells_of("de", [ROW, ("=1+1", *ROW[1:])])["A list"]
    head, row, evil = ([cell for cell in cells] for cells in sheet.iter_rows())
    assert head[0].value == "Name"
    assert head[0].font.bold
    values = [cell.value for cell in row]
    assert values == [
        *("Chloé", 1234, 1234.5, "EUR", AT.replace(hour=1, tzinfo=None), AT.replace(tzinfo=None)),
        *(NUMBER, PHONE, "03-04", "Aktiv", "ja"),
    ]
    assert [cell.data_type for cell in row] == [*"snnsdd", *"sssss"]
    assert (evil[0].value, evil[0].data_type) == ("=1+1", "s")
    assert sheet.freeze_panes == "A2"


def test_control_characters_and_very_long_texts_leave_a_readable_workbook() -> None:
    sheet = cells_of("en", [("bell\x07", *ROW[1:]), ("x" * 40_000, *ROW[1:])])["A list"]
    assert sheet["A2"].value.startswith("bell")
    assert len(sheet["A3"].value) == 32_767


def test_what_no_number_can_hold_exactly_is_a_text() -> None:
    sheet = cells_of("en", [("A", 10**15 + 1, *ROW[2:])])["A list"]
    assert sheet["B2"].value == str(10**15 + 1)


def test_more_rows_than_a_sheet_holds_go_on_in_another() -> None:
    rows = [(f"Guest {number}", *ROW[1:]) for number in range(5)]
    book = cells_of("en", rows, rows_a_sheet=2)
    assert book.sheetnames == ["A list", "A list 2", "A list 3"]
    names = [[row[0] for row in book[name].values] for name in book.sheetnames]
    assert names == [
        ["Name", "Guest 0", "Guest 1"],
        ["Name", "Guest 2", "Guest 3"],
        ["Name", "Guest 4"],
    ]


def test_a_workbook_that_nobody_fetched_leaves_nothing_on_the_disk() -> None:
    layout = Layout(COLUMNS, "en", "UTC")
    with XlsxSheet(layout, title="A list", made_at=AT) as sheet:
        sheet.write([ROW])
        folder = sheet.folder
        assert folder.exists()
    assert not folder.exists()
