"""What is counted as it happens, by vendor and month: mails and deliveries of webhooks."""

from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy.orm import Session

from punchcard.accounts.plans.models import VendorMonthCount
from punchcard.accounts.plans.plan_limits import maximum_of
from punchcard.accounts.vocabulary import PlanLimit
from punchcard.db.base import table_of
from punchcard.db.sets.bulk import BulkInsert
from punchcard.kit.ids import VendorId


def _adding(column: str) -> BulkInsert:
    return BulkInsert(
        table_of(VendorMonthCount),
        ("vendor_id", "month", "mails", "webhook_deliveries"),
        "ON CONFLICT (vendor_id, month)"
        f" DO UPDATE SET {column} = vendor_month_counts.{column} + excluded.{column}",
    )


_add_mails = _adding("mails")
_add_deliveries = _adding("webhook_deliveries")


def month_of(at: datetime) -> date:
    """Return the first day of the month (UTC) of a moment."""
    return at.date().replace(day=1)


def count_mail(session: Session, vendor_id: VendorId, now: datetime) -> None:
    """Count a mail that a vendor causes, in the caller's transaction."""
    row = {"vendor_id": vendor_id, "month": month_of(now), "mails": 1, "webhook_deliveries": 0}
    _add_mails(session.connection(), [row])


def count_deliveries(session: Session, counts: Mapping[VendorId, int], now: datetime) -> None:
    """Count attempts to tell vendors' software, by vendor, in the caller's transaction."""
    rows = [
        {"vendor_id": vendor_id, "month": month_of(now), "mails": 0, "webhook_deliveries": count}
        for vendor_id, count in sorted(counts.items())
        if count
    ]
    _add_deliveries(session.connection(), rows)


def may_mail(session: Session, vendor_id: VendorId, now: datetime) -> bool:
    """Return whether a vendor's plan has room for another mail this month.

    Where it has a limit it is held until the end of the transaction: count the mail in the same.
    """
    maximum = maximum_of(session, vendor_id, PlanLimit.MAILS_PER_MONTH, lock=True)
    return maximum is None or mails_of(session, vendor_id, now) < maximum


def mails_of(session: Session, vendor_id: VendorId, now: datetime) -> int:
    """Return how many mails a vendor has caused in this month."""
    row = session.get(VendorMonthCount, (vendor_id, month_of(now)), populate_existing=True)
    return row.mails if row else 0
