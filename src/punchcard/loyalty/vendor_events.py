"""What happened at a vendor, written down for its own software in the transaction of the change.

Vendors whose `keeps_events` is off pay nothing: the till knows it from the program's rules, and
everyone else asks once. The body is made here and is never made again, so that whoever follows is
told how things stood then, however late it comes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from punchcard.accounts.audit_service import Act
from punchcard.accounts.models import Vendor
from punchcard.db.base import table_of
from punchcard.db.dialects import Row
from punchcard.db.events import announce
from punchcard.db.outbox import WorkEnqueued
from punchcard.db.sets.bulk import BulkInsert
from punchcard.kit.clock import to_rfc3339
from punchcard.kit.ids import VendorId
from punchcard.kit.tracing.spans import current_span, current_traceparent
from punchcard.loyalty.models import VendorEvent
from punchcard.loyalty.vocabulary import VendorEventType

VENDOR_EVENTS: Final = "vendor.events"
"""Something happened at a vendor that keeps events. It wakes who hands them on."""

EVENT_WORK: Final = WorkEnqueued(VENDOR_EVENTS)

_COLUMNS: Final = ("id", "vendor_id", "type", "body", "created_at", "handed_on_at")
_insert_events = BulkInsert(table_of(VendorEvent), _COLUMNS)
_insert_traced = BulkInsert(table_of(VendorEvent), (*_COLUMNS, "traceparent"))


@dataclass(frozen=True, slots=True)
class Happened:
    """Something that happened: its type, and what is told of it."""

    type: VendorEventType
    data: Mapping[str, Any]


def body_of(happened: Happened, now: datetime) -> str:
    """Return the body that is sent: `{type, timestamp, data}` without spaces."""
    document = {"type": happened.type, "timestamp": to_rfc3339(now), "data": happened.data}
    return orjson.dumps(document).decode()


def event_row(event_id: str, vendor_id: VendorId, happened: Happened, now: datetime) -> Row:
    """Return the row of an event for `insert_of_events`."""
    return {
        "id": event_id,
        "vendor_id": vendor_id,
        "type": happened.type,
        "body": body_of(happened, now),
        "created_at": now,
        "handed_on_at": None,
        "traceparent": current_traceparent(),
    }


def insert_of_events() -> BulkInsert:
    """Return the statement for rows of events: it names the trace only while there is one."""
    return _insert_events if current_span.get() is None else _insert_traced


def tell(session: Session, act: Act, vendor_id: VendorId, *happened: Happened) -> None:
    """Write down what happened in the caller's transaction, if the vendor keeps events."""
    # What the caller has not written yet is the caller's to write, and to answer for.
    with session.no_autoflush:
        keeps = session.scalar(select(Vendor.keeps_events).where(Vendor.id == vendor_id))
    if keeps:
        rows = [event_row(act.ids.new_id(), vendor_id, one, act.now) for one in happened]
        insert_of_events()(session.connection(), rows)
        announce(session, EVENT_WORK)
