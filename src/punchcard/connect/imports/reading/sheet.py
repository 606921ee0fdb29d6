"""A file as a sheet: its headings, what was found out about it, and its rows. Pure."""

from collections.abc import Iterator
from itertools import chain, islice
from typing import Final, NamedTuple

from punchcard.connect.imports.errors import ImportTooLarge, ImportUnreadable
from punchcard.connect.imports.reading.csv_file import find_delimiter, read_csv
from punchcard.connect.imports.reading.limits import FileLimits, Row, check_row
from punchcard.connect.imports.reading.text_file import decode
from punchcard.connect.imports.reading.workbook import BEGINNING, read_workbook
from punchcard.connect.imports.vocabulary import ImportFormat

_MEGABYTE: Final = 1_000_000
_LOOKED_AT: Final = 500
_BINARY: Final = (b"\x89PNG", b"\xff\xd8\xff", b"%PDF", b"\xd0\xcf\x11\xe0", b"GIF8", b"\x1f\x8b")


class Sheet(NamedTuple):
    """`first` are the rows that were looked at, `rows` all below the headings, with their numbers.

    Rows are numbered as a spreadsheet does it: the headings are row 1. Empty ones are left out.
    """

    format: ImportFormat
    encoding: str
    delimiter: str
    headings: Row
    first: list[Row]
    rows: Iterator[tuple[int, Row]]


def open_sheet(content: bytes, limits: FileLimits) -> Sheet:
    """Return the file as a sheet; its rows are read as they are asked for.

    Raises ImportTooLarge, ImportUnreadable, and as rows are read whatever makes one unreadable.
    """
    if len(content) > limits.bytes:
        raise ImportTooLarge(limit_megabytes=limits.bytes // _MEGABYTE)
    if content.startswith(_BINARY):
        raise ImportUnreadable
    encoding = delimiter = ""
    if content.startswith(BEGINNING):
        format, source = ImportFormat.XLSX, read_workbook(content, limits)
    else:
        text, encoding = decode(content)
        format, delimiter = ImportFormat.CSV, find_delimiter(text)
        source = read_csv(text, delimiter)
    rows = _numbered(source, limits)
    headings = next(rows, None)
    if headings is None:
        raise ImportUnreadable
    first = list(islice(rows, _LOOKED_AT))
    return Sheet(
        format=format,
        encoding=encoding,
        delimiter=delimiter,
        headings=[heading.strip() for heading in headings[1]],
        first=[row for _, row in first],
        rows=chain(first, rows),
    )


def _numbered(rows: Iterator[Row], limits: FileLimits) -> Iterator[tuple[int, Row]]:
    for number, row in enumerate(rows, start=1):
        check_row(row, number, limits)
        if any(cell.strip() for cell in row):
            yield number, row
