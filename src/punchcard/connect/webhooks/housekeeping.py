"""What is forgotten: events and deliveries that had their time, and endpoints that were deleted."""

from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, Select, delete, exists, or_, select
from sqlalchemy.orm import Session

from punchcard.connect.models import WebhookDelivery, WebhookEndpoint
from punchcard.loyalty.models import VendorEvent


def forget_webhooks(session: Session, *, before: datetime, limit: int) -> int:
    """Forget up to `limit` deliveries and events of before then; returns how many.

    What was deleted goes with its deliveries, a part at a time, so that nobody waits for it.
    """
    gone = WebhookEndpoint.deleted_at.is_not(None)
    deliveries = (
        select(WebhookDelivery.id)
        .join(WebhookEndpoint, WebhookEndpoint.id == WebhookDelivery.endpoint_id)
        .where(or_(WebhookDelivery.created_at < before, gone))
        .limit(limit)
    )
    forgotten = _delete(session, WebhookDelivery, deliveries)
    is_sent = exists().where(WebhookDelivery.event_id == VendorEvent.id)
    events = select(VendorEvent.id).where(VendorEvent.created_at < before, ~is_sent).limit(limit)
    forgotten += _delete(session, VendorEvent, events)
    has_deliveries = exists().where(WebhookDelivery.endpoint_id == WebhookEndpoint.id)
    endpoints = select(WebhookEndpoint.id).where(gone, ~has_deliveries).limit(limit)
    return forgotten + _delete(session, WebhookEndpoint, endpoints)


def _delete(session: Session, table: Any, ids: Select[Any]) -> int:
    statement = delete(table).where(table.id.in_(ids.scalar_subquery()))
    statement = statement.execution_options(synchronize_session=False)
    return cast("CursorResult[Any]", session.execute(statement)).rowcount
