"""The orders of an integration: what was told of each, folded into one row, in whatever order."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from punchcard.connect.integrations.counting import counted_minor, is_excluded
from punchcard.connect.integrations.mapping import IntegrationMapping, mapping_of
from punchcard.connect.integrations.models import (
    Integration,
    IntegrationBooking,
    IntegrationOrder,
)
from punchcard.connect.integrations.reading import minor_of
from punchcard.connect.integrations.settling import PlannedBooking
from punchcard.connect.integrations.told import OrderTold, RefundTold
from punchcard.connect.integrations.vocabulary import BookingState, OrderState
from punchcard.db.dialects import insert_into
from punchcard.kit.ids import Ids, IntegrationOrderId

_RANK: Final = {OrderState.OPEN: 0, OrderState.PAID: 1, OrderState.CANCELLED: 2}
_ITEMS_LIMIT: Final = 50
_SKU_CHARACTERS: Final = 64
_QUANTITY_LIMIT: Final = 50


def find_order(session: Session, row: Integration, foreign_id: str) -> IntegrationOrder | None:
    """Return an order that was told of before, held until the end of the transaction."""
    query = select(IntegrationOrder).where(
        IntegrationOrder.integration_id == row.id, IntegrationOrder.foreign_id == foreign_id
    )
    return session.scalar(query.with_for_update().execution_options(populate_existing=True))


def hold_order(
    session: Session, row: Integration, foreign_id: str, ids: Ids, now: datetime
) -> IntegrationOrder:
    """Return an order, made if it was never told of, held until the end of the transaction."""
    values = {
        "id": ids.new_id(),
        "integration_id": row.id,
        "foreign_id": foreign_id,
        "number": foreign_id,
        "state": OrderState.OPEN,
        "total_minor": 0,
        "counted_minor": 0,
        "refunds": {},
        "items": [],
        "created_at": now,
        "updated_at": now,
    }
    statement = insert_into(session, IntegrationOrder).values(values)
    session.execute(statement.on_conflict_do_nothing())
    order = find_order(session, row, foreign_id)
    assert order is not None
    return order


def fold_order(order: IntegrationOrder, told: OrderTold, row: Integration, now: datetime) -> None:
    """Bring an order up to what is told of it; what is older than what is known changes little.

    Told at the same time, or without a time, the later state wins: cancelled over paid over open.
    """
    mapping = mapping_of(row.mapping)
    is_newer = _is_newer(order, told)
    refunds = {number: minor_of(amount, told.currency) for number, amount in told.refunds.items()}
    if told.refunded:
        refunds[""] = minor_of(told.refunded, told.currency)
    order.refunds = (
        refunds if told.has_all_refunds and is_newer else _with_refunds(order, told, refunds)
    )
    order.customer = told.buyer.customer or order.customer
    if is_newer or _is_level(order, told):
        order.state = told.state
        order.number = told.number or order.number
        order.total_minor = max(0, minor_of(told.total, told.currency))
        order.counted_minor = counted_minor(told, mapping)
        order.items = _items(told, mapping)
        order.told_at = told.told_at or order.told_at
        order.paid_at = told.paid_at or order.paid_at
    order.updated_at = now


def fold_refund(order: IntegrationOrder, told: RefundTold, now: datetime) -> None:
    """Note what was paid back of an order, once, however often it is told."""
    refunds = {told.refund_id: minor_of(told.amount, told.currency)}
    order.refunds = {**order.refunds, **refunds}
    order.updated_at = now


def reference_of(row: Integration, order: IntegrationOrder, number: int = 1) -> str:
    """Return the receipt number of an order's bookings: its own, with the system's name before it.

    A part of the integration's id keeps two shops apart. Later bookings have their number behind.
    """
    first = f"{row.kind}:{row.id[-8:]}:{order.foreign_id}"
    return first if number == 1 else f"{first}#{number}"


def paid_within(order: IntegrationOrder, *, seen_at: datetime, grace: timedelta) -> datetime | None:
    """Return when an order was paid, if that lies at most `grace` before it was first seen here.

    None stands for now: nobody can say how wrong a clock is that runs ahead, or that far behind.
    """
    paid_at = order.paid_at
    if paid_at is None or not seen_at - grace <= paid_at <= seen_at:
        return None
    return paid_at


def bookings_of(session: Session, order_id: IntegrationOrderId) -> list[IntegrationBooking]:
    """Return what was booked for an order, or is to be, in its order."""
    query = select(IntegrationBooking).where(IntegrationBooking.order_id == order_id)
    query = query.order_by(IntegrationBooking.number)
    return list(session.scalars(query.execution_options(populate_existing=True)))


def write_plan(
    session: Session,
    order: IntegrationOrder,
    planned: Sequence[PlannedBooking],
    *,
    first: int,
    ids: Ids,
    now: datetime,
) -> None:
    """Write down what is to be booked, under numbers from `first` on."""
    for number, one in enumerate(planned, first):
        session.add(
            IntegrationBooking(
                id=ids.new_id(),
                order_id=order.id,
                number=number,
                state=BookingState.PLANNED,
                created_at=now,
                **one._asdict(),
            )
        )
    session.flush()


def _is_newer(order: IntegrationOrder, told: OrderTold) -> bool:
    if told.told_at is None:
        return False
    return order.told_at is None or told.told_at > order.told_at


def _is_level(order: IntegrationOrder, told: OrderTold) -> bool:
    """Return whether what is told is as new as what is known, and no step back."""
    if told.told_at is not None and told.told_at != order.told_at:
        return False
    return _RANK[told.state] >= _RANK[order.state]


def _with_refunds(
    order: IntegrationOrder, told: OrderTold, refunds: dict[str, int]
) -> dict[str, int]:
    """Return the refunds that are known, with those that are told; of one told twice, the more.

    A list of all refunds that is older than what is known tells nothing new.
    """
    known = dict(order.refunds)
    if told.has_all_refunds and told.told_at is not None and told.told_at != order.told_at:
        return known
    return known | {number: max(amount, known.get(number, 0)) for number, amount in refunds.items()}


def _items(told: OrderTold, mapping: IntegrationMapping) -> list[Any]:
    """Return what was bought and counts, as the till takes it: code, how many, minor units."""
    items = [
        [line.sku, min(line.quantity, _QUANTITY_LIMIT), max(0, minor_of(line.net + line.tax, code))]
        for line in told.lines
        if (code := told.currency)
        and 0 < len(line.sku) <= _SKU_CHARACTERS
        and line.quantity
        and not is_excluded(line, mapping)
    ]
    return items[:_ITEMS_LIMIT]
