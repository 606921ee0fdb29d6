"""What is due, for whom, and what became of it: the statements of those who send.

A delivery in hand has a lease: whoever dies with it leaves it to the next, and the receiver knows
it by its id. What became of it is written only by who still holds it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    bindparam,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session

from punchcard.accounts.models import Vendor
from punchcard.accounts.vocabulary import VendorStatus
from punchcard.connect.models import WebhookDelivery, WebhookEndpoint
from punchcard.connect.vocabulary import DeliveryState, EndpointStatus
from punchcard.connect.webhooks.retry_rules import LONGEST_PAUSE, LONGEST_WAIT
from punchcard.db.types import UtcDateTime
from punchcard.kit.clock import CLOCKS_DIFFER
from punchcard.kit.ids import VendorEventId, WebhookDeliveryId, WebhookEndpointId
from punchcard.loyalty.models import VendorEvent

_ENDPOINTS_AT_ONCE: Final = 500
# A lease lasts as long as a request may take: minutes.
_LONGEST_LEASE: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Waiting:
    """An endpoint that something is due for; whether its last attempt failed."""

    endpoint_id: WebhookEndpointId
    is_failing: bool


@dataclass(frozen=True, slots=True)
class InHand:
    """A delivery in a worker's hand; `attempts` counts this one too."""

    id: WebhookDeliveryId
    endpoint_id: WebhookEndpointId
    event_id: VendorEventId
    body: str
    attempts: int
    traceparent: str | None


def waiting_endpoints(session: Session, now: datetime) -> list[Waiting]:
    """Return the endpoints that something is due for: those that work first, then the oldest."""
    first, last = (
        select(which(WebhookDelivery.due_at))
        .where(
            WebhookDelivery.endpoint_id == WebhookEndpoint.id,
            WebhookDelivery.state == DeliveryState.WAITING,
        )
        .scalar_subquery()
        for which in (func.min, func.max)
    )
    is_failing = WebhookEndpoint.failing_since.is_not(None)
    paused_until = WebhookEndpoint.paused_until
    rows = session.execute(
        select(WebhookEndpoint.id, is_failing)
        .join(Vendor, Vendor.id == WebhookEndpoint.vendor_id)
        .where(
            WebhookEndpoint.status == EndpointStatus.ACTIVE,
            Vendor.status == VendorStatus.ACTIVE,
            # Further ahead than any pause: the clock was put back since.
            or_(
                paused_until.is_(None),
                paused_until <= now,
                paused_until > now + 2 * LONGEST_PAUSE,
            ),
            or_(first <= now, last > _beyond(now)),
        )
        .order_by(is_failing, first)
        .limit(_ENDPOINTS_AT_ONCE)
    )
    return [Waiting(row[0], bool(row[1])) for row in rows]


class WebhookBacklog(NamedTuple):
    """How many deliveries wait, in all, and since when the first of those is due that could go.

    None where nothing is due. Endpoints that fail or are switched off keep what is theirs waiting.
    """

    waiting: int
    first_due_at: datetime | None


def webhook_backlog(connection: Connection) -> WebhookBacklog:
    """Return what waits to be sent."""
    is_waiting = WebhookDelivery.state == DeliveryState.WAITING
    waiting = connection.scalar(select(func.count()).where(is_waiting)) or 0
    first_due_at = connection.scalar(
        select(func.min(WebhookDelivery.due_at))
        .join(WebhookEndpoint, WebhookEndpoint.id == WebhookDelivery.endpoint_id)
        .join(Vendor, Vendor.id == WebhookEndpoint.vendor_id)
        .where(
            is_waiting,
            WebhookEndpoint.status == EndpointStatus.ACTIVE,
            WebhookEndpoint.failing_since.is_(None),
            Vendor.status == VendorStatus.ACTIVE,
        )
    )
    return WebhookBacklog(waiting, first_due_at)


def look(connection: Connection, now: datetime) -> tuple[bool, bool]:
    """Return whether something was left to hand on or take back, and whether anybody is told.

    In one statement that locks nothing: most looks find neither.
    """
    moments = {"now": now, "far": now + _LONGEST_LEASE}
    has_left, has_endpoints = connection.execute(_look_query(), moments).one()
    return bool(has_left), bool(has_endpoints)


