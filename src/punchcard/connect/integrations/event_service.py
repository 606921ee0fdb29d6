"""Events as a vendor's people see them: what came, tried again, or given to a card."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from punchcard.accounts.audit_service import Act, record_act
from punchcard.connect.claims.errors import ReceiptClaimTaken
from punchcard.connect.claims.models import ReceiptClaim
from punchcard.connect.integrations.card_match import card_named, remember_customer
from punchcard.connect.integrations.errors import (
    IntegrationEventForgotten,
    IntegrationEventNotFound,
    IntegrationEventSettled,
)
from punchcard.connect.integrations.event_queue import enqueue_event
from punchcard.connect.integrations.event_work import plan_order
from punchcard.connect.integrations.integration_service import get_integration
from punchcard.connect.integrations.models import (
    Integration,
    IntegrationEvent,
    IntegrationOrder,
)
from punchcard.connect.integrations.order_claims import claim_of, follow_claim, withdraw_open
from punchcard.connect.integrations.vocabulary import IntegrationEventState
from punchcard.db.outbox import RetryLater
from punchcard.kit.ids import (
    CardId,
    IntegrationEventId,
    IntegrationId,
    IntegrationOrderId,
    VendorId,
    as_id,
)
from punchcard.loyalty.errors.cards import CardNotFound

_State = IntegrationEventState
_AGAIN: Final = (_State.IGNORED, _State.UNMATCHED, _State.FAILED)


class EventRow(NamedTuple):
    """An event with its order, if it is about one that is known, and the receipt that this left."""

    event: IntegrationEvent
    order: IntegrationOrder | None
    claim: ReceiptClaim | None

    @property
    def can_retry(self) -> bool:
        """Return whether the event can be worked on again, as it came."""
        return self.event.state in _AGAIN and self.event.body_sealed is not None


def list_events(
    session: Session,
    vendor_id: VendorId,
    integration_id: IntegrationId,
    *,
    before_id: str | None = None,
    limit: int,
    state: IntegrationEventState | None = None,
) -> Sequence[EventRow]:
    """Return up to `limit` events of an integration with their orders, newest first.

    Raises IntegrationNotFound.
    """
    row = get_integration(session, vendor_id, integration_id)
    query = _events().where(IntegrationEvent.integration_id == row.id)
    if before_id is not None:
        query = query.where(IntegrationEvent.id < before_id)
    if state is not None:
        query = query.where(IntegrationEvent.state == state)
    found = session.execute(query.order_by(IntegrationEvent.id.desc()).limit(limit))
    return [EventRow(*one) for one in found]


def count_unmatched(session: Session, integration_id: IntegrationId) -> int:
    """Return how many events of an integration wait for somebody to say whose they are."""
    query = select(func.count()).select_from(IntegrationEvent)
    return (
        session.scalar(
            query.where(
                IntegrationEvent.integration_id == integration_id,
                IntegrationEvent.state == _State.UNMATCHED,
            )
        )
        or 0
    )


def retry_event(
    session: Session,
    act: Act,
    vendor_id: VendorId,
    integration_id: IntegrationId,
    event_id: IntegrationEventId,
) -> EventRow:
    """Have an event worked on again, as it came, by what the integration says now.

    Raises IntegrationNotFound, IntegrationEventNotFound, IntegrationEventSettled,
    IntegrationEventForgotten.
    """
    _, found = _held(session, vendor_id, integration_id, event_id)
    if found.event.state not in _AGAIN:
        raise IntegrationEventSettled
    if found.event.body_sealed is None:
        raise IntegrationEventForgotten
    found.event.state, found.event.reason = _State.WAITING, None
    session.flush()
    enqueue_event(session, event_id, act.now)
    return found


def assign_event(
    session: Session,
    act: Act,
    vendor_id: VendorId,
    integration_id: IntegrationId,
    event_id: IntegrationEventId,
    *,
    card: str,
) -> EventRow:
    """Give an order that is nobody's to the card that `card` names; the worker then books it.

    The customer of the other system, if one is told, has that card from now on. Raises
    IntegrationNotFound, IntegrationEventNotFound, IntegrationEventSettled, CardNotFound,
    ReceiptClaimTaken.
    """
    row, found = _held(session, vendor_id, integration_id, event_id)
    if found.event.state is not _State.UNMATCHED or found.order is None:
        raise IntegrationEventSettled
    card_id = card_named(session, row, card)
    if card_id is None:
        raise CardNotFound
    give_order(session, act, row, found.order.id, card_id)
    found.event.state, found.event.reason = _State.WAITING, None
    session.flush()
    enqueue_event(session, event_id, act.now)
    return found


def give_order(
    session: Session,
    act: Act,
    row: Integration,
    order_id: IntegrationOrderId,
    card_id: CardId,
) -> None:
    """Give an order that is nobody's to a card of its program, and plan what is booked on it.

    For whoever has made sure that it is theirs; its receipt is withdrawn. Raises
    IntegrationEventSettled if it has a card, ReceiptClaimTaken while its receipt is on its way onto
    one.
    """
    order = session.get_one(IntegrationOrder, order_id, with_for_update=True)
    try:
        follow_claim(session, order, act.ids, act.now)
    except RetryLater:
        raise ReceiptClaimTaken(transaction_id=None) from None
    if order.card_id is not None:
        raise IntegrationEventSettled
    if claim := claim_of(session, order):
        withdraw_open(claim, act.now)
    order.card_id, order.updated_at = card_id, act.now
    if order.customer is not None:
        remember_customer(session, row, order.customer, card_id, act.now)
    session.flush()
    plan_order(session, order, act.ids, act.now)
    new = {"card_id": card_id, "order": order.number}
    of = ("integration", row.id)
    record_act(session, act, "integration.order_given", of=of, vendor_id=row.vendor_id, new=new)


def _held(
    session: Session,
    vendor_id: VendorId,
    integration_id: IntegrationId,
    event_id: IntegrationEventId,
) -> tuple[Integration, EventRow]:
    row = get_integration(session, vendor_id, integration_id)
    query = _events().where(
        IntegrationEvent.id == as_id(event_id), IntegrationEvent.integration_id == row.id
    )
    query = query.with_for_update(of=IntegrationEvent).execution_options(populate_existing=True)
    found = session.execute(query).one_or_none()
    if found is None:
        raise IntegrationEventNotFound
    return row, EventRow(*found)


def _events() -> Any:
    return (
        select(IntegrationEvent, IntegrationOrder, ReceiptClaim)
        .outerjoin(IntegrationOrder, IntegrationOrder.id == IntegrationEvent.order_id)
        .outerjoin(ReceiptClaim, ReceiptClaim.id == IntegrationOrder.claim_id)
    )
