"""Workbooks of some kilobytes that would fill a server's memory, or keep it busy for minutes."""

import io
import zipfile
from typing import Final

import pytest

from punchcard.connect.imports.errors import ImportTooManyColumns, ImportUnreadable
from punchcard.connect.imports.import_files import read_file
from punchcard.connect.imports.reading.workbook_bounds import check_bounds
from tests.connect.imports.mover import LIMITS
from tests.connect.imports.test_import_files import workbook

SHEET: Final = "xl/worksheets/sheet1.xml"
MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
HEADINGS: Final = '<row r="1"><c r="A1" t="inlineStr"><is><t>Email</t></is></c></row>'
ENTITY: Final = f'<!DOCTYPE worksheet [<!ENTITY a "{"x" * 250}">]>'
DEFAULT: Final = f'<!DOCTYPE worksheet [<!ATTLIST c a CDATA "{"x" * 250}">]>'


def with_rows(rows: str, *, before: str = "", encoding: str = "utf-8", drawing: str = "") -> bytes:
    """Write a workbook whose sheet holds these rows, with a picture in it if one is given."""
    sheet = f'<worksheet xmlns="{MAIN}"><sheetData>{HEADINGS}{rows}</sheetData></worksheet>'
    declared = f'<?xml version="1.0" encoding="{encoding}"?>{before}{sheet}'
    written = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook(["Email"]))) as model,
        zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as book,
    ):
        for part in model.infolist():
            is_sheet = part.filename == SHEET
            book.writestr(part, declared.encode(encoding) if is_sheet else model.read(part))
        book.writestr("xl/media/image1.svg", drawing)
        book.writestr("xl/media/image2.png", b"\x89PNG" + bytes(2_000_000))
    return written.getvalue()


def row_of(cell: str) -> str:
    """Write a row with one cell."""
    return f'<row r="2"><c r="A2" t="inlineStr"><is><t>{cell}</t></is></c></row>'


def look_at(content: bytes) -> None:
    """Look through a workbook as one that may come to little."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        check_bounds(archive, within_bytes=1_000_000, kept_bytes=2_000_000)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("before", [ENTITY, DEFAULT])
def test_what_stands_for_a_long_text_makes_a_workbook_none(before: str, encoding: str) -> None:
    content = with_rows(row_of("mia@home.example"), before=before, encoding=encoding)

    with pytest.raises(ImportUnreadable):
        read_file(content, LIMITS)


@pytest.mark.parametrize(
    "rows",
    [
        row_of("x" * 300_000),
        row_of(f"<![CDATA[{'<' * 300_000}]]>"),
        f"<row>{'<c/>' * 20_000}</row>",
        f"<row><c a='{'x' * 300_000}'/></row>",
        "<a/>" * 30_000,
        "<a b=''/>" * 15_000,
        f"<row/>{'<a/>' * 10_000}" * 3,
        f"<a>{'x' * 600_000}</a>",
        f"<!--{'<' * 2_000_000}-->",
        f"<?{'p' * 2_000_000}?>",
    ],
    ids=lambda rows: f"{rows[:24]}…",
)
def test_what_would_stay_in_memory_is_looked_at_before_it_is_there(rows: str) -> None:
    with pytest.raises(ImportUnreadable):
        look_at(with_rows(rows))


def test_what_one_row_holds_is_given_back_for_the_next() -> None:
    look_at(with_rows(f"<row>{'<c/>' * 5_000}</row>" * 20))


def test_a_picture_with_a_type_of_document_does_no_harm() -> None:
    svg = '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://shop.example/svg11.dtd"><svg/>'

    assert read_file(with_rows(row_of("mia@home.example"), drawing=svg), LIMITS).parts


def test_rows_as_wide_as_a_sheet_are_not_looked_at_one_by_one() -> None:
    far = "".join(f'<row r="{row}"><c r="ZZZ{row}"/></row>' for row in range(2, 200))

    with pytest.raises(ImportTooManyColumns) as refused:
        read_file(with_rows(far), LIMITS)

    assert refused.value.facts["columns"] == 18_278
