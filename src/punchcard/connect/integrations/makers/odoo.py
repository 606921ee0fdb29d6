"""Odoo: automation rules that *Send Webhook Notification*, of orders and of partners.

Odoo signs nothing and tries nothing again: the address is secret. What a rule sends is `_model`,
`_id` and the fields that its owner chose. Customers are told by a number; a rule of `res.partner`
tells their contacts. No currency is told by its code: it is the shop's own.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from punchcard.connect.integrations import reading
from punchcard.connect.integrations.makers.maker import Maker, body_topic, never_signed
from punchcard.connect.integrations.mapping import IntegrationMapping
from punchcard.connect.integrations.told import (
    Buyer,
    CustomerTold,
    NothingTold,
    OrderTold,
    RefundTold,
    Told,
)
from punchcard.connect.integrations.vocabulary import EventReason, OrderState, WhoSigns

_ORDERS: Final = frozenset({"pos.order", "sale.order"})
_PARTNERS: Final = "res.partner"
_STATES: Final = {
    **dict.fromkeys(("paid", "done", "invoiced", "sale"), OrderState.PAID),
    **dict.fromkeys(("cancel", "cancelled"), OrderState.CANCELLED),
}


def parse(topic: str, body: bytes, mapping: IntegrationMapping) -> Sequence[Told]:
    """Return the order, refund or partner that a body tells of. Raises Unreadable."""
    told = reading.json_object(body)
    if topic == _PARTNERS:
        return [_partner(told, mapping)]
    if topic not in _ORDERS:
        return [NothingTold(EventReason.TOPIC_UNKNOWN)]
    return [_order(told, mapping)]


def _order(told: Mapping[str, Any], mapping: IntegrationMapping) -> Told:
    foreign_id = reading.needed_word(told, "_id")
    total = reading.amount(told, "amount_total")
    if total < 0:
        return _refund(told, foreign_id, -total)
    return OrderTold(
        foreign_id=foreign_id,
        number=reading.word(told, "pos_reference") or reading.word(told, "name") or foreign_id,
        state=_STATES.get(reading.word(told, "state"), OrderState.OPEN),
        currency="",
        total=total,
        tax=reading.amount(told, "amount_tax"),
        tip=reading.amount(told, "tip_amount"),
        buyer=Buyer(
            email=reading.contact(told, "email"),
            phone=reading.contact(told, "mobile"),
            card=reading.contact(told, mapping.card_field),
            customer=_number(told.get("partner_id")) or None,
        ),
        told_at=reading.moment(told, "write_date"),
        paid_at=reading.moment(told, "date_order"),
    )


def _refund(told: Mapping[str, Any], foreign_id: str, amount: Decimal) -> Told:
    """Return what an order below nought paid back, if the field is sent that names its order."""
    of = _number(told.get("refunded_order_id")) or _number(told.get("refunded_order_ids"))
    if not of or _STATES.get(reading.word(told, "state")) is not OrderState.PAID:
        return NothingTold(EventReason.NOTHING_COUNTS)
    return RefundTold(of, foreign_id, amount, "")


def _partner(told: Mapping[str, Any], mapping: IntegrationMapping) -> Told:
    return CustomerTold(
        Buyer(
            email=reading.contact(told, "email"),
            phone=reading.contact(told, "phone") or reading.contact(told, "mobile"),
            card=reading.contact(told, mapping.card_field) or reading.contact(told, "barcode"),
            customer=reading.needed_word(told, "_id"),
        )
    )


def _number(value: Any) -> str:
    """Return the number of a record that a field names: alone, or with its name behind it."""
    if isinstance(value, list):
        value = value[0] if value else None
    return reading.as_word(value, "number")


ODOO: Final = Maker(
    who_signs=WhoSigns.NOBODY,
    topic=body_topic("_model"),
    parse=parse,
    is_signed=never_signed,
    needs_signature=False,
)
