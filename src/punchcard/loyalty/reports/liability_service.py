"""What a shop owes its cards: points from one day to another, when they end, what they are worth.

The movements are those of the daily rollup, which the ledger is derived again and compared with;
what imports told has no day and stands at the beginning. When points end follows from the entries
that tell of dates.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from math import floor
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from punchcard.db.dialects import pairs_in
from punchcard.loyalty.models import DailyRollup, LoyaltyProgram, Reward
from punchcard.loyalty.reports.stats_service import DateRange, date_range
from punchcard.loyalty.rules.dated.dates import NEVER
from punchcard.loyalty.tables import ENTRIES, IMPORTS
from punchcard.loyalty.vocabulary import ActorKind

_MONTH_DIGITS: Final = len("2026-03")
_SIGNS: Final[Mapping[str, int]] = {
    "points_earned": 1,
    "points_adjusted": 1,
    "points_moved": 1,
    "points_redeemed": -1,
    "points_expired": -1,
    "points_refunded": -1,
    "points_reserved": -1,
}
"""The columns of the rollup that move what cards have, pending points among it."""
_SHOWN: Final = (*_SIGNS, "points_bonus", "points_pending")


@dataclass(frozen=True, slots=True)
class EndingPoints:
    """Points of all cards that end in one month; `month` None for those without an end."""

    month: date | None
    points: int


@dataclass(frozen=True, slots=True)
class Liability:
    """What cards had before `first`, how it moved until `last`, and what they have after it.

    `movements` are sums by column of the rollup, each as it is counted there; `imported` is what
    imports told. `closing` is the points of all cards with `pending` ones among them. Values are in
    minor units: `value_per_point` is the most that a reward gives for a point, None without one.
    `redeemed_share` is which part of the points that left by redemption or expiry was redeemed.
    """

    first: date
    last: date
    currency: str
    opening: int
    movements: Mapping[str, int]
    imported: int
    closing: int
    pending: int
    ending: list[EndingPoints]
    value_per_point: Fraction | None
    redeemed_share: Fraction | None

    @property
    def gross_minor(self) -> int | None:
        """Return what the points are worth if all of them are redeemed."""
        if self.value_per_point is None:
            return None
        return floor(max(self.closing, 0) * self.value_per_point)

    @property
    def expected_minor(self) -> int | None:
        """Return what the points are worth if as many of them are redeemed as so far."""
        if self.gross_minor is None or self.redeemed_share is None:
            return None
        return floor(self.gross_minor * self.redeemed_share)


def days_of(
    program: LoyaltyProgram, now: datetime, first: date | None, last: date | None
) -> DateRange:
    """Return the days asked for: up to today, from 1 January on. Raises InvalidInput."""
    today = now.astimezone(ZoneInfo(program.timezone)).date()
    last = last or today
    return date_range(today, first or date(last.year, 1, 1), last)


def liability(session: Session, program: LoyaltyProgram, *, first: date, last: date) -> Liability:
    """Return what a program's cards had, got and gave from `first` to `last`, days of its zone.

    Reads one row a day and location; the database adds up, month by month, what the entries up to
    the last day tell of dates.
    """
    before = _sums(session, program, until=first - timedelta(days=1))
    during = _sums(session, program, since=first, until=last)
    ever = _sums(session, program, until=last)
    imported = _imported(session, program)
    opening = _net(before) + imported
    closing = opening + _net(during)
    return Liability(
        first=first,
        last=last,
        currency=program.currency,
        opening=opening,
        movements=during,
        imported=imported,
        closing=closing,
        pending=ever["points_pending"],
        ending=_ending(session, program, last, closing),
        value_per_point=_value_per_point(session, program),
        redeemed_share=_redeemed_share(ever),
    )


def _sums(
    session: Session, program: LoyaltyProgram, *, until: date, since: date | None = None
) -> dict[str, int]:
    columns = [func.coalesce(func.sum(getattr(DailyRollup, name)), 0) for name in _SHOWN]
    query = select(*columns).where(DailyRollup.program_id == program.id, DailyRollup.day <= until)
    if since is not None:
        query = query.where(DailyRollup.day >= since)
    return {
        name: int(value) for name, value in zip(_SHOWN, session.execute(query).one(), strict=True)
    }


def _net(sums: Mapping[str, int]) -> int:
    return sum(sign * sums[name] for name, sign in _SIGNS.items())


def _imported(session: Session, program: LoyaltyProgram) -> int:
    """Return the points that imports told of this program, less what was voided of them."""
    told = (
        select(IMPORTS.c.id)
        .where(IMPORTS.c.vendor_id == program.vendor_id, IMPORTS.c.points != 0)
        .limit(1)
    )
    if session.scalar(told) is None:
        return 0
    voided = ENTRIES.alias("voided")
    query = (
        select(func.coalesce(func.sum(ENTRIES.c.points_delta), 0))
        .outerjoin(voided, voided.c.id == ENTRIES.c.voids)
        .where(
            ENTRIES.c.program_id == program.id,
            (ENTRIES.c.actor_kind == ActorKind.IMPORT) | (voided.c.actor_kind == ActorKind.IMPORT),
        )
    )
    return int(session.scalar(query) or 0)


def _ending(
    session: Session, program: LoyaltyProgram, last: date, closing: int
) -> list[EndingPoints]:
    ended = datetime.combine(last + timedelta(days=1), time(), ZoneInfo(program.timezone))
    lots, ends_on, points = pairs_in(session.get_bind().dialect, ENTRIES.c.details, "lots")
    month = func.substr(ends_on, 1, _MONTH_DIGITS)
    sums = session.execute(
        select(month, func.sum(points))
        .select_from(ENTRIES, lots)
        .where(
            ENTRIES.c.program_id == program.id,
            ENTRIES.c.form > 1,
            ENTRIES.c.occurred_at < ended.astimezone(UTC),
            ends_on != NEVER,
        )
        .group_by(month)
        .order_by(month)
    )
    ending = [EndingPoints(date.fromisoformat(f"{at}-01"), int(sum_)) for at, sum_ in sums if sum_]
    rest = closing - sum(one.points for one in ending)
    return [*ending, EndingPoints(None, rest)] if rest else ending


def _value_per_point(session: Session, program: LoyaltyProgram) -> Fraction | None:
    rows = session.execute(
        select(Reward.value_minor, Reward.points_required).where(
            Reward.program_id == program.id,
            Reward.archived_at.is_(None),
            Reward.value_minor.is_not(None),
            Reward.points_required.is_not(None),
        )
    )
    values = [Fraction(row.value_minor, row.points_required) for row in rows]
    return max(values, default=None)


def _redeemed_share(ever: Mapping[str, int]) -> Fraction | None:
    redeemed, expired = max(ever["points_redeemed"], 0), max(ever["points_expired"], 0)
    return Fraction(redeemed, redeemed + expired) if redeemed + expired else None
