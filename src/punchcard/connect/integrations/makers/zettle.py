"""Zettle: the event `PurchaseCreated`, whose purchase is a JSON text inside the JSON.

A purchase names no customer: it can be given to a card by hand. Amounts are told in minor units. A
refund is a purchase of its own, below nought, that names the one it takes back from.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from punchcard.connect.integrations import reading
from punchcard.connect.integrations.makers.maker import Maker, Sent, body_topic, is_hex_hmac
from punchcard.connect.integrations.mapping import IntegrationMapping
from punchcard.connect.integrations.told import (
    NothingTold,
    OrderTold,
    RefundTold,
    Told,
    Unreadable,
)
from punchcard.connect.integrations.vocabulary import EventReason, OrderState, WhoSigns


def parse(topic: str, body: bytes, mapping: IntegrationMapping) -> Sequence[Told]:
    """Return the purchase, or the refund, that a body tells of. Raises Unreadable."""
    if topic != "PurchaseCreated":
        return [NothingTold(EventReason.TOPIC_UNKNOWN)]
    payload = reading.json_object(body).get("payload")
    if not isinstance(payload, str):
        raise Unreadable("payload")
    return [_purchase(reading.json_object(payload.encode("utf-8", "replace")))]


def _purchase(told: Mapping[str, Any]) -> Told:
    foreign_id = reading.word(told, "purchaseUUID1") or reading.needed_word(told, "purchaseUuid")
    code = reading.currency(told, "currency")
    amount = reading.units_of(told.get("amount"), code, "amount")
    if told.get("refund") is True or amount < 0:
        of = reading.word(told, "refundsPurchaseUUID1") or reading.needed_word(
            told, "refundsPurchaseUuid"
        )
        return RefundTold(of, foreign_id, abs(amount), code)
    return OrderTold(
        foreign_id=foreign_id,
        number=reading.word(told, "purchaseNumber") or foreign_id,
        state=OrderState.PAID,
        currency=code,
        total=amount,
        tax=reading.units_of(told.get("vatAmount"), code, "vatAmount"),
        tip=_tip(told, code),
        told_at=_moment(told),
        paid_at=_moment(told),
    )


def _tip(told: Mapping[str, Any], code: str) -> Decimal:
    payments = reading.children(told, "payments")
    tips = [reading.units_of(one.get("gratuityAmount"), code, "gratuityAmount") for one in payments]
    return sum(tips, Decimal(0))


def _moment(told: Mapping[str, Any]) -> Any:
    """Return when it was bought: in ISO 8601, or as newer bodies tell it, in milliseconds."""
    at = told.get("timestamp")
    if isinstance(at, int) and not isinstance(at, bool):
        return reading.as_moment(at // 1000, "timestamp")
    return reading.as_moment(at, "timestamp")


def _is_signed(sent: Sent, secret: str) -> bool:
    try:
        told = reading.json_object(sent.body)
        at = reading.word(told, "timestamp")
    except Unreadable:
        return False
    payload = told.get("payload")
    if not isinstance(payload, str):
        return False
    signed = f"{at}.{payload}".encode("utf-8", "replace")
    return is_hex_hmac(sent.headers.get("x-izettle-signature", ""), secret, signed)


ZETTLE: Final = Maker(
    who_signs=WhoSigns.THEIRS,
    topic=body_topic("eventName"),
    parse=parse,
    is_signed=_is_signed,
)