@lru_cache(maxsize=1)
def _look_query() -> Select[bool, bool]:
    """Make the query once: whoever is idle asks it every second."""
    now, far = (bindparam(name, type_=UtcDateTime) for name in ("now", "far"))
    is_new = exists().where(VendorEvent.handed_on_at.is_(None))
    is_lost = exists().where(*_lost(now, far))
    is_told = exists().where(WebhookEndpoint.status == EndpointStatus.ACTIVE)
    return select(or_(is_new, is_lost), is_told)


def take_back_lost(session: Session, now: datetime) -> None:
    """Let what somebody died with be sent by another, now."""
    session.execute(
        update(WebhookDelivery)
        .where(*_lost(now, now + _LONGEST_LEASE))
        .values(state=DeliveryState.WAITING, lease_until=None, due_at=now),
        execution_options={"synchronize_session": False},
    )


def end_leases(session: Session, now: datetime) -> None:
    """Let everything that is in hand be lost: whoever had it is known to be gone."""
    session.execute(
        update(WebhookDelivery)
        .where(WebhookDelivery.state == DeliveryState.SENDING, WebhookDelivery.lease_until > now)
        .values(lease_until=now),
        execution_options={"synchronize_session": False},
    )


def claim_deliveries(
    session: Session,
    endpoint_id: WebhookEndpointId,
    *,
    limit: int,
    now: datetime,
    lease: timedelta,
) -> list[InHand]:
    """Take up to `limit` deliveries of an endpoint that are due, the oldest first."""
    rows = session.execute(
        select(WebhookDelivery, VendorEvent.body, VendorEvent.traceparent)
        .join(VendorEvent, VendorEvent.id == WebhookDelivery.event_id)
        .where(
            WebhookDelivery.endpoint_id == endpoint_id,
            WebhookDelivery.state == DeliveryState.WAITING,
            or_(WebhookDelivery.due_at <= now, WebhookDelivery.due_at > _beyond(now)),
        )
        .order_by(WebhookDelivery.due_at, WebhookDelivery.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=WebhookDelivery)
    ).all()
    claimed = []
    for delivery, body, traceparent in rows:
        delivery.state = DeliveryState.SENDING
        delivery.attempts += 1
        delivery.attempted_at, delivery.lease_until = now, now + lease
        claimed.append(
            InHand(
                delivery.id,
                endpoint_id,
                delivery.event_id,
                body,
                delivery.attempts,
                traceparent,
            )
        )
    return claimed


def settle_delivery(session: Session, work: InHand, **values: Any) -> None:
    """Write down what became of a delivery, unless another worker has taken it over."""
    session.execute(
        update(WebhookDelivery)
        .where(
            WebhookDelivery.id == work.id,
            WebhookDelivery.state == DeliveryState.SENDING,
            WebhookDelivery.attempts == work.attempts,
        )
        .values(lease_until=None, **values),
        execution_options={"synchronize_session": False},
    )


def endpoints(
    session: Session, endpoint_ids: Collection[WebhookEndpointId], *, lock: bool = False
) -> dict[WebhookEndpointId, WebhookEndpoint]:
    """Return endpoints by their ids, held until the end of the transaction if so wanted."""
    query = select(WebhookEndpoint).where(WebhookEndpoint.id.in_(endpoint_ids))
    if lock:
        query = query.order_by(WebhookEndpoint.id).with_for_update()
        query = query.execution_options(populate_existing=True)
    return {row.id: row for row in session.scalars(query)}


def _lost(
    now: datetime | ColumnElement[datetime], far: datetime | ColumnElement[datetime]
) -> tuple[Any, ...]:
    until = WebhookDelivery.lease_until
    # Further ahead than any lease: the clock was put back since.
    is_over = or_(until <= now, until > far)
    return WebhookDelivery.state == DeliveryState.SENDING, is_over


def _beyond(now: datetime) -> datetime:
    """Return the moment after which nothing is due, unless a clock ran ahead that was put back."""
    return now + LONGEST_WAIT + CLOCKS_DIFFER
