"""Shopify: the webhooks *Order payment*, *Order cancellation*, *Order update* and *Refund create*.

An order tells its refunds too, but not always all of them in time: they are added up by their
numbers, wherever they are told. What went back is the money in their transactions. Whoever paid in
a currency of their own is paid back in it: the rate is told where an amount stands in both, as
`shop_money` and `presentment_money`.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from punchcard.connect.integrations import reading
from punchcard.connect.integrations.makers.maker import Maker, header_topic, paid_state, signed_in
from punchcard.connect.integrations.mapping import IntegrationMapping
from punchcard.connect.integrations.told import (
    Buyer,
    NothingTold,
    OrderLine,
    OrderTold,
    RefundTold,
    Told,
    Unreadable,
)
from punchcard.connect.integrations.vocabulary import EventReason, OrderState, WhoSigns

_ORDERS: Final = frozenset(
    {
        "orders/create",
        "orders/paid",
        "orders/updated",
        "orders/edited",
        "orders/fulfilled",
        "orders/cancelled",
    }
)
_REFUNDS: Final = frozenset({"refunds/create"})
_VOIDED: Final = frozenset({"voided"})
_PAID: Final = frozenset({"paid", "partially_refunded", "refunded"})


def parse(topic: str, body: bytes, mapping: IntegrationMapping) -> Sequence[Told]:
    """Return the order, or the refund, that a body tells of. Raises Unreadable."""
    if topic in _REFUNDS:
        return [_refund(reading.json_object(body))]
    if topic not in _ORDERS:
        return [NothingTold(EventReason.TOPIC_UNKNOWN)]
    told = reading.json_object(body)
    if "financial_status" not in told:
        # Of an edit only what changed is told; the whole order follows as an update.
        return [NothingTold(EventReason.NOTHING_COUNTS)]
    foreign_id = reading.needed_word(told, "id")
    shipping = reading.children(told, "shipping_lines")
    taxes = [tax for line in shipping for tax in reading.children(line, "tax_lines")]
    is_gross = told.get("taxes_included") is True
    shipping_tax = reading.total(taxes, "price")
    shipped = _shipped(told, shipping)
    return [
        OrderTold(
            foreign_id=foreign_id,
            number=reading.word(told, "name") or foreign_id,
            state=_state(told, mapping),
            currency=reading.currency(told, "currency"),
            total=reading.amount(told, "total_price"),
            tax=reading.amount(told, "total_tax"),
            shipping=shipped - shipping_tax if is_gross else shipped,
            shipping_tax=shipping_tax,
            discount=reading.amount(told, "total_discounts"),
            tip=reading.amount(told, "total_tip_received"),
            lines=[_line(line, is_gross) for line in reading.children(told, "line_items")],
            refunds=_refunds(told),
            buyer=_buyer(told, mapping),
            told_at=reading.moment(told, "updated_at"),
            paid_at=reading.moment(told, "processed_at"),
        )
    ]


def _state(told: Mapping[str, Any], mapping: IntegrationMapping) -> OrderState:
    status = reading.word(told, "financial_status")
    if told.get("cancelled_at") or status in _VOIDED:
        return OrderState.CANCELLED
    if status not in _PAID:
        return OrderState.OPEN
    is_done = told.get("fulfillment_status") == "fulfilled"
    return paid_state(mapping, is_done=is_done)


def _shipped(told: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> Decimal:
    """Return what shipping cost after its own discounts, as the order's prices are told."""
    if not lines:
        money = reading.child(reading.child(told, "total_shipping_price_set"), "shop_money")
        return reading.amount(money, "amount")
    named = "discounted_price" if all("discounted_price" in line for line in lines) else "price"
    return reading.total(lines, named)


def _line(line: Mapping[str, Any], is_gross: bool) -> OrderLine:
    quantity = int(reading.amount(line, "quantity"))
    tax = reading.total(reading.children(line, "tax_lines"), "price")
    allocations = reading.children(line, "discount_allocations")
    price = reading.amount(line, "price")
    # Either may be within its bounds, and what they come to beyond what can be counted with.
    paid = reading.as_amount(price * quantity - reading.total(allocations, "amount"), "price")
    return OrderLine(
        sku=reading.word(line, "sku"),
        quantity=max(0, quantity),
        net=paid - tax if is_gross else paid,
        tax=tax,
        is_gift_card=line.get("gift_card") is True,
    )


def _refunds(told: Mapping[str, Any]) -> dict[str, Decimal]:
    """Return what each refund paid back in the order's currency; one that tells none waits."""
    code = reading.currency(told, "currency")
    total = reading.child(told, "total_price_set")
    found = {
        reading.needed_word(refund, "id"): _paid_back(refund, total)
        for refund in reading.children(told, "refunds")
    }
    return {number: amount for number, (amount, paid_in) in found.items() if paid_in in (code, "")}


def _refund(told: Mapping[str, Any]) -> Told:
    amount, code = _paid_back(told)
    if not amount:
        # Put back on the shelf, and nothing paid back.
        return NothingTold(EventReason.NOTHING_COUNTS)
    return RefundTold(
        order_id=reading.needed_word(told, "order_id"),
        refund_id=reading.needed_word(told, "id"),
        amount=amount,
        currency=code,
    )


def _paid_back(
    refund: Mapping[str, Any], total: Mapping[str, Any] | None = None
) -> tuple[Decimal, str]:
    """Return what a refund paid back, and the currency of that: the shop's, where that is told.

    `total` is what the whole order came to, in both currencies. Raises Unreadable.
    """
    paid = [
        one
        for one in reading.children(refund, "transactions")
        if one.get("kind") == "refund" and one.get("status") == "success"
    ]
    currencies = {reading.currency(one, "currency") for one in paid}
    if len(currencies) > 1:
        raise Unreadable("currency")
    amount, code = reading.total(paid, "amount"), currencies.pop() if currencies else ""
    for rate_told in [total or {}, *_sets(refund)]:
        shop = reading.child(rate_told, "shop_money")
        shown = reading.child(rate_told, "presentment_money")
        in_shop, in_shown = reading.amount(shop, "amount"), reading.amount(shown, "amount")
        if in_shop and in_shown and reading.currency(shown, "currency_code") == code:
            in_books = reading.as_amount(abs(amount * in_shop / in_shown), "amount")
            return in_books, reading.currency(shop, "currency_code")
    return amount, code


def _sets(refund: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return amounts of a refund that are told in both currencies, the shop's and the buyer's."""
    goods = reading.children(refund, "refund_line_items")
    adjustments = reading.children(refund, "order_adjustments")
    return [
        *(reading.child(one, "subtotal_set") for one in goods),
        *(reading.child(one, "amount_set") for one in adjustments),
    ]


def _buyer(told: Mapping[str, Any], mapping: IntegrationMapping) -> Buyer:
    customer = reading.child(told, "customer")
    notes = reading.children(told, "note_attributes")
    return Buyer(
        email=reading.contact(told, "email")
        or reading.contact(told, "contact_email")
        or reading.contact(customer, "email"),
        phone=reading.contact(told, "phone") or reading.contact(customer, "phone"),
        card=reading.noted(notes, "name", mapping.card_field),
        customer=reading.word(customer, "id") or None,
    )


SHOPIFY: Final = Maker(
    who_signs=WhoSigns.THEIRS,
    topic=header_topic("x-shopify-topic"),
    parse=parse,
    is_signed=signed_in("x-shopify-hmac-sha256"),
)
