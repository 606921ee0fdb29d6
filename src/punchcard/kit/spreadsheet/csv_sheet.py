"""Lists as CSV that spreadsheets open as they are, and that can be read in again: pure.

UTF-8 with a byte order mark, by which Excel knows the letters. A text that a spreadsheet would run
as a formula gets an apostrophe in front: names are typed by strangers. So does what would begin a
cell in the middle of a text, where the file is opened by a spreadsheet of the other dialect: it
parts the line at every separator of its own, whatever stands in quotes. And so do digits that it
would take for another number: receipt 0042 is not 42.
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from punchcard.kit.spreadsheet.columns import ColumnKind, LaidOut, Layout, MoneyCell

_BYTE_ORDER_MARK: Final = "\ufeff"
# The last ones are of full width: some editions of Excel take them for the others.
_LONG_NUMBER: Final = re.compile(r"\+?[0-9]{12,}|0[0-9]+")
_FORMULA: Final = re.compile(r"(?:^|(?<=[;,\t\r\n]))(?=[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20])")
_INSIDE: Final = re.compile(r"(?<=[;,\t\r\n])(?= *[=+\-@\uff1d\uff0b\uff0d\uff20])")
_GUARDED_INSIDE: Final = re.compile(r"(?<=[;,\t\r\n])'(?= *[=+\-@\uff1d\uff0b\uff0d\uff20])")
_E164: Final = re.compile(r"\+[0-9]{3,15}")


@dataclass(frozen=True, slots=True)
class Dialect:
    """What parts the fields of a line, and the whole from the fraction of a number."""

    delimiter: str
    decimal: str


DIALECTS: Final = {"comma": Dialect(",", "."), "semicolon": Dialect(";", ",")}
"""By name. A spreadsheet expects the one of its user's country."""


def dialect_of(language: str) -> str:
    """Return the name of the dialect that spreadsheets of a language read."""
    return "comma" if language == "en" else "semicolon"


@dataclass(frozen=True, slots=True)
class CsvSheet:
    """Writes rows as they follow one another in the file."""

    layout: Layout
    dialect: Dialect

    def head(self) -> bytes:
        """Return the beginning of the file: the headings."""
        return (_BYTE_ORDER_MARK + self._lines([self.layout.headings()])).encode()

    def rows(self, rows: Iterable[Sequence[Any]]) -> bytes:
        """Return some rows."""
        written = ([self._written(cell) for cell in self.layout.cells(row)] for row in rows)
        return self._lines(written).encode()

    def _lines(self, rows: Iterable[Sequence[str]]) -> str:
        text = io.StringIO()
        csv.writer(text, delimiter=self.dialect.delimiter).writerows(rows)
        return text.getvalue()

    def _written(self, laid_out: LaidOut) -> str:
        kind, cell = laid_out
        if cell is None:
            return ""
        if isinstance(cell, datetime):
            if cell.tzinfo is None:
                return cell.isoformat(" ", "seconds")
            return cell.replace(tzinfo=None).isoformat("T", "seconds") + "Z"
        if isinstance(cell, MoneyCell):
            return f"{cell.value:.{cell.digits}f}".replace(".", self.dialect.decimal)
        if isinstance(cell, str):
            return _text(kind, cell)
        return str(cell).replace(".", self.dialect.decimal)


def _text(kind: ColumnKind, text: str) -> str:
    match kind:
        case ColumnKind.CARD_NUMBER:
            # Twelve bare digits would be shown as 4.82915E+11; parted, they stay a text.
            return "-".join(text[start : start + 4] for start in range(0, len(text), 4))
        case ColumnKind.BIRTHDAY:
            # Without a year a spreadsheet makes a day of this year of it, or of another month.
            return f"0000-{text}"
        case ColumnKind.PHONE if _E164.fullmatch(text):
            return text
    if is_long_number(text):
        return f"'{text}"
    return _FORMULA.sub("'", text)


def guarded_inside(text: str) -> str:
    """Return a text with an apostrophe wherever a spreadsheet of another dialect would run it.

    That parts the line at a separator of its own, in the middle of the text, and at the ends of
    lines within it: where it sees no quote at a cell's beginning, quotes hold nothing together.
    """
    return _INSIDE.sub("'", text)


def unguarded_inside(text: str) -> str:
    """Return a text without the apostrophes of `guarded_inside`."""
    return _GUARDED_INSIDE.sub("", text)


def is_long_number(text: str) -> bool:
    """Return whether a spreadsheet would keep these digits as another number, or lose some.

    482915123456 is shown as 4.82915E+11 and saved so; 00352 and 0621 lose what they begin with.
    """
    return bool(_LONG_NUMBER.fullmatch(text.strip()))
