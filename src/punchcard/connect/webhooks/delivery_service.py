"""Deliveries as a vendor's people see them: what was sent, again, once more, or as a test."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast

from sqlalchemy import Row, select, update
from sqlalchemy.orm import Session

from punchcard.accounts.audit_service import Act, record_act
from punchcard.connect.errors import (
    WebhookDeliveryNotFound,
    WebhookDeliveryUnderWay,
    WebhookEndpointDisabled,
)
from punchcard.connect.models import WebhookDelivery, WebhookEndpoint
from punchcard.connect.vocabulary import DeliveryState, EndpointStatus
from punchcard.connect.webhooks.endpoint_service import get_endpoint
from punchcard.connect.webhooks.hand_on import delivery_row, insert_deliveries
from punchcard.db.events import announce
from punchcard.kit.ids import (
    VendorEventId,
    VendorId,
    WebhookDeliveryId,
    WebhookEndpointId,
    as_id,
)
from punchcard.loyalty.models import VendorEvent
from punchcard.loyalty.vendor_events import EVENT_WORK, Happened, event_row, insert_of_events
from punchcard.loyalty.vocabulary import VendorEventType

REPLAY_LIMIT: Final = 5000
"""How many events one replay sends again; it says from where to go on."""

_OVER: Final = (DeliveryState.DELIVERED, DeliveryState.FAILED)

DeliveryRow = Row[WebhookDelivery, VendorEvent]


@dataclass(frozen=True, slots=True)
class Replayed:
    """How many events are sent again; `next_since` is where to go on, None when that was all."""

    events: int
    next_since: datetime | None


def list_deliveries(
    session: Session,
    vendor_id: VendorId,
    endpoint_id: WebhookEndpointId,
    *,
    before_id: str | None = None,
    limit: int,
    state: DeliveryState | None = None,
) -> Sequence[DeliveryRow]:
    """Return up to `limit` deliveries of an endpoint with their events, newest first.

    Raises WebhookEndpointNotFound.
    """
    endpoint = get_endpoint(session, vendor_id, endpoint_id)
    query = _deliveries().where(WebhookDelivery.endpoint_id == endpoint.id)
    if before_id is not None:
        query = query.where(WebhookDelivery.id < before_id)
    if state is not None:
        query = query.where(WebhookDelivery.state == state)
    return session.execute(query.order_by(WebhookDelivery.id.desc()).limit(limit)).all()


def send_test(
    session: Session, act: Act, vendor_id: VendorId, endpoint_id: WebhookEndpointId
) -> DeliveryRow:
    """Send an endpoint an event that says so itself, whichever types it is told of.

    Raises WebhookEndpointNotFound, WebhookEndpointDisabled.
    """
    endpoint = _active(session, vendor_id, endpoint_id)
    happened = Happened(VendorEventType.TEST, {"webhook_endpoint_id": endpoint.id})
    row = event_row(act.ids.new_id(), vendor_id, happened, act.now)
    # Handed on already: it is for this endpoint alone.
    insert_of_events()(session.connection(), [{**row, "handed_on_at": act.now}])
    delivery = delivery_row(act.ids.new_id(), endpoint.id, row["id"], act.now)
    insert_deliveries(session.connection(), [delivery])
    announce(session, EVENT_WORK)
    return _delivery(session, endpoint.id, WebhookDeliveryId(delivery["id"]))


def retry_delivery(
    session: Session,
    act: Act,
    vendor_id: VendorId,
    endpoint_id: WebhookEndpointId,
    delivery_id: WebhookDeliveryId,
) -> DeliveryRow:
    """Send a delivery again now, with all its attempts before it.

    One that waits for a later attempt is brought forward. Raises WebhookEndpointNotFound,
    WebhookEndpointDisabled, WebhookDeliveryNotFound, WebhookDeliveryUnderWay.
    """
    endpoint = _active(session, vendor_id, endpoint_id)
    found = _delivery(session, endpoint.id, delivery_id, lock=True)
    delivery = found[0]
    if delivery.state == DeliveryState.SENDING:
        raise WebhookDeliveryUnderWay
    if delivery.state != DeliveryState.WAITING:
        delivery.state, delivery.attempts = DeliveryState.WAITING, 0
    delivery.due_at = act.now
    announce(session, EVENT_WORK)
    return found


def replay(
    session: Session,
    act: Act,
    vendor_id: VendorId,
    endpoint_id: WebhookEndpointId,
    *,
    since: datetime,
    until: datetime | None = None,
) -> Replayed:
    """Send an endpoint everything of its types again that happened since then, the oldest first.

    At most REPLAY_LIMIT events. Each keeps its id, so that the receiver knows what it has. What is
    on its way already goes on as it was. Raises WebhookEndpointNotFound, WebhookEndpointDisabled.
    """
    endpoint = _active(session, vendor_id, endpoint_id)
    events = _events_of(session, endpoint, since, until)
    again = [event.id for event in events[:REPLAY_LIMIT]]
    rows = [delivery_row(act.ids.new_id(), endpoint.id, event_id, act.now) for event_id in again]
    _send_again(session, act, endpoint, again)
    insert_deliveries(session.connection(), rows)
    announce(session, EVENT_WORK)
    goes_on = len(events) > REPLAY_LIMIT
    done = Replayed(len(again), events[REPLAY_LIMIT].created_at if goes_on else None)
    new = {"since": since, "until": until, "events": done.events}
    of = ("webhook_endpoint", endpoint.id)
    record_act(session, act, "webhook_endpoint.replayed", of=of, vendor_id=vendor_id, new=new)
    return done


def _events_of(
    session: Session, endpoint: WebhookEndpoint, since: datetime, until: datetime | None
) -> Sequence[Any]:
    """Return the events of an endpoint's types in that time, one more than a replay sends."""
    query = select(VendorEvent.id, VendorEvent.created_at).where(
        VendorEvent.vendor_id == endpoint.vendor_id,
        VendorEvent.created_at >= since,
        # What is new will be handed on by itself.
        VendorEvent.handed_on_at.is_not(None),
        VendorEvent.type != VendorEventType.TEST,
    )
    if until is not None:
        query = query.where(VendorEvent.created_at < until)
    if endpoint.types:
        query = query.where(VendorEvent.type.in_(endpoint.types))
    query = query.order_by(VendorEvent.created_at, VendorEvent.id)
    return session.execute(query.limit(REPLAY_LIMIT + 1)).all()


