"""Events on their way to the worker: kept as they came, and found again after any crash."""

from datetime import datetime
from typing import Any, Final, cast

from sqlalchemy import CursorResult, delete, select, update
from sqlalchemy.orm import Session

from punchcard.accounts.models import Vendor
from punchcard.accounts.vocabulary import VendorStatus
from punchcard.connect.integrations.models import (
    Integration,
    IntegrationCustomer,
    IntegrationEvent,
)
from punchcard.connect.integrations.vocabulary import (
    IntegrationEventState,
    IntegrationStatus,
)
from punchcard.db import outbox
from punchcard.db.base import table_of
from punchcard.db.dialects import id_as_text
from punchcard.kit.ids import IntegrationEventId, IntegrationId
from punchcard.loyalty.tables import CARDS
from punchcard.loyalty.vocabulary import HELD_STATUSES

INTEGRATION_EVENT: Final = "integrations.event"
"""Something came in from an integration, the key: its event is yet to be worked on."""


def enqueue_event(session: Session, event_id: IntegrationEventId, now: datetime) -> None:
    """Leave word that an event is to be worked on."""
    outbox.enqueue(session, INTEGRATION_EVENT, event_id, now)


def enqueue_waiting(
    session: Session, now: datetime, *, integration_id: IntegrationId | None = None
) -> int:
    """Leave word about what waits and nobody was told of: returns how many events that are.

    Those of integrations that are paused, and of vendors that are not active, wait on.
    """
    query = (
        select(id_as_text(session.connection(), table_of(IntegrationEvent).c.id))
        .select_from(IntegrationEvent)
        .join(Integration, Integration.id == IntegrationEvent.integration_id)
        .join(Vendor, Vendor.id == Integration.vendor_id)
        .where(
            IntegrationEvent.state == IntegrationEventState.WAITING,
            Integration.deleted_at.is_(None),
            Vendor.status == VendorStatus.ACTIVE,
        )
    )
    if integration_id is None:
        query = query.where(Integration.status == IntegrationStatus.ACTIVE)
    else:
        query = query.where(Integration.id == integration_id)
    return outbox.enqueue_found(session, INTEGRATION_EVENT, query, now)


def forget_bodies(session: Session, *, before: datetime, limit: int) -> int:
    """Forget what was sent before then; that it came, and what came of it, stays for a while."""
    old = (
        select(IntegrationEvent.id)
        .where(IntegrationEvent.received_at < before, IntegrationEvent.body_sealed.is_not(None))
        .limit(limit)
    )
    return _changed(
        session,
        update(IntegrationEvent)
        .where(IntegrationEvent.id.in_(old.scalar_subquery()))
        .values(body_sealed=None),
    )


def forget_events(session: Session, *, before: datetime, limit: int) -> int:
    """Forget that something came before then; orders and what was booked for them stay."""
    old = select(IntegrationEvent.id).where(IntegrationEvent.received_at < before).limit(limit)
    return _changed(
        session,
        delete(IntegrationEvent).where(IntegrationEvent.id.in_(old.scalar_subquery())),
    )


def forget_customers(session: Session, *, limit: int) -> int:
    """Forget which customers elsewhere had cards that nobody holds any more."""
    over = (
        select(IntegrationCustomer.card_id)
        .join(CARDS, CARDS.c.id == IntegrationCustomer.card_id)
        .where(CARDS.c.status.not_in(HELD_STATUSES))
        .limit(limit)
    )
    return _changed(
        session,
        delete(IntegrationCustomer).where(IntegrationCustomer.card_id.in_(over.scalar_subquery())),
    )


def _changed(session: Session, statement: Any) -> int:
    statement = statement.execution_options(synchronize_session=False)
    return cast("CursorResult[Any]", session.execute(statement)).rowcount
