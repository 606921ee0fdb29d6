"""From an event to its deliveries: one for each endpoint that wants to be told of its type."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from punchcard.connect.models import WebhookDelivery, WebhookEndpoint
from punchcard.connect.vocabulary import DeliveryState, EndpointStatus
from punchcard.db.base import table_of
from punchcard.db.sets.bulk import BulkInsert
from punchcard.kit.ids import Ids, VendorId
from punchcard.loyalty.models import VendorEvent

EVENTS_AT_ONCE: Final = 25
"""So few, because each has a delivery for every endpoint: no stamp waits behind more of them."""

insert_deliveries = BulkInsert(
    table_of(WebhookDelivery),
    ("id", "endpoint_id", "event_id", "state", "attempts", "due_at", "created_at"),
    "ON CONFLICT (event_id, endpoint_id) DO NOTHING",
)


def delivery_row(
    delivery_id: str, endpoint_id: str, event_id: str, now: datetime
) -> dict[str, Any]:
    """Return the row of a delivery that is due at once, for `insert_deliveries`."""
    return {
        "id": delivery_id,
        "endpoint_id": endpoint_id,
        "event_id": event_id,
        "state": DeliveryState.WAITING,
        "attempts": 0,
        "due_at": now,
        "created_at": now,
    }


def hand_on(session: Session, ids: Ids, now: datetime) -> int:
    """Make the deliveries of some new events, the oldest first; returns of how many events.

    Each event is handed on once, also by several workers: what another holds is passed over.
    """
    events = session.execute(
        select(VendorEvent.id, VendorEvent.vendor_id, VendorEvent.type)
        .where(VendorEvent.handed_on_at.is_(None))
        .order_by(VendorEvent.id)
        .limit(EVENTS_AT_ONCE)
        .with_for_update(skip_locked=True)
    ).all()
    if not events:
        return 0
    endpoints = _endpoints_of(session, sorted({event.vendor_id for event in events}))
    rows = [
        delivery_row(ids.new_id(), endpoint.id, event.id, now)
        for event in events
        for endpoint in endpoints
        if endpoint.vendor_id == event.vendor_id
        and (not endpoint.types or event.type in endpoint.types)
    ]
    insert_deliveries(session.connection(), rows)
    session.execute(
        update(VendorEvent)
        .where(VendorEvent.id.in_([event.id for event in events]))
        .values(handed_on_at=now),
        execution_options={"synchronize_session": False},
    )
    return len(events)


def _endpoints_of(session: Session, vendor_ids: Sequence[VendorId]) -> Sequence[Any]:
    query = select(WebhookEndpoint.id, WebhookEndpoint.vendor_id, WebhookEndpoint.types).where(
        WebhookEndpoint.vendor_id.in_(vendor_ids),
        WebhookEndpoint.status == EndpointStatus.ACTIVE,
        WebhookEndpoint.deleted_at.is_(None),
    )
    return session.execute(query.order_by(WebhookEndpoint.id)).all()
