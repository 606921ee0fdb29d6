"""Rows of the first sheet of an Excel workbook, read as they stand, formulas as their text."""

import io
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any, Final

from punchcard.connect.imports.errors import (
    ImportCellTooLong,
    ImportTooLarge,
    ImportTooManyColumns,
    ImportUnreadable,
)
from punchcard.connect.imports.reading.limits import CELL_CHARACTERS, FileLimits, Row
from punchcard.connect.imports.reading.workbook_bounds import check_bounds

BEGINNING: Final = b"PK\x03\x04"
"""How every workbook begins: it is a ZIP archive."""

_PARTS_LIMIT: Final = 2000
_MEGABYTE: Final = 1_000_000


def read_workbook(content: bytes, limits: FileLimits) -> Iterator[Row]:
    """Give the rows of the first sheet; trailing empty cells are left out.

    Raises ImportUnreadable, ImportCellTooLong, ImportTooLarge for one that unpacks to more than it
    may, and ImportTooManyColumns for one whose rows are so wide that to look at them takes minutes.
    """
    _check_packing(content, limits)
    # Loaded only once somebody brings a workbook.
    from openpyxl import load_workbook

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            check_bounds(archive)
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=False)
        sheet = book.worksheets[0]
        # What a file claims to be its size is its own word.
        sheet.reset_dimensions()
        rows = sheet.iter_rows(values_only=True)
        left = limits.rows * limits.columns
        for number, cells in enumerate(rows, start=1):
            # A single cell at the right edge is as wide as a whole row of them.
            left -= len(cells)
            if left < 0:
                raise ImportTooManyColumns(row=number, columns=len(cells), limit=limits.columns)
            yield _row(cells, number)
    except (ImportCellTooLong, ImportTooLarge, ImportTooManyColumns):
        raise
    except Exception:
        # A broken workbook fails anywhere in the library that reads it.
        raise ImportUnreadable from None


def _check_packing(content: bytes, limits: FileLimits) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError):
        raise ImportUnreadable from None
    if len(parts) > _PARTS_LIMIT:
        raise ImportUnreadable
    if sum(part.file_size for part in parts) > limits.unpacked_bytes:
        raise ImportTooLarge(limit_megabytes=limits.unpacked_bytes // _MEGABYTE)


def _row(cells: tuple[Any, ...], number: int) -> Row:
    row = [_text(cell) for cell in cells]
    while row and not row[-1]:
        row.pop()
    if any(len(cell) > CELL_CHARACTERS for cell in row):
        raise ImportCellTooLong(row=number, limit=CELL_CHARACTERS)
    return row


def _text(cell: Any) -> str:
    match cell:
        case None:
            return ""
        case bool():
            return "true" if cell else "false"
        case float() if cell.is_integer() and abs(cell) < 2**53:
            return str(int(cell))
        case datetime():
            return cell.date().isoformat() if cell.time() == time() else cell.isoformat()
        case date():
            return cell.isoformat()
        case _:
            return str(getattr(cell, "text", cell))
