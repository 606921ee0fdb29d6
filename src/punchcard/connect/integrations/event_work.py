"""What the worker does about an event: read it, fold it into its order, find the card, book.

All of it may be done again, by another process too: orders are held while they are folded, what is
to be booked is written down first, and the till books each of it once.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from punchcard.accounts.models import Vendor
from punchcard.accounts.vocabulary import VendorStatus
from punchcard.connect.integrations.booking import book_planned
from punchcard.connect.integrations.card_match import SeveralCards, card_of, remember_customer
from punchcard.connect.integrations.counting import counted_minor
from punchcard.connect.integrations.event_queue import enqueue_event
from punchcard.connect.integrations.makers.all_makers import MAKERS
from punchcard.connect.integrations.mapping import mapping_of
from punchcard.connect.integrations.models import (
    Integration,
    IntegrationEvent,
    IntegrationOrder,
)
from punchcard.connect.integrations.order_book import (
    bookings_of,
    find_order,
    fold_order,
    fold_refund,
    hold_order,
    write_plan,
)
from punchcard.connect.integrations.order_claims import follow_claim, level_claim
from punchcard.connect.integrations.secrets import IntegrationSecrets
from punchcard.connect.integrations.settling import due_minor, plan
from punchcard.connect.integrations.told import (
    Buyer,
    CustomerTold,
    NothingTold,
    OrderTold,
    RefundTold,
    Told,
    Unreadable,
)
from punchcard.connect.integrations.vocabulary import (
    EventReason,
    IntegrationEventState,
    IntegrationStatus,
    OrderState,
)
from punchcard.db.database import Database
from punchcard.db.dialects import insert_into
from punchcard.kit.clock import Clock
from punchcard.kit.ids import (
    Ids,
    IntegrationEventId,
    IntegrationOrderId,
    ReceiptClaimId,
    derived_id,
)
from punchcard.kit.settings import Settings
from punchcard.loyalty.errors.balances import PurchaseBelowMinimum
from punchcard.loyalty.models import LoyaltyProgram
from punchcard.loyalty.till.till import Till

PURCHASE_LIMIT_MINOR: Final = 10_000_000_000
"""No purchase that the till takes is as large."""
_GRACE: Final = timedelta(minutes=5)
"""How far the clock of a shop may lie behind ours."""
_BY_THE_RULES: Final = frozenset({PurchaseBelowMinimum.code})
"""Refusals that need nobody to do anything."""
_State = IntegrationEventState


@dataclass(frozen=True, slots=True)
class IntegrationWork:
    """What events are worked on with."""

    database: Database
    till: Till
    clock: Clock
    ids: Ids
    secrets: IntegrationSecrets
    settings: Settings


class Settled(NamedTuple):
    """What became of an event, and which order it was about."""

    state: IntegrationEventState
    reason: str | None = None
    order_id: IntegrationOrderId | None = None


def work_on_event(work: IntegrationWork, event_id: IntegrationEventId) -> None:
    """Do what an event asks for; one that is settled, or has to wait, is passed over.

    Raises RetryLater while the till is busy, or the order's receipt is on its way onto a card.
    """
    with work.database.write() as session:
        found = _ready(session, event_id)
        settled = None if found is None else _fold(work, session, *found)
    if settled is None:
        return
    if settled.order_id is not None:
        settled = settle_order(work, settled.order_id, settled)
    with work.database.write() as session:
        write_settled(session, event_id, settled, work.clock.now())


def follow_receipt(work: IntegrationWork, claim_id: ReceiptClaimId) -> None:
    """Let the order that left a receipt be of the card that the receipt was put on.

    What was told of the order meanwhile is booked there. Raises RetryLater as `work_on_event` does.
    """
    now = work.clock.now()
    with work.database.write() as session:
        order = session.scalar(
            select(IntegrationOrder).where(IntegrationOrder.claim_id == claim_id).with_for_update()
        )
        if order is None:
            return
        is_followed = order.card_id is not None
        follow_claim(session, order, work.ids, now)
        if order.card_id is None:
            return
        if not is_followed:
            plan_order(session, order, work.ids, now)
        order_id = order.id
    settled = settle_order(work, order_id, Settled(_State.DONE, None, order_id))
    with work.database.write() as session:
        _write_matched(session, settled, now)


def settle_order(work: IntegrationWork, order_id: IntegrationOrderId, settled: Settled) -> Settled:
    """Book what is planned for an order; returns `settled`, or what the till refused instead."""
    grace = timedelta(hours=work.settings.offline_grace_hours)
    refused = book_planned(work.database, work.till, order_id, grace=grace)
    if not refused:
        return settled
    code = refused[-1].refusal
    state = _State.IGNORED if code in _BY_THE_RULES else _State.FAILED
    return Settled(state, code, order_id)


def plan_order(session: Session, order: IntegrationOrder, ids: Ids, now: datetime) -> None:
    """Write down what is to be booked for an order whose card is known."""
    bookings = bookings_of(session, order.id)
    first = bookings[-1].number + 1 if bookings else 1
    write_plan(session, order, plan(order, bookings), first=first, ids=ids, now=now)


def write_settled(
    session: Session, event_id: IntegrationEventId, settled: Settled, now: datetime
) -> None:
    """Write down what became of an event, and of earlier ones of its order that had no card."""
    event = session.get(IntegrationEvent, event_id, with_for_update=True)
    if event is None:
        return
    event.state, event.reason, event.settled_at = settled.state, settled.reason, now
    event.order_id = settled.order_id
    if settled.state is _State.DONE and settled.order_id is not None:
        _write_matched(session, settled, now)
    if settled.state is _State.FAILED:
        row = session.get_one(Integration, event.integration_id, with_for_update=True)
        row.last_error, row.last_error_at = settled.reason, now


def _write_matched(session: Session, settled: Settled, now: datetime) -> None:
    """Write down what became of events of an order that had no card, once it has one."""
    session.execute(
        update(IntegrationEvent)
        .where(
            IntegrationEvent.order_id == settled.order_id,
            IntegrationEvent.state == _State.UNMATCHED,
        )
        .values(state=settled.state, reason=settled.reason, settled_at=now),
        execution_options={"synchronize_session": False},
    )


def _ready(
    session: Session, event_id: IntegrationEventId
) -> tuple[IntegrationEvent, Integration] | None:
    """Return an event that can be worked on, held, with its integration."""
    event = session.scalar(
        select(IntegrationEvent)
        .where(IntegrationEvent.id == event_id, IntegrationEvent.state == _State.WAITING)
        .with_for_update()
    )
    if event is None:
        return None
    row = session.get_one(Integration, event.integration_id)
    vendor = session.get_one(Vendor, row.vendor_id)
    is_open = row.status is IntegrationStatus.ACTIVE and vendor.status is VendorStatus.ACTIVE
    return (event, row) if is_open and row.deleted_at is None else None


def _fold(
    work: IntegrationWork, session: Session, event: IntegrationEvent, row: Integration
) -> Settled:
    body = work.secrets.body_of(event)
    if body is None:
        return _without_body(session, event)
    try:
        told = MAKERS[row.kind].parse(event.topic, body, mapping_of(row.mapping))
    except Unreadable:
        return Settled(_State.FAILED, EventReason.UNREADABLE)
    if event.part >= len(told):
        return Settled(_State.IGNORED, EventReason.NOTHING_COUNTS)
    # It is kept once for each thing that it tells of.
    if len(told) > 1 and len(told) * len(body) > work.settings.hook_parts_limit_bytes:
        return Settled(_State.FAILED, EventReason.UNREADABLE)
    if event.part == 0:
        _divide(work, session, event, body, told)
    return _fold_one(work, session, row, told[event.part])


def _without_body(session: Session, event: IntegrationEvent) -> Settled:
    """Return what becomes of an event of long ago: an order that was given to a card is booked."""
    order = None if event.order_id is None else session.get(IntegrationOrder, event.order_id)
    if order is None or order.card_id is None:
        return Settled(_State.FAILED, EventReason.BODY_FORGOTTEN, event.order_id)
    return Settled(_State.DONE, None, order.id)


def _divide(
    work: IntegrationWork,
    session: Session,
    event: IntegrationEvent,
    body: bytes,
    told: Sequence[Told],
) -> None:
    """Make an event of each further thing that a body tells, once."""
    for part in range(1, len(told)):
        part_id = IntegrationEventId(derived_id(event.received_at, event.id, str(part)))
        values = {
            "id": part_id,
            "integration_id": event.integration_id,
            "part": part,
            "topic": event.topic,
            "state": _State.WAITING,
            "body_sealed": work.secrets.seal_body(body, part_id),
            "received_at": event.received_at,
        }
        statement = insert_into(session, IntegrationEvent).values(values)
        session.execute(statement.on_conflict_do_nothing())
        enqueue_event(session, part_id, work.clock.now())


def _fold_one(work: IntegrationWork, session: Session, row: Integration, told: Told) -> Settled:
    if isinstance(told, NothingTold):
        return Settled(_State.IGNORED, told.reason)
    if isinstance(told, CustomerTold):
        return _note_customer(session, row, told.buyer, work.clock.now())
    currency = session.scalar(
        select(LoyaltyProgram.currency).where(LoyaltyProgram.id == row.program_id)
    )
    if not told.currency and currency is not None:
        told = replace(told, currency=currency)
    if told.currency != currency:
        return Settled(_State.FAILED, EventReason.OTHER_CURRENCY)
    if isinstance(told, RefundTold):
        return _fold_refund(work, session, row, told)
    return _fold_order(work, session, row, told)


def _note_customer(session: Session, row: Integration, buyer: Buyer, now: datetime) -> Settled:
    try:
        card_id = card_of(session, row, buyer)
    except SeveralCards:
        return Settled(_State.IGNORED, EventReason.SEVERAL_CARDS)
    if card_id is None or buyer.customer is None:
        return Settled(_State.IGNORED, EventReason.NO_CARD)
    remember_customer(session, row, buyer.customer, card_id, now)
    return Settled(_State.DONE, EventReason.CUSTOMER_NOTED)


def _fold_refund(
    work: IntegrationWork, session: Session, row: Integration, told: RefundTold
) -> Settled:
    now = work.clock.now()
    order = hold_order(session, row, told.order_id, work.ids, now)
    follow_claim(session, order, work.ids, now)
    fold_refund(order, told, now)
    level_claim(session, row, order, settings=work.settings, ids=work.ids, now=now)
    if order.card_id is None:
        if order.state is OrderState.OPEN:
            return Settled(_State.IGNORED, EventReason.ORDER_UNKNOWN, order.id)
        return Settled(_State.UNMATCHED, EventReason.NO_CARD, order.id)
    plan_order(session, order, work.ids, now)
    return Settled(_State.DONE, None, order.id)


def _fold_order(
    work: IntegrationWork, session: Session, row: Integration, told: OrderTold
) -> Settled:
    now = work.clock.now()
    if counted_minor(told, mapping_of(row.mapping)) > PURCHASE_LIMIT_MINOR:
        return Settled(_State.FAILED, EventReason.UNREADABLE)
    if _is_from_before(session, row, told):
        return Settled(_State.IGNORED, EventReason.BEFORE_INTEGRATION)
    order = hold_order(session, row, told.foreign_id, work.ids, now)
    follow_claim(session, order, work.ids, now)
    fold_order(order, told, row, now)
    reason: EventReason | None = None
    if order.card_id is None:
        try:
            order.card_id = card_of(session, row, told.buyer)
        except SeveralCards:
            reason = EventReason.SEVERAL_CARDS
    level_claim(session, row, order, settings=work.settings, ids=work.ids, now=now)
    return _planned(work, session, order, reason)


def _planned(
    work: IntegrationWork, session: Session, order: IntegrationOrder, reason: EventReason | None
) -> Settled:
    now = work.clock.now()
    due = due_minor(order)
    if order.card_id is None:
        if due:
            return Settled(_State.UNMATCHED, reason or EventReason.NO_CARD, order.id)
        return Settled(_State.IGNORED, _why_nothing(order), order.id)
    plan_order(session, order, work.ids, now)
    if not due and not bookings_of(session, order.id):
        return Settled(_State.IGNORED, _why_nothing(order), order.id)
    return Settled(_State.DONE, None, order.id)


def _why_nothing(order: IntegrationOrder) -> EventReason:
    is_open = order.state is OrderState.OPEN
    return EventReason.NOT_PAID if is_open else EventReason.NOTHING_COUNTS


def _is_from_before(session: Session, row: Integration, told: OrderTold) -> bool:
    """Return whether an order was paid before the integration was made, and is not known to it.

    Shops touch old orders again and again, and they would all earn now.
    """
    if told.paid_at is None or told.paid_at >= row.created_at - _GRACE:
        return False
    return find_order(session, row, told.foreign_id) is None