def _send_again(
    session: Session, act: Act, endpoint: WebhookEndpoint, event_ids: Sequence[VendorEventId]
) -> None:
    for start in range(0, len(event_ids), 500):
        session.execute(
            update(WebhookDelivery)
            .where(
                WebhookDelivery.endpoint_id == endpoint.id,
                WebhookDelivery.event_id.in_(event_ids[start : start + 500]),
                WebhookDelivery.state.in_(_OVER),
            )
            .values(state=DeliveryState.WAITING, attempts=0, due_at=act.now),
            execution_options={"synchronize_session": False},
        )


def _active(
    session: Session, vendor_id: VendorId, endpoint_id: WebhookEndpointId
) -> WebhookEndpoint:
    endpoint = get_endpoint(session, vendor_id, endpoint_id)
    if endpoint.status != EndpointStatus.ACTIVE:
        raise WebhookEndpointDisabled
    return endpoint


def _deliveries() -> Any:
    return select(WebhookDelivery, VendorEvent).join(
        VendorEvent, VendorEvent.id == WebhookDelivery.event_id
    )


def _delivery(
    session: Session,
    endpoint_id: WebhookEndpointId,
    delivery_id: WebhookDeliveryId,
    *,
    lock: bool = False,
) -> DeliveryRow:
    query = _deliveries().where(
        WebhookDelivery.id == as_id(delivery_id), WebhookDelivery.endpoint_id == endpoint_id
    )
    if lock:
        query = query.with_for_update(of=WebhookDelivery)
    found = session.execute(query).one_or_none()
    if found is None:
        raise WebhookDeliveryNotFound
    return cast("DeliveryRow", found)
