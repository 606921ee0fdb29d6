"""Lists as CSV that spreadsheets open as they are: pure, a part at a time.

UTF-8 with a byte order mark, by which Excel knows the letters. A text that a spreadsheet would run
as a formula gets an apostrophe in front: names are typed by strangers.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Final
from zoneinfo import ZoneInfo

from punchcard.kit.i18n import N_, translate
from punchcard.kit.money import minor_units

_BYTE_ORDER_MARK: Final = "\ufeff"
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


class ColumnKind(Enum):
    """What stands in a column, and how many columns it makes in the sheet.

    TEXT takes a text or None. NUMBER takes a number or None. MOMENT takes an aware datetime or None
    and makes two columns: the shop's time and UTC. MONEY takes `(minor, currency)` and makes two:
    the amount in whole units with a decimal point, and the currency.
    """

    TEXT = "text"
    NUMBER = "number"
    MOMENT = "moment"
    MONEY = "money"


@dataclass(frozen=True, slots=True)
class Column:
    """A heading, which is a sentence of the catalogues, and what stands below it."""

    heading: str
    kind: ColumnKind = ColumnKind.TEXT


@dataclass(frozen=True, slots=True)
class Sheet:
    """Writes rows whose values follow `columns`."""

    columns: Sequence[Column]
    language: str
    timezone: str

    def head(self) -> bytes:
        """Return the beginning of the file: the headings."""
        cells: list[str] = []
        for column in self.columns:
            heading = translate(column.heading, self.language)
            cells.append(heading)
            if column.kind is ColumnKind.MOMENT:
                cells.append(f"{heading} (UTC)")
            elif column.kind is ColumnKind.MONEY:
                cells.append(translate(N_("Currency"), self.language))
        return (_BYTE_ORDER_MARK + _lines([cells])).encode()

    def rows(self, rows: Iterable[Sequence[Any]]) -> bytes:
        """Return rows as they follow one another in the file."""
        zone = ZoneInfo(self.timezone)
        kinds = [column.kind for column in self.columns]
        return _lines(
            [
                cell
                for kind, value in zip(kinds, row, strict=True)
                for cell in _cells(kind, value, zone)
            ]
            for row in rows
        ).encode()


def _lines(rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


def _cells(kind: ColumnKind, value: Any, zone: ZoneInfo) -> tuple[str, ...]:
    match kind:
        case ColumnKind.MOMENT:
            return _moment(value, zone)
        case ColumnKind.MONEY:
            return _money(*value)
        case ColumnKind.NUMBER:
            return ("" if value is None else str(value),)
    return (_text(value),)


def _text(value: Any) -> str:
    text = "" if value is None else str(value)
    return "'" + text if text.startswith(_FORMULA) else text


def _moment(at: datetime | None, zone: ZoneInfo) -> tuple[str, str]:
    if at is None:
        return "", ""
    here = at.astimezone(zone).replace(tzinfo=None)
    utc = at.astimezone(UTC).replace(tzinfo=None)
    return here.isoformat(" ", "seconds"), utc.isoformat("T", "seconds") + "Z"


def _money(minor: int | None, currency: str | None) -> tuple[str, str]:
    if minor is None or currency is None:
        return "", ""
    units = minor_units(currency)
    digits = len(str(units)) - 1
    return f"{Decimal(minor) / units:.{digits}f}", currency
