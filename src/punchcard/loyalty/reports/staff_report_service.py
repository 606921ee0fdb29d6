"""The staff report: what each person at the till did in a period, and what deserves a second look.

It tells facts, not guilt: a flag says where to look in the ledger. It reads the entries that were
recorded from the first day to RECORDED_WITHIN after the last, along the index of the vendor's ids,
and counts those that happened in the period; what an import tells is not in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from statistics import median
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, case, func, select
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import Session

from punchcard.accounts.models import Vendor
from punchcard.db.days import local_day
from punchcard.kit.errors import invalid_field
from punchcard.kit.i18n import N_
from punchcard.kit.ids import CardId, ProgramId, StaffPinId, VendorId
from punchcard.loyalty.ledger.ledger_reader import first_id_at, was_late
from punchcard.loyalty.models import StaffPin
from punchcard.loyalty.programs.program_service import get_program
from punchcard.loyalty.reports.stats_service import DateRange, date_range
from punchcard.loyalty.tables import ENTRIES
from punchcard.loyalty.vocabulary import COMES_BY_ITSELF, ActorKind, EntryType

REPORT_DAYS_LIMIT: Final = 92
RECORDED_WITHIN: Final = timedelta(hours=72)
"""As late as a till that was offline may hand in what happened."""
TOP_CARDS: Final = 5

ONE_CARD_SHARE: Final = 0.3
FEWEST_STAMPS: Final = 20
FEWEST_DAYS: Final = 5
VOID_FACTOR: Final = 3.0
FEWEST_VOIDS: Final = 5

ONE_CARD: Final = "one_card"
"""One card got more than ONE_CARD_SHARE of the person's stamps (of FEWEST_STAMPS at least)."""
EVERY_DAY: Final = "same_card_every_day"
"""One card was stamped on each of the days (FEWEST_DAYS at least) on which the person stamped."""
MANY_VOIDS: Final = "many_voids"
"""The share of voids (FEWEST_VOIDS at least) is over VOID_FACTOR times the colleagues' median."""
LATE_ENTRIES: Final = "late_entries"
"""Something was recorded more than 10 minutes after it is said to have happened."""
FLAGS: Final = (ONE_CARD, EVERY_DAY, MANY_VOIDS, LATE_ENTRIES)


@dataclass(frozen=True, slots=True)
class TopCard:
    """One of the cards that got most stamps from a person."""

    card_id: CardId
    stamps: int
    days: int


