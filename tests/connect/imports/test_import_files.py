"""How files are read: whatever wrote them, in whichever of four languages."""

import io
from collections.abc import Sequence
from datetime import UTC, date, datetime

import pytest
import xlsxwriter

from punchcard.connect.imports import error_file
from punchcard.connect.imports.errors import (
    ImportCellTooLong,
    ImportEmpty,
    ImportHasNul,
    ImportRowUnreadable,
    ImportTooLarge,
    ImportTooManyColumns,
    ImportTooManyRows,
    ImportTwoEncodings,
    ImportUnreadable,
)
from punchcard.connect.imports.faults import BadRow, FaultCode
from punchcard.connect.imports.import_files import read_file
from punchcard.connect.imports.reading import cells
from punchcard.connect.imports.reading.cells import is_formula, unescaped
from punchcard.connect.imports.reading.headings import find_fields
from punchcard.connect.imports.reading.limits import FileLimits
from punchcard.connect.imports.reading.sheet import open_sheet
from punchcard.connect.imports.vocabulary import DateOrder, ImportField, ImportFormat
from punchcard.kit.spreadsheet.csv_sheet import is_long_number
from tests.connect.imports.mover import LIMITS

CAFE = "Prénom;Nom;Points\r\nZoë;Müller;12\r\n"


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (CAFE.encode(), "UTF-8"),
        (CAFE.encode("utf-8-sig"), "UTF-8"),
        (CAFE.encode("utf-16"), "UTF-16"),
        (CAFE.encode("utf-16-le"), "UTF-16"),
        (CAFE.encode("utf-16-be"), "UTF-16"),
        (CAFE.encode("cp1252"), "Windows-1252"),
        (b"Email\nmia@home.example\n", "UTF-8"),
    ],
)
def test_letters_are_read_in_the_encoding_they_were_written_in(
    content: bytes, encoding: str
) -> None:
    sheet = open_sheet(content, LIMITS)
    assert sheet.encoding == encoding
    if encoding != "UTF-8" or len(sheet.headings) > 1:
        assert (sheet.headings[0], list(sheet.rows)) == ("Prénom", [(2, ["Zoë", "Müller", "12"])])


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_what_parts_the_fields_is_found(delimiter: str) -> None:
    text = delimiter.join(("name", "note", "points")) + "\n" + delimiter.join(('"a,b;c"', "x", "1"))
    sheet = open_sheet(text.encode(), LIMITS)
    assert sheet.delimiter == delimiter
    assert list(sheet.rows) == [(2, ["a,b;c", "x", "1"])]


@pytest.mark.parametrize(
    ("content", "refusal", "facts"),
    [
        (b"a,b\n" + b"x,\xc3\xa9\n" * 3 + b"y,\xe9\n", ImportTwoEncodings, {"row": 5}),
        (b"a,b\n" + b"x,\xe9\n" * 3 + b"y,\xc3\xa9\n", ImportTwoEncodings, {"row": 5}),
        (b"a,b\n1,2\nx,\0\n", ImportHasNul, {"row": 3}),
        ("a,b\n1,2\nx,\0\n".encode("utf-16"), ImportHasNul, {"row": 3}),
        (b'a,b\n1,2\n"x,3\n4,5\n', ImportRowUnreadable, {"row": 3}),
        (b"a,b\n" + b"x" * 10_001 + b",2\n", ImportCellTooLong, {"row": 2}),
        (b"a,b\n" + b"," * 300 + b"\n", ImportTooManyColumns, {"row": 2, "columns": 301}),
        (b"a,b\n" + b"1,2\n" * 5_001, ImportTooManyRows, {"limit": 5_000}),
        (b"a,b\n" + b"1,2\n" * 300_000, ImportTooLarge, {"limit_megabytes": 1}),
        (b"a,b\n\n  \n", ImportEmpty, {}),
        (b"", ImportUnreadable, {}),
        (b"\x89PNG\r\n\x1a\n", ImportUnreadable, {}),
        (b"PK\x03\x04 not a workbook", ImportUnreadable, {}),
    ],
)
def test_a_file_that_cannot_be_read_says_which_row_and_why(
    content: bytes, refusal: type[Exception], facts: dict[str, int]
) -> None:
    with pytest.raises(refusal) as refused:
        read_file(content, LIMITS)
    assert facts.items() <= refused.value.facts.items()  # type: ignore[attr-defined]


