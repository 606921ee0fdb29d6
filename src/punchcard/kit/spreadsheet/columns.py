"""What stands in the columns of a list to take away, whichever file it becomes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from typing import Any
from zoneinfo import ZoneInfo

from punchcard.kit.i18n import N_, translate
from punchcard.kit.money import minor_units


class ColumnKind(Enum):
    """What stands in a column, and how many columns it makes in the sheet; None is an empty cell.

    TEXT takes a text. WORD takes one of a few texts, which the column's `words` translate; WORDS
    takes several of them. YES_NO takes a truth. NUMBER takes a number. CARD_NUMBER takes its twelve
    digits, PHONE a number in E.164, BIRTHDAY `MM-DD`. MOMENT takes an aware datetime and makes two
    columns: the shop's time and UTC. MONEY takes `(minor, currency)` and makes two: the amount in
    whole units, and the currency.
    """

    TEXT = "text"
    WORD = "word"
    WORDS = "words"
    YES_NO = "yes_no"
    NUMBER = "number"
    CARD_NUMBER = "card_number"
    PHONE = "phone"
    BIRTHDAY = "birthday"
    MOMENT = "moment"
    MONEY = "money"


@dataclass(frozen=True, slots=True)
class Column:
    """A heading, which is a sentence of the catalogues, and what stands below it.

    `words` are the sentences that stand for the values of WORD and WORDS; others stand as they are.
    """

    heading: str
    kind: ColumnKind = ColumnKind.TEXT
    words: Mapping[Any, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MoneyCell:
    """Money in whole units of its currency, and how many digits of it are minor ones."""

    value: Decimal
    digits: int


Cell = str | int | float | MoneyCell | datetime | None
"""A text, a number, money, a moment (of the shop without a zone, or in UTC), or nothing."""

LaidOut = tuple[ColumnKind, Cell]
"""A cell and what it is: an amount's currency is a TEXT."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Lays values out in the cells of a sheet, in a language and a shop's time zone."""

    columns: Sequence[Column]
    language: str
    timezone: str

    def headings(self) -> list[str]:
        """Return what stands above each column of the sheet."""
        cells: list[str] = []
        for column in self.columns:
            heading = translate(column.heading, self.language)
            cells.append(heading)
            if column.kind is ColumnKind.MOMENT:
                cells.append(f"{heading} (UTC)")
            elif column.kind is ColumnKind.MONEY:
                cells.append(translate(N_("Currency"), self.language))
        return cells

    def cells(self, row: Sequence[Any]) -> Iterator[LaidOut]:
        """Give the cells of a row, whose values follow the columns."""
        for column, value in zip(self.columns, row, strict=True):
            match column.kind:
                case ColumnKind.MOMENT:
                    yield column.kind, _here(value, ZoneInfo(self.timezone))
                    yield column.kind, value.astimezone(UTC) if value else None
                case ColumnKind.MONEY:
                    yield column.kind, _amount(*value)
                    yield ColumnKind.TEXT, value[1] if value[0] is not None else None
                case _:
                    yield column.kind, self._cell(column, value)

    def _cell(self, column: Column, value: Any) -> Cell:
        if value is None or column.kind is ColumnKind.NUMBER:
            return value  # type: ignore[no-any-return]
        if column.kind is ColumnKind.YES_NO:
            return translate(N_("yes") if value else N_("no"), self.language)
        texts = value if column.kind is ColumnKind.WORDS else [str(value)]
        words = column.words
        # A text that is no word of the column's is somebody's own: a person may be called Owner.
        return ", ".join(
            translate(words[one], self.language) if one in words else one for one in texts
        )


def _here(at: datetime | None, zone: ZoneInfo) -> datetime | None:
    return at.astimezone(zone).replace(tzinfo=None) if at else None


def _amount(minor: int | None, currency: str | None) -> MoneyCell | None:
    if minor is None or currency is None:
        return None
    units = minor_units(currency)
    return MoneyCell(Decimal(minor) / units, len(str(units)) - 1)