_STAMPINGS: Final = (EntryType.STAMP_EARNED, EntryType.VISIT_RECORDED)
_PURCHASES: Final = (EntryType.POINTS_EARNED, EntryType.VISIT_RECORDED)
_GAVE_STAMPS: Final = (ENTRIES.c.type.in_(_STAMPINGS), ENTRIES.c.stamps_delta > 0)
_BY_THEMSELVES: Final = (
    EntryType.CARD_OPENED,
    EntryType.WELCOME_BONUS,
    *sorted(COMES_BY_ITSELF),
)
"""What comes with an operation of somebody's, and is none itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffLine:
    """What one person did; `pin_id` None stands for what was done without a PIN.

    `voids` are entries they reversed, `void_share` the part of those among all their operations,
    `late` operations that were recorded more than LATE after they happened.
    Shares of stamps are None when there were none.
    """

    pin_id: StaffPinId | None
    name: str | None
    is_retired: bool
    operations: int
    stamps: int
    points: int
    purchase_amount_minor: int
    redemptions: int
    voids: int
    void_share: float | None
    adjustments: int
    adjusted_points: int
    cards: int
    days: int
    top_card_share: float | None
    top_five_share: float | None
    late: int
    top_cards: list[TopCard]
    flags: list[str]


@dataclass(frozen=True, slots=True)
class StaffReport:
    """The lines of a period, whoever gave most stamps first; what no PIN stands behind is last."""

    range: DateRange
    timezone: str
    program_id: ProgramId | None
    lines: list[StaffLine]


def staff_report(
    session: Session,
    vendor_id: VendorId,
    *,
    now: datetime,
    first: date | None = None,
    last: date | None = None,
    program_id: ProgramId | None = None,
) -> StaffReport:
    """Return what each person did; days are the vendor's, or those of the program's time zone.

    Raises ProgramNotFound, and InvalidInput for a period of more than REPORT_DAYS_LIMIT days.
    """
    if program_id is None:
        zone = session.get_one(Vendor, vendor_id).timezone
    else:
        program = get_program(session, vendor_id, program_id)
        program_id, zone = program.id, program.timezone
    days = date_range(now.astimezone(ZoneInfo(zone)).date(), first, last)
    if (days.last - days.first).days >= REPORT_DAYS_LIMIT:
        message = N_("A report covers {days} days at most.")
        raise invalid_field("query", "from", message=message, days=REPORT_DAYS_LIMIT)
    period = _Period(days, zone, _in_period(vendor_id, program_id, days, zone))
    lines = _lines(session, period)
    return StaffReport(days, zone, program_id, _flagged(lines))


@dataclass(frozen=True, slots=True)
class _Period:
    range: DateRange
    zone: str
    conditions: list[ColumnElement[bool]]

    def day(self, session: Session) -> ColumnElement[date]:
        first, last = _bounds(self.range, self.zone)
        return local_day(ENTRIES.c.occurred_at, self.zone, first, last, session.get_bind().dialect)


def _bounds(days: DateRange, zone: str) -> tuple[datetime, datetime]:
    """Return when the first day begins and when the day after the last does."""
    midnight = time(tzinfo=ZoneInfo(zone))
    first = datetime.combine(days.first, midnight).astimezone(UTC)
    return first, datetime.combine(days.last + timedelta(days=1), midnight).astimezone(UTC)


def _in_period(
    vendor_id: VendorId, program_id: ProgramId | None, days: DateRange, zone: str
) -> list[ColumnElement[bool]]:
    since, until = _bounds(days, zone)
    of_program = [] if program_id is None else [ENTRIES.c.program_id == program_id]
    return [
        ENTRIES.c.vendor_id == vendor_id,
        ENTRIES.c.id >= first_id_at(since),
        ENTRIES.c.id < first_id_at(until + RECORDED_WITHIN + timedelta(hours=2)),
        ENTRIES.c.occurred_at >= since,
        ENTRIES.c.occurred_at < until,
        ENTRIES.c.actor_kind != ActorKind.IMPORT,
        *of_program,
    ]


def _lines(session: Session, period: _Period) -> list[StaffLine]:
    tops = _top_cards(session, period)
    days = {row[0]: row[1] for row in session.execute(_stamping_days(session, period))}
    lines = []
    for row in session.execute(_totals(period, session.get_bind().dialect)):
        top = tops.get(row.staff_pin_id, [])
        lines.append(_line(row, top, days.get(row.staff_pin_id, 0)))
    return sorted(
        lines, key=lambda one: (one.pin_id is None, -one.stamps, -one.points, one.pin_id or "")
    )


def _totals(period: _Period, dialect: Dialect) -> Select[Any]:
    e, kind = ENTRIES.c, ENTRIES.c.type

    def added(column: ColumnElement[int], *types: str) -> ColumnElement[int]:
        return func.coalesce(func.sum(case((kind.in_(types), column), else_=0)), 0)

    def counted(*types: str) -> ColumnElement[int]:
        return func.sum(case((kind.in_(types), 1), else_=0))

    grouped = (
        select(
            e.staff_pin_id,
            func.count().label("operations"),
            added(e.stamps_delta, *_STAMPINGS).label("stamps"),
            added(e.points_delta, *_PURCHASES).label("points"),
            added(e.amount_minor, *_PURCHASES).label("purchase_amount_minor"),
            counted(EntryType.STAMPS_REDEEMED, EntryType.POINTS_REDEEMED).label("redemptions"),
            counted(EntryType.VOIDED).label("voids"),
            counted(EntryType.POINTS_ADJUSTED).label("adjustments"),
            added(e.points_delta, EntryType.POINTS_ADJUSTED).label("adjusted_points"),
            func.count(e.card_id.distinct()).label("cards"),
            func.sum(case((was_late(dialect), 1), else_=0)).label("late"),
        )
        .where(*period.conditions, kind.not_in(_BY_THEMSELVES))
        .group_by(e.staff_pin_id)
        .subquery()
    )
    return select(grouped, StaffPin.name, StaffPin.retired_at).outerjoin(
        StaffPin, StaffPin.id == grouped.c.staff_pin_id
    )


def _stamping_days(session: Session, period: _Period) -> Select[Any]:
    return (
        select(ENTRIES.c.staff_pin_id, func.count(period.day(session).distinct()))
        .where(*period.conditions, *_GAVE_STAMPS)
        .group_by(ENTRIES.c.staff_pin_id)
    )


def _top_cards(session: Session, period: _Period) -> dict[str | None, list[TopCard]]:
    """Return each person's cards with the most stamps, ranked in the database."""
    e = ENTRIES.c
    stamps = func.sum(e.stamps_delta)
    by_card = (
        select(
            e.staff_pin_id,
            e.card_id,
            stamps.label("stamps"),
            func.count(period.day(session).distinct()).label("days"),
            func.row_number()
            .over(partition_by=e.staff_pin_id, order_by=(stamps.desc(), e.card_id))
            .label("place"),
        )
        .where(*period.conditions, *_GAVE_STAMPS)
        .group_by(e.staff_pin_id, e.card_id)
        .subquery()
    )
    query = select(by_card).where(by_card.c.place <= TOP_CARDS).order_by(by_card.c.place)
    tops: dict[str | None, list[TopCard]] = {}
    for row in session.execute(query):
        top = TopCard(row.card_id, int(row.stamps), row.days)
        tops.setdefault(row.staff_pin_id, []).append(top)
    return tops


