"""Loyverse: the webhooks `receipts.update` and `customers.update`.

A body may tell of several receipts. A receipt names its customer by a number alone: customers that
are told have their contacts, and a person can say whose it is. No currency is told: it is the
shop's own. Webhooks that are made with an access token bear no signature; the address is secret.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from punchcard.connect.integrations import reading
from punchcard.connect.integrations.makers.maker import (
    Maker,
    Sent,
    body_topic,
    is_base64_hmac,
    is_hex_hmac,
)
from punchcard.connect.integrations.mapping import IntegrationMapping
from punchcard.connect.integrations.told import (
    Buyer,
    CustomerTold,
    NothingTold,
    OrderLine,
    OrderTold,
    RefundTold,
    Told,
)
from punchcard.connect.integrations.vocabulary import EventReason, OrderState, WhoSigns

_HEADER: Final = "x-loyverse-signature"


def parse(_topic: str, body: bytes, mapping: IntegrationMapping) -> Sequence[Told]:
    """Return the receipts and customers that a body tells of. Raises Unreadable."""
    told = reading.json_object(body)
    receipts = [_receipt(one) for one in reading.children(told, "receipts")]
    customers = [_customer(one) for one in reading.children(told, "customers")]
    return [*receipts, *customers] or [NothingTold(EventReason.TOPIC_UNKNOWN)]


def _receipt(told: Mapping[str, Any]) -> Told:
    number = reading.needed_word(told, "receipt_number")
    total = reading.amount(told, "total_money")
    is_cancelled = bool(told.get("cancelled_at"))
    if reading.word(told, "receipt_type") == "REFUND":
        paid_back = Decimal(0) if is_cancelled else abs(total)
        return RefundTold(reading.needed_word(told, "refund_for"), number, paid_back, "")
    return OrderTold(
        foreign_id=number,
        number=number,
        state=OrderState.CANCELLED if is_cancelled else OrderState.PAID,
        currency="",
        total=total,
        tax=reading.amount(told, "total_tax"),
        discount=reading.amount(told, "total_discount"),
        tip=reading.amount(told, "tip"),
        lines=[_line(line) for line in reading.children(told, "line_items")],
        buyer=Buyer(customer=reading.word(told, "customer_id") or None),
        told_at=reading.moment(told, "updated_at"),
        paid_at=reading.moment(told, "receipt_date"),
    )


def _line(line: Mapping[str, Any]) -> OrderLine:
    taxes = [reading.amount(tax, "money_amount") for tax in reading.children(line, "line_taxes")]
    tax = sum(taxes, Decimal(0))
    return OrderLine(
        sku=reading.word(line, "sku"),
        quantity=max(0, int(reading.amount(line, "quantity"))),
        net=reading.amount(line, "total_money") - tax,
        tax=tax,
    )


def _customer(told: Mapping[str, Any]) -> Told:
    return CustomerTold(
        Buyer(
            email=reading.contact(told, "email"),
            phone=reading.contact(told, "phone_number"),
            card=reading.contact(told, "customer_code"),
            customer=reading.needed_word(told, "id"),
        )
    )


def _is_signed(sent: Sent, secret: str) -> bool:
    # Its documentation says SHA-1 and speaks of base64; who looked at what arrives found SHA-1 in
    # hexadecimal (https://loyverse.town/topic/7422-webhook-overview-documentation), and programs
    # that work with it read either, some of SHA-256. None of the four is made without the secret.
    told = sent.headers.get(_HEADER, "")
    return any(
        [
            is_right(told, secret, sent.body, digest)
            for is_right in (is_base64_hmac, is_hex_hmac)
            for digest in ("sha1", "sha256")
        ]
    )


LOYVERSE: Final = Maker(
    who_signs=WhoSigns.THEIRS,
    topic=body_topic("type"),
    parse=parse,
    is_signed=_is_signed,
    needs_signature=False,
    bears_signature=lambda sent: _HEADER in sent.headers,
)
