"""Any other system: JSON, read by pointers, signed as Standard Webhooks or told by its address."""

import hmac
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from punchcard.connect.integrations import reading
from punchcard.connect.integrations.makers.maker import Maker, Sent, header_topic
from punchcard.connect.integrations.mapping import AmountUnit, IntegrationMapping
from punchcard.connect.integrations.told import Buyer, OrderTold, RefundTold, Told, Unreadable
from punchcard.connect.integrations.vocabulary import OrderState, WhoSigns
from punchcard.connect.signatures import signature

_TOLERANCE: Final = timedelta(minutes=5)
"""How far the time in a signed request may lie from ours, as Standard Webhooks advise."""
_SIGNATURES_LIMIT: Final = 10


def parse(_topic: str, body: bytes, mapping: IntegrationMapping) -> Sequence[Told]:
    """Return the order that a body tells of, or the refund. Raises Unreadable."""
    told, at = reading.json_object(body), mapping.pointers

    def text(pointer: str) -> str:
        return reading.as_word(reading.pointed(told, pointer), pointer)

    code = reading.as_currency(reading.pointed(told, at.currency), at.currency)

    def money(pointer: str) -> Decimal:
        value = reading.pointed(told, pointer)
        if mapping.amount_unit is AmountUnit.MINOR:
            return reading.units_of(value, code, pointer)
        return reading.as_amount(value, pointer)

    foreign_id, refund_id = text(at.order_id), text(at.refund_id)
    if not foreign_id:
        raise Unreadable(at.order_id)
    if refund_id:
        return [RefundTold(foreign_id, refund_id, abs(money(at.refund_amount)), code)]
    return [
        OrderTold(
            foreign_id=foreign_id,
            number=text(at.number) or foreign_id,
            state=_state(text(at.state), mapping),
            currency=code,
            total=money(at.total),
            tax=money(at.tax),
            shipping=money(at.shipping),
            tip=money(at.tip),
            discount=money(at.discount),
            refunded=abs(money(at.refunded)),
            buyer=_buyer(told, mapping),
            told_at=reading.as_moment(reading.pointed(told, at.told_at), at.told_at),
            paid_at=reading.as_moment(reading.pointed(told, at.paid_at), at.paid_at),
        )
    ]


def _state(status: str, mapping: IntegrationMapping) -> OrderState:
    if status in mapping.cancelled_words:
        return OrderState.CANCELLED
    return OrderState.PAID if status in mapping.paid_words else OrderState.OPEN


def _buyer(told: dict[str, Any], mapping: IntegrationMapping) -> Buyer:
    at = mapping.pointers

    def contact(pointer: str) -> str | None:
        return reading.contact({"": reading.pointed(told, pointer)}, "")

    customer = reading.as_word(reading.pointed(told, at.customer), at.customer)
    return Buyer(contact(at.email), contact(at.phone), contact(at.card), customer or None)


def _is_signed(sent: Sent, secret: str) -> bool:
    """Return whether a request is signed as Standard Webhooks are, and of now."""
    message_id = sent.headers.get("webhook-id", "")
    seconds = sent.headers.get("webhook-timestamp", "")
    if not (seconds.isascii() and seconds.isdigit() and len(seconds) < 12):
        return False
    if abs(sent.now.timestamp() - int(seconds)) > _TOLERANCE.total_seconds():
        return False
    right = signature(secret, message_id, int(seconds), sent.body)
    told = sent.headers.get("webhook-signature", "").split(" ")[:_SIGNATURES_LIMIT]
    return any(hmac.compare_digest(one.encode(), right.encode()) for one in told)


GENERIC: Final = Maker(
    who_signs=WhoSigns.OURS,
    topic=header_topic("webhook-topic"),
    parse=parse,
    is_signed=_is_signed,
    needs_signature=False,
    bears_signature=lambda sent: "webhook-signature" in sent.headers,
)
