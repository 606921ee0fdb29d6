"""Rows of a CSV file, whatever parts its fields."""

import csv
import io
from collections.abc import Iterator
from itertools import islice
from typing import Final

from punchcard.connect.imports.errors import ImportCellTooLong, ImportRowUnreadable
from punchcard.connect.imports.reading.limits import CELL_CHARACTERS, Row

DELIMITERS: Final = (",", ";", "\t", "|")
_TRIED_ROWS: Final = 50


def find_delimiter(text: str) -> str:
    """Return what parts the fields: what gives most rows as many fields as the headings."""
    return max(DELIMITERS, key=lambda one: _score(text, one))


def _score(text: str, delimiter: str) -> tuple[int, int]:
    try:
        rows = [row for row in islice(_reader(text, delimiter), _TRIED_ROWS) if any(row)]
    except csv.Error:
        return (0, 0)
    if not rows or len(rows[0]) < 2:
        return (0, 0)
    alike = sum(len(row) == len(rows[0]) for row in rows)
    return (alike, len(rows[0]))


def read_csv(text: str, delimiter: str) -> Iterator[Row]:
    """Give the rows as they follow one another; the first is the headings.

    Raises ImportRowUnreadable, ImportCellTooLong.
    """
    reader = _reader(text, delimiter)
    number = 0
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if "field larger" in str(error):
                raise ImportCellTooLong(row=number + 1, limit=CELL_CHARACTERS) from None
            raise ImportRowUnreadable(row=number + 1) from None
        number += 1
        if any(len(cell) > CELL_CHARACTERS for cell in row):
            raise ImportCellTooLong(row=number, limit=CELL_CHARACTERS)
        yield row


def _reader(text: str, delimiter: str) -> Iterator[Row]:
    # Line breaks inside of quotes are part of a cell: the text must not be parted before.
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