def workbook(*rows: Sequence[object]) -> bytes:
    """Write a workbook with one sheet."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                if isinstance(cell, date):
                    sheet.write_datetime(number, column, cell, day)
                else:
                    sheet.write(number, column, cell)
    return file.getvalue()


def test_a_workbook_is_read_as_it_shows() -> None:
    content = workbook(
        ["Email", "Points", "Birthday", "Formula"],
        ["mia@home.example", 1250.0, date(1990, 4, 17), "=1+1"],
        [],
        ["jo@home.example", 3],
    )
    sheet = open_sheet(content, LIMITS)
    assert sheet.format is ImportFormat.XLSX
    assert list(sheet.rows) == [
        (2, ["mia@home.example", "1250", "1990-04-17", "=1+1"]),
        (4, ["jo@home.example", "3"]),
    ]


def test_a_workbook_that_unpacks_to_more_than_it_may_is_not_unpacked() -> None:
    content = workbook(["Email"], *(["x" * 5000] for _ in range(100)))
    with pytest.raises(ImportTooLarge):
        read_file(content, FileLimits(1_000_000, 5_000, 20, 10_000))


@pytest.mark.parametrize(
    ("headings", "fields"),
    [
        (
            "first_name last_name email points birthday",
            "first_name last_name email points birthday",
        ),
        ("Name|Phone|Date of birth|Card serial number|Balance", None),
        ("Prénom|Nom|Adresse e-mail|Téléphone|Date de naissance|Solde de points|N° carte", None),
        ("Vorname|Nachname|E-Mail|Handynummer|Geburtsdatum|Punktestand|Kundennummer", None),
        ("Virnumm|Familljennumm|E-Mail|Telefon|Gebuertsdag|Punkten|Kaartennummer", None),
    ],
)
def test_headings_are_known_in_four_languages(headings: str, fields: str | None) -> None:
    parted = headings.split("|") if "|" in headings else headings.split()
    found = find_fields(parted, has_stamps=False, has_points=True)
    assert sorted(found.values()) == list(range(len(parted)))
    if fields is not None:
        assert [str(field) for field in found] == fields.split()


CARDS = """Ancien no|Ancien n°|Ancien Nº|ancien_numero|Ancienne carte|Ancien code|Carte client
    N° de carte|No carte|Num. carte|N° client|No client|Réf. client|N° adhérent
    Numéro de carte de fidélité
    Alte Nr.|Alte Nummer|Alte Karte|Bisherige Kartennr.|Karten-Nr.|Kd.-Nr.|Kdnr|Kunden-Nr|KundenNr.
    Mitglieds-Nr.|Kunden-ID|Treuekarte|Kundenkarte|Kundennummer alt|Frühere Nummer
    Al Nummer|Aal Kaartennummer|Kaarten-Nr.|Treiekaart|Client Nr.|Fréier Nr.|N° Kaart
    Old no.|Old number|Old #|Old card|Card #|Card No.|Card №|Customer #|Member no|Cust. no."""
PHONES = "N° tél.|Tél. no|No de téléphone|Telefon-Nr.|Handynr|Handy-Nr.|GSM-Nr.|Mobile no.|Phone #"
NEITHER = """No|Nr.|N°|#|Client depuis|Code postal|PIN|Nombre de cartes|Anzahl Karten|Haus-Nr.
    Rechnungs-Nr.|Card status|Gift card|Type de carte|Ancien nom|Alter|Ancien téléphone
    Old phone no.|Phone code"""
NAMES = "Client|Kunde|Customer|Card holder|Cardholder|Titulaire"


@pytest.mark.parametrize(
    ("headings", "field"),
    [
        (CARDS, ImportField.EXTERNAL_CODE),
        (PHONES, ImportField.PHONE),
        (NAMES, ImportField.NAME),
        (NEITHER, None),
    ],
)
def test_numbers_are_known_however_people_head_them(
    headings: str, field: ImportField | None
) -> None:
    found = {
        heading: next(iter(find_fields([heading], has_stamps=True, has_points=True)), None)
        for line in headings.splitlines()
        for heading in line.strip().split("|")
    }
    assert found == dict.fromkeys(found, field)


def test_a_balance_is_that_of_what_the_cards_collect() -> None:
    assert list(find_fields(["Balance"], has_stamps=True, has_points=False)) == ["stamps"]
    assert list(find_fields(["Points"], has_stamps=True, has_points=False)) == []


@pytest.mark.parametrize(
    ("cell", "decimal", "number"),
    [
        ("1.250", ",", 1250),
        ("1,250.00", ".", 1250),
        ("1 250", ",", 1250),
        ("1’250", ".", 1250),
        ("+12,0", ",", 12),
        ("-0", ".", 0),
    ],
)
def test_a_balance_is_read_as_people_write_it(cell: str, decimal: str, number: int) -> None:
    assert cells.whole_number(cell, decimal=decimal) == number


@pytest.mark.parametrize("cell", ["9000000000001", "9" * 4301, "9" * 10_000], ids=len)
def test_no_balance_is_larger_than_a_card_holds(cell: str) -> None:
    with pytest.raises(BadRow) as refusal:
        cells.whole_number(cell, decimal=".")
    assert refusal.value.code is FaultCode.TOO_MUCH


def test_noughts_before_a_balance_count_for_nothing() -> None:
    assert cells.whole_number("0" * 4301 + "7", decimal=".") == 7


