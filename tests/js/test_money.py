"""Server, pages, files and terminal write and read amounts alike, in every currency there is."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from babel.numbers import list_currencies
from playwright._impl._driver import compute_driver_executable

from punchcard.kit.i18n import LANGUAGES, translate
from punchcard.kit.money import (
    Amount,
    minor_digits,
    minor_units,
    plain_amount,
    write_amount,
)
from punchcard.kit.spreadsheet.columns import Column, ColumnKind, Layout
from punchcard.kit.spreadsheet.csv_sheet import DIALECTS, CsvSheet
from punchcard.kit.validation.amounts import amount_minor
from punchcard.kit.validation.invalid import InvalidValue
from punchcard.web.pages.formatting import Wording
from punchcard.web.terminal import shell

CURRENCIES = sorted(list_currencies())
SOME_MINOR = 123_456_789
LARGEST = 10**12
TYPED = [
    *("12", "12,50", "12.50", "12.5", ",5", ".5", "12.", "1,234", "1.234", "0,234", "0.234"),
    *("1.234,50", "1,234.50", "1.234.567", "1,234,567", "1 234,50", "1\u202f234", "1'234.5"),
    *("12 50", "1.2.3", "1,2,3", "12,345", "12.3456", "1.234,567.8", "1234567", "", ",", "-3"),
    *("abc", "1e3", "12,50,", "12..5", "1 2", "1.234.56", "00012,5", "1 234.567"),
]
DRIVER = Path(__file__).parent / "money_driver.mjs"


def _terminal(**asked: Any) -> dict[str, list[Any]]:
    node, _ = compute_driver_executable()
    known = {"minor_digits": shell._facts("en")["minor_digits"], "written": [], "typed": []}
    done = subprocess.run(
        [node, str(DRIVER)],
        input=json.dumps({**known, **asked}),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    answer: dict[str, list[Any]] = json.loads(done.stdout)
    return answer


def _number(text: str) -> str:
    """Return the number of an amount without the currency around it, its spaces all the same."""
    found = re.search(r"[0-9][0-9.,\s\u00a0\u202f]*", text)
    assert found, text
    return re.sub(r"\s", " ", found[0]).strip()


def test_every_place_writes_the_same_number_in_every_currency_and_language() -> None:
    cases = [(SOME_MINOR, code, language) for code in CURRENCIES for language in LANGUAGES]
    terminal = _terminal(written=cases)["written"]
    for (minor, code, language), of_terminal in zip(cases, terminal, strict=True):
        number = _number(write_amount(minor, code, language))
        places = {
            "terminal": of_terminal,
            "page": Wording(language).money(minor, code),
            "sentence": translate("{amount}", language, amount=Amount(minor, code)),
            "field": plain_amount(minor, code, language, is_grouped=True),
        }
        assert {name: _number(text) for name, text in places.items()} == dict.fromkeys(
            places, number
        ), (code, language)
        assert (
            number.replace(" ", "")[::-1].find("," if language != "en" else ".")
            in {
                -1,
                minor_digits(code),
            }
            or minor_digits(code) == 0
        )


@pytest.mark.parametrize("code", CURRENCIES)
def test_files_hold_the_amount_that_pages_show(code: str) -> None:
    layout = Layout([Column("Amount", ColumnKind.MONEY)], "en", "UTC")
    sheet = CsvSheet(layout, DIALECTS["comma"])
    cell = sheet.rows([((SOME_MINOR, code),)]).decode().split(",")[0]
    assert float(cell) == pytest.approx(SOME_MINOR / minor_units(code), abs=1e-9)
    assert cell == plain_amount(SOME_MINOR, code, "en")


def test_what_a_page_writes_it_reads_again() -> None:
    for code in CURRENCIES:
        for language in LANGUAGES:
            for minor in (0, 1, 5, 99, 100, 12_345, 100_000, SOME_MINOR):
                texts = (
                    plain_amount(minor, code, language),
                    plain_amount(minor, code, language, is_grouped=True),
                    write_amount(minor, code, language),
                )
                for text in texts:
                    assert amount_minor(text, code, language, maximum=LARGEST) == minor, text


def test_terminal_and_server_read_what_is_typed_alike() -> None:
    codes = ["EUR", "HUF", "JPY", "KWD", "CLF"]
    cases = [(text, code, language) for text in TYPED for code in codes for language in LANGUAGES]
    terminal = _terminal(typed=cases)["read"]
    for (text, code, language), readings in zip(cases, terminal, strict=True):
        try:
            of_server = [amount_minor(text, code, language, maximum=LARGEST)]
        except InvalidValue as refusal:
            both = [refusal.params.get(name) for name in ("larger", "smaller")]
            of_server = [one.minor for one in both if isinstance(one, Amount)]
        assert readings == of_server, (text, code, language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_could_be_two_amounts_is_asked(language: str) -> None:
    typed = "1,234" if language == "en" else "1.234"
    with pytest.raises(InvalidValue) as refusal:
        amount_minor(typed, "KWD", language, maximum=LARGEST)
    told = translate(refusal.value.sentence, language, **refusal.value.params)
    for minor in (1_234_000, 1_234):
        assert plain_amount(minor, "KWD", language, is_grouped=True) in told
