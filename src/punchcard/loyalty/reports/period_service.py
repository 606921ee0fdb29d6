"""A period beside the one before it: what a shop's programs did in each, from the daily rollup.

Days are those of each program's own time zone. It costs the same however long the ledger is.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from punchcard.kit.ids import LocationId, ProgramId, VendorId
from punchcard.loyalty.models import NOWHERE, DailyRollup, LoyaltyProgram
from punchcard.loyalty.reports.stats_service import (
    DateRange,
    Figures,
    Money,
    money_of,
    series_of,
    total_of,
)


@dataclass(frozen=True, slots=True)
class Period:
    """The figures of some days: together, in each currency, and day by day, quiet days too."""

    range: DateRange
    total: Figures
    money: list[Money]
    days: list[tuple[date, Figures]]


@dataclass(frozen=True, slots=True)
class PeriodComparison:
    """A period, and the one to hold against it."""

    period: Period
    before: Period


def period_before(days: DateRange) -> DateRange:
    """Return as many days, up to the day before the first."""
    length = days.last - days.first + timedelta(days=1)
    return DateRange(days.first - length, days.last - length)


def compare_periods(
    session: Session,
    vendor_id: VendorId,
    days: DateRange,
    *,
    before: DateRange | None = None,
    program_id: ProgramId | None = None,
    location_id: LocationId | None = None,
) -> PeriodComparison:
    """Return the vendor's figures of `days` and of `before`, else of as many days before them.

    Of one program, and of one location, where they are named. What customers did by themselves,
    such as opening a card, happened at no location.
    """
    ours = _ours(vendor_id, program_id, location_id)
    return PeriodComparison(
        period=_period(session, ours, days),
        before=_period(session, ours, before or period_before(days)),
    )


def totals_by_location(
    session: Session, vendor_id: VendorId, days: DateRange, *, program_id: ProgramId | None = None
) -> dict[LocationId | None, Figures]:
    """Return the figures of each location where anything happened; None stands for nowhere."""
    ours = and_(_ours(vendor_id, program_id, None), days.holds(DailyRollup.day))
    places = session.scalars(select(DailyRollup.location_id).where(ours).distinct())
    found = {
        place: total_of(session, ours, DailyRollup.location_id == place) for place in places.all()
    }
    return {
        None if place == NOWHERE else place: figures
        for place, figures in found.items()
        if any(value for name, value in figures.items())
    }


def totals_by_program(
    session: Session, vendor_id: VendorId, days: DateRange
) -> dict[ProgramId, Figures]:
    """Return the figures of each of the vendor's programs in which anything happened."""
    ours = and_(_ours(vendor_id, None, None), days.holds(DailyRollup.day))
    programs = session.scalars(select(DailyRollup.program_id).where(ours).distinct())
    return {
        program_id: total_of(session, ours, DailyRollup.program_id == program_id)
        for program_id in programs.all()
    }


def first_day(session: Session, vendor_id: VendorId) -> date | None:
    """Return the first day on which anything happened in one of the vendor's programs."""
    ours = _ours(vendor_id, None, None)
    query = select(DailyRollup.day).where(ours).order_by(DailyRollup.day).limit(1)
    return session.scalar(query)


def last_active_day(session: Session, vendor_id: VendorId) -> date | None:
    """Return the last day on which a card of the vendor was used."""
    used = and_(_ours(vendor_id, None, None), DailyRollup.cards_last_seen > 0)
    return session.scalar(select(func.max(DailyRollup.day)).where(used))


def _period(session: Session, ours: ColumnElement[bool], days: DateRange) -> Period:
    within = days.holds(DailyRollup.day)
    return Period(
        range=days,
        total=total_of(session, ours, within),
        money=money_of(session, ours, within),
        days=series_of(session, ours, days),
    )


def _ours(
    vendor_id: VendorId, program_id: ProgramId | None, location_id: LocationId | None
) -> ColumnElement[bool]:
    programs = select(LoyaltyProgram.id).where(LoyaltyProgram.vendor_id == vendor_id)
    if program_id is not None:
        programs = programs.where(LoyaltyProgram.id == program_id)
    ours = DailyRollup.program_id.in_(programs)
    return ours if location_id is None else and_(ours, DailyRollup.location_id == location_id)