@pytest.mark.parametrize(
    ("told", "delimiter", "decimal"),
    [
        (["12", "1.250,00"], ",", ","),
        (["12", "12.5"], ";", "."),
        (["1,250"], ",", "."),
        (["1.250"], ";", ","),
    ],
)
def test_the_decimal_mark_is_found(told: list[str], delimiter: str, decimal: str) -> None:
    assert cells.find_decimal(told, delimiter=delimiter) == decimal


@pytest.mark.parametrize(
    ("cell", "order", "birthday"),
    [
        ("1990-04-17", DateOrder.MONTH_FIRST, "04-17"),
        ("17.4.1990", DateOrder.DAY_FIRST, "04-17"),
        ("17.04.", DateOrder.DAY_FIRST, "04-17"),
        ("04/17/90", DateOrder.MONTH_FIRST, "04-17"),
        ("19900417", DateOrder.DAY_FIRST, "04-17"),
        ("04-17", DateOrder.DAY_FIRST, "04-17"),
        ("29.02.2001", DateOrder.DAY_FIRST, "02-29"),
        ("17 / 4 / 1990", DateOrder.DAY_FIRST, "04-17"),
        ("17. 4. 1990 08:30", DateOrder.DAY_FIRST, "04-17"),
        ("1990-04-17T00:00:00Z", DateOrder.DAY_FIRST, "04-17"),
    ],
)
def test_a_birthday_loses_its_year(cell: str, order: DateOrder, birthday: str) -> None:
    assert cells.birthday(cell, order) == birthday


def test_the_order_of_days_is_found_by_what_can_be_no_month() -> None:
    assert cells.find_date_order(["01/02/1990", "17/02/1990"]) is DateOrder.DAY_FIRST
    assert cells.find_date_order(["01/02/1990", "02/17/1990"]) is DateOrder.MONTH_FIRST
    assert cells.find_date_order([]) is DateOrder.DAY_FIRST


@pytest.mark.parametrize(
    "cell",
    ["31.02.1990", "soon", "1990", "32/13/1990", f"1 2{' ' * 100_000}\nx"],
    ids=lambda cell: cell[:12],
)
def test_what_is_no_day_is_no_birthday(cell: str) -> None:
    with pytest.raises(BadRow):
        cells.birthday(cell, DateOrder.DAY_FIRST)


def test_consent_was_given_on_a_day_that_is_over() -> None:
    now = datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert cells.moment("05.11.2025", DateOrder.DAY_FIRST, now).isoformat()[:10] == "2025-11-05"
    for cell in ("05.11.", "05.11.2030", "05.11.1890"):
        with pytest.raises(BadRow):
            cells.moment(cell, DateOrder.DAY_FIRST, now)


def test_yes_and_no_are_read_in_four_languages() -> None:
    assert all(cells.yes_or_no(word) for word in ("Yes", "oui", "JA", "jo", "1", "true", "✓"))
    assert not any(cells.yes_or_no(word) for word in ("", "no", "Non", "nein", "nee", "0"))
    with pytest.raises(BadRow):
        cells.yes_or_no("maybe")


@pytest.mark.parametrize("cell", ["482915123456", "+352621111001", "00352621111001", "0621111001"])
def test_digits_that_a_spreadsheet_would_save_otherwise_are_marked_and_read_back(cell: str) -> None:
    assert is_long_number(cell)
    assert unescaped(f"'{cell}") == cell


@pytest.mark.parametrize(
    "cell", ["=1+1", "\t=1+1", " @SUM(A1)", "\r+cmd|x", "\uff1d1+1", "\uff20A1", "-2+3+cmd"]
)
def test_what_a_spreadsheet_would_run_is_marked_and_read_back(cell: str) -> None:
    assert is_formula(cell)
    assert unescaped(f"'{cell}") == cell.strip()


@pytest.mark.parametrize("cell", ["12", "0", "1.50", "4829-1512-3456", "'s Hertogenbosch", ""])
def test_other_cells_stay_as_they_are(cell: str) -> None:
    assert not is_long_number(cell)
    assert unescaped(cell) == cell


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("Anna;=1+1", "Anna;'=1+1"),
        ("Anna, @SUM(1)", "Anna,' @SUM(1)"),
        ("=1+1;=2", "'=1+1;'=2"),
        ("Anna\t-1|cmd", "Anna\t'-1|cmd"),
        ("Anna;x\n=1+1", "Anna;x\n'=1+1"),
        ("Anna\r\n@SUM(1)", "Anna\r\n'@SUM(1)"),
        ("a-b; c", "a-b; c"),
        ("+352 621 123 456", "+352 621 123 456"),
    ],
)
def test_what_another_dialect_would_run_is_marked_in_the_file_of_errors_and_read_back(
    cell: str, written: str
) -> None:
    # Opened by a spreadsheet that parts at the other separator, a cell begins in its middle.
    assert error_file.safe_cell(cell) == written
    assert unescaped(written) == cell
