"""WooCommerce: its webhooks `order.created`, `order.updated` and `order.restored` (API v3).

Each tells the whole order with its refunds, so that the newest alone counts. The first request of a
webhook is a ping, a form that nothing signs.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from punchcard.connect.integrations import reading
from punchcard.connect.integrations.makers.maker import (
    Maker,
    Sent,
    header_topic,
    paid_state,
    signed_in,
)
from punchcard.connect.integrations.mapping import IntegrationMapping
from punchcard.connect.integrations.told import (
    Buyer,
    NothingTold,
    OrderLine,
    OrderTold,
    Told,
)
from punchcard.connect.integrations.vocabulary import EventReason, OrderState, WhoSigns

_TOPICS: Final = frozenset({"order.created", "order.updated", "order.restored"})
_UNPAID: Final = frozenset(
    {"pending", "on-hold", "failed", "checkout-draft", "auto-draft", "draft", "trash"}
)
_OVER: Final = frozenset({"cancelled", "refunded"})
_TIPS: Final = ("tip", "gratuity", "pourboire", "trinkgeld", "drénkgeld")
_PING_BYTES: Final = 64


def parse(topic: str, body: bytes, mapping: IntegrationMapping) -> Sequence[Told]:
    """Return the order that a body tells of. Raises Unreadable."""
    if topic not in _TOPICS:
        return [NothingTold(EventReason.TOPIC_UNKNOWN)]
    told = reading.json_object(body)
    if told.get("status") == "trash":
        # Tidied away, which says nothing of who keeps what.
        return [NothingTold(EventReason.NOTHING_COUNTS)]
    foreign_id = reading.needed_word(told, "id")
    return [
        OrderTold(
            foreign_id=foreign_id,
            number=reading.word(told, "number") or foreign_id,
            state=_state(told, mapping),
            currency=reading.currency(told, "currency"),
            total=reading.amount(told, "total"),
            tax=reading.amount(told, "total_tax"),
            shipping=reading.amount(told, "shipping_total"),
            shipping_tax=reading.amount(told, "shipping_tax"),
            discount=reading.amount(told, "discount_total"),
            discount_tax=reading.amount(told, "discount_tax"),
            tip=_tip(told),
            lines=[_line(line) for line in reading.children(told, "line_items")],
            # A refund's total is told below nought.
            refunds={
                reading.needed_word(refund, "id"): abs(reading.amount(refund, "total"))
                for refund in reading.children(told, "refunds")
            },
            has_all_refunds=True,
            buyer=_buyer(told, mapping),
            told_at=reading.moment(told, "date_modified_gmt"),
            paid_at=reading.moment(told, "date_paid_gmt"),
        )
    ]


def _state(told: Mapping[str, Any], mapping: IntegrationMapping) -> OrderState:
    status = reading.word(told, "status")
    if status in _OVER:
        return OrderState.CANCELLED
    # Shops have words of their own, for what is packed or on its way: the date says what is paid.
    if status in _UNPAID or not told.get("date_paid_gmt"):
        return OrderState.OPEN
    is_done = bool(told.get("date_completed_gmt"))
    return paid_state(mapping, is_done=is_done)


def _tip(told: Mapping[str, Any]) -> Decimal:
    """Return the fees that are called a tip, with their taxes: WooCommerce knows none by itself."""
    fees = reading.children(told, "fee_lines")
    return sum(
        (
            reading.amount(fee, "total") + reading.amount(fee, "total_tax")
            for fee in fees
            if _is_tip(fee.get("name"))
        ),
        Decimal(0),
    )


def _is_tip(name: Any) -> bool:
    return isinstance(name, str) and any(word in _TIPS for word in name.lower().split()[:20])


def _line(line: Mapping[str, Any]) -> OrderLine:
    quantity = reading.amount(line, "quantity")
    return OrderLine(
        sku=reading.word(line, "sku"),
        quantity=max(0, int(quantity)),
        net=reading.amount(line, "total"),
        tax=reading.amount(line, "total_tax"),
    )


def _buyer(told: Mapping[str, Any], mapping: IntegrationMapping) -> Buyer:
    billing = reading.child(told, "billing")
    notes, field = reading.children(told, "meta_data"), mapping.card_field
    customer = reading.word(told, "customer_id")
    return Buyer(
        email=reading.contact(billing, "email"),
        phone=reading.contact(billing, "phone"),
        card=reading.noted(notes, "key", field, f"_{field}"),
        # A guest has the number 0.
        customer=customer if customer not in ("", "0") else None,
    )


def _is_ping(sent: Sent) -> bool:
    number = sent.body.removeprefix(b"webhook_id=")
    return len(sent.body) < _PING_BYTES and number != sent.body and number.isdigit()


WOOCOMMERCE: Final = Maker(
    who_signs=WhoSigns.OURS,
    topic=header_topic("x-wc-webhook-topic"),
    parse=parse,
    is_signed=signed_in("x-wc-webhook-signature"),
    is_ping=_is_ping,
)
