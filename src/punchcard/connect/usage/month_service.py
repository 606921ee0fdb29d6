"""What vendors used in a month, for the operator's bills.

The figures of a month that is closed are kept and never change; those of one that is going on, or
is not closed yet, are counted when they are asked for, over that month's entries alone.
"""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, case, distinct, func, or_, select
from sqlalchemy.orm import Session

from punchcard.accounts.models import Vendor
from punchcard.accounts.plans.models import VendorMonth, VendorMonthCount, VendorPlan
from punchcard.accounts.plans.month_counts import month_of
from punchcard.accounts.rows import paginate
from punchcard.db.base import table_of
from punchcard.db.dialects import insert_for
from punchcard.kit.ids import VendorId
from punchcard.loyalty.ledger.ledger_reader import first_id_at
from punchcard.loyalty.rules.rollup_rules import ACTIVITY_TYPES
from punchcard.loyalty.tables import ENTRIES
from punchcard.loyalty.vocabulary import EntryType

CLOSED_AFTER: Final = timedelta(hours=2)
"""A month is closed so long after it ended: what was recorded in it is committed by then."""
_MONTHS_BACK: Final = 3
"""So many months are closed that no worker was there for."""
_AROUND: Final = timedelta(days=1)
"""How far an id may lie from when its entry was recorded: machines' clocks differ."""
FIGURES: Final = (
    "open_cards",
    "new_cards",
    "active_cards",
    "entries",
    "mails",
    "webhook_deliveries",
)
"""What is told of a month, in the order of a bill."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthFigures:
    """What one vendor used in one month (UTC); `closed_at` None: it may still become more."""

    vendor_id: VendorId
    month: date
    open_cards: int
    new_cards: int
    active_cards: int
    entries: int
    mails: int
    webhook_deliveries: int
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class BilledVendor:
    """A vendor and what it used in a month."""

    vendor: Vendor
    figures: MonthFigures


def next_month(month: date) -> date:
    """Return the first day of the month after that of `month`."""
    return (month.replace(day=1) + timedelta(days=32)).replace(day=1)


def month_before(month: date) -> date:
    """Return the first day of the month before that of `month`."""
    return (month.replace(day=1) - timedelta(days=1)).replace(day=1)


def billed_vendors(
    session: Session, month: date, *, after_id: str | None = None, limit: int
) -> list[BilledVendor]:
    """Return the vendors there were in `month` (its first day), oldest first, with what they used.

    `after_id` is the vendor after which they come.
    """
    query = select(Vendor).where(*_was_here(month))
    vendors = paginate(session, query, Vendor, after_id, limit)
    figures = figures_of(session, [vendor.id for vendor in vendors], month)
    return [BilledVendor(vendor, figures[vendor.id]) for vendor in vendors]


def figures_of(
    session: Session, vendor_ids: Sequence[VendorId], month: date
) -> dict[VendorId, MonthFigures]:
    """Return what each of these vendors used in `month`: kept, or counted now."""
    kept = session.scalars(
        select(VendorMonth).where(VendorMonth.month == month, VendorMonth.vendor_id.in_(vendor_ids))
    )
    found = {row.vendor_id: _as_kept(row) for row in kept}
    missing = [vendor_id for vendor_id in vendor_ids if vendor_id not in found]
    return {**found, **(_counted_now(session, missing, month) if missing else {})}


def close_months(session: Session, now: datetime, *, limit: int) -> int:
    """Keep the figures of up to `limit` vendors' months that are over; returns how many.

    Several may do so at once: what one has kept stays.
    """
    closed = 0
    month = month_before(month_of(now - CLOSED_AFTER))
    for _ in range(_MONTHS_BACK):
        vendor_ids = _open_in(session, month, limit - closed)
        figures = figures_of(session, vendor_ids, month)
        rows = [{**asdict(one), "closed_at": now} for one in figures.values()]
        if rows:
            insert = insert_for(session.connection().dialect, VendorMonth).values(rows)
            session.execute(insert.on_conflict_do_nothing())
        closed += len(rows)
        if closed >= limit:
            break
        month = month_before(month)
    return closed


def _open_in(session: Session, month: date, limit: int) -> Sequence[VendorId]:
    """Return vendors whose figures of a month that is over are not kept yet."""
    is_kept = select(VendorMonth.vendor_id).where(
        VendorMonth.vendor_id == Vendor.id, VendorMonth.month == month
    )
    query = select(Vendor.id).where(*_was_here(month), ~is_kept.exists())
    return session.scalars(query.order_by(Vendor.id).limit(limit)).all()


def _was_here(month: date) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions that a vendor was on this server in a month, if not to its end."""
    end = _start(next_month(month))
    came_later = select(VendorPlan.vendor_id).where(
        VendorPlan.vendor_id == Vendor.id, VendorPlan.counted_from >= end
    )
    return Vendor.created_at < end, ~came_later.exists()


def _counted_now(
    session: Session, vendor_ids: Collection[VendorId], month: date
) -> dict[VendorId, MonthFigures]:
    start, end = _start(month), _start(next_month(month))
    entries = ENTRIES.c
    plans = table_of(VendorPlan)
    is_there = entries.type.in_(sorted(ACTIVITY_TYPES))
    counted = session.execute(
        select(
            entries.vendor_id,
            func.count().label("entries"),
            func.count(case((entries.type == EntryType.CARD_OPENED, 1))).label("new_cards"),
            func.count(distinct(case((is_there, entries.card_id)))).label("active_cards"),
        )
        .join(plans, plans.c.vendor_id == entries.vendor_id, isouter=True)
        .where(
            entries.vendor_id.in_(vendor_ids),
            # By the index; ids are made when their entry is recorded.
            entries.id >= first_id_at(start - _AROUND),
            entries.id < first_id_at(end + _AROUND),
            entries.created_at >= start,
            entries.created_at < end,
            or_(plans.c.counted_from.is_(None), entries.created_at >= plans.c.counted_from),
        )
        .group_by(entries.vendor_id)
    )
    figures: dict[VendorId, dict[str, Any]] = {
        vendor_id: {"vendor_id": vendor_id, "month": month, **dict.fromkeys(FIGURES, 0)}
        for vendor_id in vendor_ids
    }
    for row in counted:
        figures[row.vendor_id].update(row._mapping)
    counts = table_of(VendorMonthCount).c
    for row in session.execute(
        select(counts.vendor_id, counts.mails, counts.webhook_deliveries).where(
            counts.vendor_id.in_(vendor_ids), counts.month == month
        )
    ):
        figures[row.vendor_id].update(row._mapping)
    open_cards = select(VendorPlan.vendor_id, VendorPlan.open_cards).where(
        VendorPlan.vendor_id.in_(vendor_ids)
    )
    for row in session.execute(open_cards):
        figures[row.vendor_id].update(row._mapping)
    return {one: MonthFigures(**told, closed_at=None) for one, told in figures.items()}


def _as_kept(row: VendorMonth) -> MonthFigures:
    names = ("vendor_id", "month", *FIGURES, "closed_at")
    return MonthFigures(**{name: getattr(row, name) for name in names})


def _start(month: date) -> datetime:
    return datetime(month.year, month.month, 1, tzinfo=UTC)
