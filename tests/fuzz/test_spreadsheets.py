"""Lists to take away: a cell is read as it was written and never run, whoever typed it."""

import csv
import io
import re
from datetime import UTC, datetime
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st
from openpyxl import load_workbook

from punchcard.kit.i18n import LANGUAGES
from punchcard.kit.spreadsheet.columns import Column, ColumnKind, Layout
from punchcard.kit.spreadsheet.csv_sheet import DIALECTS, CsvSheet
from punchcard.kit.spreadsheet.xlsx_sheet import XlsxSheet
from punchcard.kit.validation import texts
from punchcard.kit.validation.invalid import InvalidValue
from tests.fuzz.effort import effort
from tests.fuzz.made_up import anything

COLUMNS = (
    Column("Name"),
    Column("Reason", ColumnKind.WORD, {"active": "Active"}),
    Column("Tags", ColumnKind.WORDS, {"a": "A"}),
    Column("Phone", ColumnKind.PHONE),
    Column("Points", ColumnKind.NUMBER),
)
_RUNS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def _unguarded(text: str) -> str:
    """Leave out what keeps a text from being run, where a column of some dialect may begin."""
    return re.sub("(^|[;,\t\r\n])'+", r"\1", text)


def _storable(text: str) -> bool:
    try:
        return texts.paragraphs(text, maximum=10_000) == text
    except InvalidValue:
        return False


told = (
    anything
    | st.tuples(st.sampled_from([*_RUNS, '"', ";", ",", "'", " ", "\ufeff"]), anything).map("".join)
).filter(_storable)
rows = st.lists(
    st.tuples(told, told, st.lists(told, max_size=2), told, st.integers(-(10**20), 10**20)),
    max_size=4,
)


@effort(300)
@given(rows, st.sampled_from(sorted(DIALECTS)), st.sampled_from(LANGUAGES))
@example(
    [('=HYPERLINK("http://x","y")', "@SUM(1)", ["-1", "+1"], "+1;cmd|' /C calc'!A0", 1)],
    "comma",
    "en",
)
def test_a_csv_is_read_as_it_was_written_and_runs_nothing(
    rows: list[tuple[Any, ...]], dialect: str, language: str
) -> None:
    layout = Layout(COLUMNS, language, "Europe/Luxembourg")
    sheet = CsvSheet(layout, DIALECTS[dialect])
    text = (sheet.head() + sheet.rows(rows)).decode().removeprefix("\ufeff")
    found = list(csv.reader(io.StringIO(text, newline=""), delimiter=DIALECTS[dialect].delimiter))
    assert len(found) == len(rows) + 1
    for read, row in zip(found[1:], rows, strict=True):
        for place, cell in enumerate(read[:4]):
            meant = ", ".join(row[place]) if isinstance(row[place], list) else row[place]
            is_word = place in (1, 2) and ("active" in meant or "a" in row[place])
            if not is_word:
                assert _unguarded(cell) == _unguarded(meant)
            is_phone = place == 3 and cell[:1] == "+" and cell[1:].isdigit()
            assert is_phone or not cell.startswith(_RUNS)
        assert int(read[4]) == row[4]


@effort(25)
@given(rows)
def test_a_workbook_holds_texts_as_texts(rows: list[tuple[Any, ...]]) -> None:
    layout = Layout(COLUMNS, "en", "Europe/Luxembourg")
    made_at = datetime(2026, 3, 2, tzinfo=UTC)
    with XlsxSheet(layout, title="A list", made_at=made_at) as sheet:
        sheet.write(rows)
        content = b"".join(sheet.finish())
    cells = list(load_workbook(io.BytesIO(content)).active.iter_rows(min_row=2))
    assert len(cells) == len([row for row in rows])
    for read, row in zip(cells, rows, strict=True):
        assert read[0].data_type in ("s", "n", "inlineStr")
        assert {one.data_type for one in read} <= {"s", "n", "inlineStr"}, "no formula"
        assert (read[0].value or "") == row[0]
