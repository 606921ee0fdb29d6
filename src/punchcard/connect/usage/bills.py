"""What vendors used in a month as a CSV file, for the operator's billing software."""

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

from punchcard.connect.usage.month_service import FIGURES, BilledVendor, billed_vendors
from punchcard.db.database import Database
from punchcard.kit.clock import to_rfc3339

BILL_COLUMNS: Final = ("vendor_id", "slug", "month", *FIGURES, "closed_at")
"""The names of the columns, which stay: software reads them. No name of a shop is among them."""

_VENDORS_AT_ONCE: Final = 200


def all_bills(database: Database, month: date) -> Iterator[BilledVendor]:
    """Give every vendor with what it used in `month` (its first day), oldest vendor first."""
    after_id: str | None = None
    while True:
        with database.read() as session:
            rows = billed_vendors(session, month, after_id=after_id, limit=_VENDORS_AT_ONCE)
        yield from rows
        if len(rows) < _VENDORS_AT_ONCE:
            return
        after_id = rows[-1].vendor.id


def month_csv(database: Database, month: date) -> Iterator[bytes]:
    """Give the bills of `month` (its first day) as CSV (RFC 4180) in parts, oldest vendor first.

    `closed_at` is empty where the month is not closed: its figures may still become more.
    """
    yield _line(BILL_COLUMNS)
    for billed in all_bills(database, month):
        facts = bill_facts(billed)
        yield _line(["" if facts[name] is None else str(facts[name]) for name in BILL_COLUMNS])


def bill_facts(billed: BilledVendor) -> dict[str, str | int | None]:
    """Return one vendor's bill by BILL_COLUMNS."""
    figures = billed.figures
    return {
        "vendor_id": figures.vendor_id,
        "slug": billed.vendor.slug,
        "month": f"{figures.month:%Y-%m}",
        **{name: getattr(figures, name) for name in FIGURES},
        "closed_at": to_rfc3339(figures.closed_at) if figures.closed_at else None,
    }


def _line(values: Sequence[str]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerow(values)
    return out.getvalue().encode()