def _line(row: Any, top: list[TopCard], days: int) -> StaffLine:
    stamps, voids = int(row.stamps), int(row.voids)
    return StaffLine(
        pin_id=row.staff_pin_id,
        name=row.name,
        is_retired=row.retired_at is not None,
        operations=row.operations,
        stamps=stamps,
        points=int(row.points),
        purchase_amount_minor=int(row.purchase_amount_minor),
        redemptions=int(row.redemptions),
        voids=voids,
        void_share=_share(voids, row.operations),
        adjustments=int(row.adjustments),
        adjusted_points=int(row.adjusted_points),
        cards=row.cards,
        days=days,
        top_card_share=_share(sum(one.stamps for one in top[:1]), stamps),
        top_five_share=_share(sum(one.stamps for one in top), stamps),
        late=int(row.late),
        top_cards=top,
        flags=[],
    )


def _flagged(lines: Sequence[StaffLine]) -> list[StaffLine]:
    """Return the lines with their flags; what no person stands behind gets none."""
    people = [line for line in lines if line.pin_id is not None]
    return [
        replace(line, flags=_flags(line, [one for one in people if one is not line]))
        if line.pin_id is not None
        else line
        for line in lines
    ]


def _flags(line: StaffLine, colleagues: Sequence[StaffLine]) -> list[str]:
    usual = median([one.void_share or 0 for one in colleagues]) if colleagues else None
    raised = {
        ONE_CARD: line.stamps >= FEWEST_STAMPS and (line.top_card_share or 0) > ONE_CARD_SHARE,
        EVERY_DAY: line.days >= FEWEST_DAYS
        and any(top.days == line.days for top in line.top_cards),
        MANY_VOIDS: line.voids >= FEWEST_VOIDS
        and usual is not None
        and (line.void_share or 0) > VOID_FACTOR * usual,
        LATE_ENTRIES: line.late > 0,
    }
    return [flag for flag in FLAGS if raised[flag]]


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole > 0 else None
