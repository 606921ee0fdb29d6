"""What a shop's month came to, beside the month before: for the books, and to be printed.

Sums come from the daily rollup. Who came and what was given out is read from the ledger, along
indexes that bound it to the month. Days are those of each program's own time zone.
"""

from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from punchcard.kit.ids import LocationId, ProgramId, RewardId, VendorId
from punchcard.loyalty.ledger.ledger_reader import first_id_at
from punchcard.loyalty.models import LoyaltyProgram
from punchcard.loyalty.programs import program_service
from punchcard.loyalty.reports.period_service import (
    PeriodComparison,
    compare_periods,
    totals_by_location,
    totals_by_program,
)
from punchcard.loyalty.reports.staff_report_service import (
    RECORDED_WITHIN,
    StaffLine,
    staff_report,
)
from punchcard.loyalty.reports.stats_service import DateRange, Figures
from punchcard.loyalty.rules.rollup_rules import ACTIVITY_TYPES
from punchcard.loyalty.tables import ENTRIES
from punchcard.loyalty.vocabulary import ActorKind, EntryType

_REDEEMED = (EntryType.STAMPS_REDEEMED, EntryType.POINTS_REDEEMED)
_PROGRAMS = 200


class GivenReward(NamedTuple):
    """A reward as the ledger knows it: whose it was, and what it was called then."""

    program_id: ProgramId
    reward_id: RewardId | None
    name: str

    @property
    def source(self) -> RewardId | ProgramId:
        """Return what has its words today: the reward, or the program for a full card's."""
        return self.reward_id or self.program_id


@dataclass(frozen=True, slots=True)
class RewardSum:
    """How often a reward was given in a month, and what that was worth in minor units."""

    reward: GivenReward
    times: int
    value_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthReport:
    """A month's figures. `visitors` are the cards that were used, this month and the one before;
    what an import tells is not among them.
    """

    first: date
    figures: PeriodComparison
    visitors: tuple[int, int]
    by_location: Mapping[LocationId | None, Figures]
    by_program: Mapping[ProgramId, Figures]
    programs: Sequence[LoyaltyProgram]
    rewards: Sequence[RewardSum]
    staff: Sequence[StaffLine]


def month_of(first: date) -> DateRange:
    """Return the days of the month that `first` lies in."""
    last = monthrange(first.year, first.month)[1]
    return DateRange(first.replace(day=1), first.replace(day=last))


def month_report(
    session: Session,
    vendor_id: VendorId,
    first: date,
    *,
    now: datetime,
    program_id: ProgramId | None = None,
) -> MonthReport:
    """Return the report of the month that `first` lies in, of all programs or one.

    Raises ProgramNotFound.
    """
    days = month_of(first)
    before = month_of(days.first - timedelta(days=1))
    if program_id is None:
        programs = program_service.list_programs(session, vendor_id, limit=_PROGRAMS)
    else:
        programs = [program_service.get_program(session, vendor_id, program_id)]
    staff = staff_report(
        session, vendor_id, now=now, first=days.first, last=days.last, program_id=program_id
    )
    return MonthReport(
        first=days.first,
        figures=compare_periods(session, vendor_id, days, before=before, program_id=program_id),
        visitors=(_visitors(session, programs, days), _visitors(session, programs, before)),
        by_location=totals_by_location(session, vendor_id, days, program_id=program_id),
        by_program=totals_by_program(session, vendor_id, days) if program_id is None else {},
        programs=programs,
        rewards=_rewards(session, programs, days),
        staff=staff.lines,
    )


def _bounds(days: DateRange, zone: str) -> tuple[datetime, datetime]:
    """Return when the first day begins and when the day after the last does."""
    midnight = time(tzinfo=ZoneInfo(zone))
    first = datetime.combine(days.first, midnight).astimezone(UTC)
    return first, datetime.combine(days.last + timedelta(days=1), midnight).astimezone(UTC)


def _visitors(session: Session, programs: Iterable[LoyaltyProgram], days: DateRange) -> int:
    """Return how many cards were used: each program has cards of its own."""
    e = ENTRIES.c
    found = 0
    for program in programs:
        since, until = _bounds(days, program.timezone)
        query = select(func.count(e.card_id.distinct())).where(
            e.vendor_id == program.vendor_id,
            e.program_id == program.id,
            e.id >= first_id_at(since),
            e.id < first_id_at(until + RECORDED_WITHIN + timedelta(hours=2)),
            e.occurred_at >= since,
            e.occurred_at < until,
            e.type.in_(ACTIVITY_TYPES),
            e.actor_kind != ActorKind.IMPORT,
        )
        found += session.scalar(query) or 0
    return found


def _rewards(
    session: Session, programs: Iterable[LoyaltyProgram], days: DateRange
) -> list[RewardSum]:
    """Return what was given, most often first, less what was taken back within the month."""
    voided = ENTRIES.alias("voided")
    e = ENTRIES.c
    times: dict[GivenReward, int] = defaultdict(int)
    values: dict[GivenReward, int] = defaultdict(int)
    for program in programs:
        since, until = _bounds(days, program.timezone)
        query = (
            select(e.reward_id, e.reward, e.voids)
            .outerjoin(voided, voided.c.id == e.voids)
            .where(
                e.vendor_id == program.vendor_id,
                e.program_id == program.id,
                e.type.in_((*_REDEEMED, EntryType.VOIDED)),
                or_(e.voids.is_(None), voided.c.type.in_(_REDEEMED)),
                e.occurred_at >= since,
                e.occurred_at < until,
                e.id >= first_id_at(since),
            )
        )
        for row in session.execute(query):
            told = row.reward or {}
            reward = GivenReward(program.id, row.reward_id, str(told.get("name") or ""))
            count = -1 if row.voids else 1
            times[reward] += count
            values[reward] += count * int(told.get("value_minor") or 0)
    sums = [RewardSum(reward, n, values[reward]) for reward, n in times.items() if n]
    # Points may be redeemed for nothing in particular: that is no reward.
    named = [one for one in sums if one.reward.name]
    return sorted(named, key=lambda one: (-one.times, one.reward))
