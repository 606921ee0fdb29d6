"""How much of a file is read, and what a row is."""

from typing import Final, NamedTuple

from punchcard.connect.imports.errors import (
    ImportEmpty,
    ImportTooManyColumns,
    ImportTooManyRows,
)

Row = list[str]
"""The cells of a row, as texts: "" for an empty one."""

CELL_CHARACTERS: Final = 10_000
"""A cell longer than this is no fact about a customer."""


class FileLimits(NamedTuple):
    """How large the file of an import may be; `unpacked_bytes` is for packed workbooks."""

    bytes: int
    rows: int
    columns: int
    unpacked_bytes: int


def check_row(row: Row, number: int, limits: FileLimits) -> None:
    """Refuse what is too wide or too long. Raises ImportTooManyColumns, ImportTooManyRows."""
    if len(row) > limits.columns:
        raise ImportTooManyColumns(row=number, columns=len(row), limit=limits.columns)
    if number - 1 > limits.rows:
        raise ImportTooManyRows(limit=limits.rows)


def check_any(rows: int) -> None:
    """Refuse a file with nothing below its headings. Raises ImportEmpty."""
    if not rows:
        raise ImportEmpty
