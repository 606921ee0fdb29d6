"""Square: the events `payment.created`, `payment.updated`, `refund.…` and `customer.…`.

A payment is the order here. Amounts are told in minor units. What is signed is the address, as it
was given out, and the body behind it.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from punchcard.connect.integrations import reading
from punchcard.connect.integrations.makers.maker import Maker, Sent, body_topic, is_base64_hmac
from punchcard.connect.integrations.mapping import IntegrationMapping
from punchcard.connect.integrations.told import (
    Buyer,
    CustomerTold,
    NothingTold,
    OrderTold,
    RefundTold,
    Told,
    Unreadable,
)
from punchcard.connect.integrations.vocabulary import EventReason, OrderState, WhoSigns

_STATES: Final = {
    "COMPLETED": OrderState.PAID,
    "CANCELED": OrderState.CANCELLED,
    "FAILED": OrderState.CANCELLED,
}


def parse(topic: str, body: bytes, mapping: IntegrationMapping) -> Sequence[Told]:
    """Return the payment, refund or customer that a body tells of. Raises Unreadable."""
    kind = topic.partition(".")[0]
    if topic not in _READERS_OF or kind not in _READERS:
        return [NothingTold(EventReason.TOPIC_UNKNOWN)]
    told = reading.child(reading.child(reading.json_object(body), "data"), "object")
    return [_READERS[kind](reading.child(told, kind))]


def _payment(told: Mapping[str, Any]) -> Told:
    foreign_id = reading.needed_word(told, "id")
    total, code = _money(told, "total_money")
    if not code:
        raise Unreadable("total_money")
    tip, _ = _money(told, "tip_money")
    refunded, _ = _money(told, "refunded_money")
    return OrderTold(
        foreign_id=foreign_id,
        number=reading.word(told, "receipt_number") or foreign_id,
        state=_STATES.get(reading.word(told, "status"), OrderState.OPEN),
        currency=code,
        total=total,
        tip=tip,
        refunded=refunded,
        buyer=Buyer(
            email=reading.contact(told, "buyer_email_address"),
            card=reading.contact(told, "reference_id"),
            customer=reading.word(told, "customer_id") or None,
        ),
        told_at=reading.moment(told, "updated_at"),
        paid_at=reading.moment(told, "created_at"),
    )


def _refund(told: Mapping[str, Any]) -> Told:
    if reading.word(told, "status") != "COMPLETED":
        return NothingTold(EventReason.NOT_PAID)
    amount, code = _money(told, "amount_money")
    order_id = reading.needed_word(told, "payment_id")
    return RefundTold(order_id, reading.needed_word(told, "id"), abs(amount), code)


def _customer(told: Mapping[str, Any]) -> Told:
    return CustomerTold(
        Buyer(
            email=reading.contact(told, "email_address"),
            phone=reading.contact(told, "phone_number"),
            card=reading.contact(told, "reference_id"),
            customer=reading.needed_word(told, "id"),
        )
    )


def _money(told: Mapping[str, Any], name: str) -> tuple[Decimal, str]:
    money = reading.child(told, name)
    if not money:
        return Decimal(0), ""
    code = reading.currency(money, "currency")
    return reading.units_of(money.get("amount"), code, name), code


_READERS: Final = {"payment": _payment, "refund": _refund, "customer": _customer}
_READERS_OF: Final = frozenset(
    {
        "payment.created",
        "payment.updated",
        "refund.created",
        "refund.updated",
        "customer.created",
        "customer.updated",
    }
)


def _is_signed(sent: Sent, secret: str) -> bool:
    signed = sent.url.encode() + sent.body
    return is_base64_hmac(sent.headers.get("x-square-hmacsha256-signature", ""), secret, signed)


SQUARE: Final = Maker(
    who_signs=WhoSigns.THEIRS,
    topic=body_topic("type"),
    parse=parse,
    is_signed=_is_signed,
)
