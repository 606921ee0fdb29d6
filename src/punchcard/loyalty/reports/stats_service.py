"""Statistics, read from the daily rollup alone: they cost the same however long the ledger is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from punchcard.kit.errors import invalid_field
from punchcard.kit.i18n import N_
from punchcard.loyalty.models import DailyRollup, LoyaltyProgram
from punchcard.loyalty.rules.rollup_rules import ROLLUP_COLUMNS
from punchcard.loyalty.vocabulary import ProgramType

SERIES_DAYS = 366
"""How many days a series has at most; a longer range has totals for all of it."""
DEFAULT_DAYS = 30
ACTIVE_DAYS = 30

Figures = Mapping[str, int]
"""A value for each of FIGURES."""

FIGURES = tuple(name for name in ROLLUP_COLUMNS if name != "cards_last_seen")


@dataclass(frozen=True, slots=True)
class DateRange:
    """Days from the first to the last, both included."""

    first: date
    last: date

    @property
    def first_of_series(self) -> date:
        """Return the first day that the series shows."""
        return max(self.first, self.last - timedelta(days=SERIES_DAYS - 1))

    def holds(self, day: Any) -> ColumnElement[bool]:
        """Return the condition that the column `day` lies in the range."""
        return cast("ColumnElement[bool]", day.between(self.first, self.last))

    def series_days(self) -> list[date]:
        """Return the days that the series shows: the last ones of a long range."""
        first = self.first_of_series
        return [first + timedelta(days=n) for n in range((self.last - first).days + 1)]


@dataclass(frozen=True, slots=True)
class Stats:
    """Figures of a range and of all time; `days` holds every day of the series, quiet ones too."""

    range: DateRange
    cards: int
    active_cards: int
    totals: Figures
    all_time: Figures
    days: list[tuple[date, Figures]]


@dataclass(frozen=True, slots=True)
class Money:
    """What was bought and given away in one currency, in its minor units."""

    currency: str
    purchase_amount_minor: int
    reward_value_minor: int


@dataclass(frozen=True, slots=True)
class PlatformStats:
    """The figures of all vendors together; amounts are kept apart by currency."""

    vendors: int
    programs: Mapping[str, int]
    stats: Stats
    money: list[Money]


def date_range(today: date, first: date | None, last: date | None) -> DateRange:
    """Return the days asked for; without a beginning the 30 days up to the end, without an end
    up to today. Raises InvalidInput when the beginning lies after the end.
    """
    last = last or max(today, first or today)
    first = first or last - timedelta(days=DEFAULT_DAYS - 1)
    if first > last:
        message = N_("Must not be after the end of the range.")
        raise invalid_field("query", "from", message=message)
    return DateRange(first, last)


def program_stats(
    session: Session,
    program: LoyaltyProgram,
    *,
    now: datetime,
    first: date | None = None,
    last: date | None = None,
) -> Stats:
    """Return a program's figures; days are those of its time zone. See `date_range`."""
    today = now.astimezone(ZoneInfo(program.timezone)).date()
    days = date_range(today, first, last)
    return stats_of(session, DailyRollup.program_id == program.id, today=today, days=days)


def redemption_rate(type: ProgramType, figures: Figures) -> float | None:
    """Return which part of what was earned was redeemed: of stamps, or in a points program of
    points; None when nothing was earned.
    """
    kind = "points" if type == ProgramType.POINTS else "stamps"
    earned, redeemed = figures[f"{kind}_earned"], figures[f"{kind}_redeemed"]
    return round(redeemed / earned, 4) if earned > 0 else None


def platform_stats(
    session: Session, *, now: datetime, first: date | None = None, last: date | None = None
) -> PlatformStats:
    """Return the figures of all vendors; each program's days are those of its own time zone."""
    days = date_range(now.date(), first, last)
    statuses = select(LoyaltyProgram.status, func.count()).group_by(LoyaltyProgram.status)
    vendors = select(func.count(LoyaltyProgram.vendor_id.distinct()))
    return PlatformStats(
        vendors=session.scalar(vendors) or 0,
        programs={status: count for status, count in session.execute(statuses)},
        stats=stats_of(session, None, today=now.date(), days=days),
        money=money_of(session, days.holds(DailyRollup.day)),
    )


def stats_of(
    session: Session, whose: ColumnElement[bool] | None, *, today: date, days: DateRange
) -> Stats:
    """Return the figures of the programs that `whose` (a condition on DailyRollup) lets through."""
    meant = [] if whose is None else [whose]
    active = select(_sum(DailyRollup.cards_last_seen)).where(
        *meant, DailyRollup.day > today - timedelta(days=ACTIVE_DAYS)
    )
    all_time = total_of(session, *meant)
    return Stats(
        range=days,
        cards=all_time["cards_opened"],
        active_cards=int(session.scalar(active) or 0),
        totals=total_of(session, *meant, days.holds(DailyRollup.day)),
        all_time=all_time,
        days=series_of(session, and_(*meant) if meant else None, days),
    )


def money_of(session: Session, *conditions: ColumnElement[bool]) -> list[Money]:
    """Return what was bought and given away, by currency, over the days that are let through."""
    query = (
        select(
            LoyaltyProgram.currency,
            _sum(DailyRollup.purchase_amount_minor),
            _sum(DailyRollup.reward_value_minor),
        )
        .join(DailyRollup, DailyRollup.program_id == LoyaltyProgram.id)
        .where(*conditions)
        .group_by(LoyaltyProgram.currency)
        .order_by(LoyaltyProgram.currency)
    )
    return [Money(code, int(a), int(v)) for code, a, v in session.execute(query)]


def total_of(session: Session, *conditions: ColumnElement[bool]) -> Figures:
    """Return the sums of FIGURES over the days of programs that the conditions let through."""
    row = session.execute(select(*_sums()).where(*conditions)).one()
    return {name: int(value) for name, value in zip(FIGURES, row, strict=True)}


def series_of(
    session: Session, whose: ColumnElement[bool] | None, days: DateRange
) -> list[tuple[date, Figures]]:
    """Return the figures of each day of the series, quiet ones too; see `stats_of`."""
    meant = [] if whose is None else [whose]
    shown = DailyRollup.day.between(days.first_of_series, days.last)
    query = select(DailyRollup.day, *_sums()).where(*meant, shown).group_by(DailyRollup.day)
    found = {
        day: {name: int(value) for name, value in zip(FIGURES, values, strict=True)}
        for day, *values in session.execute(query)
    }
    quiet = dict.fromkeys(FIGURES, 0)
    return [(day, found.get(day, quiet)) for day in days.series_days()]


def _sums() -> list[ColumnElement[int]]:
    return [_sum(getattr(DailyRollup, name)) for name in FIGURES]


def _sum(column: Any) -> ColumnElement[int]:
    return cast("ColumnElement[int]", func.coalesce(func.sum(column), 0))
