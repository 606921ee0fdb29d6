"""What systems tell, once read: an order, a refund or a customer, whoever's system it was."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from punchcard.connect.integrations.vocabulary import EventReason, OrderState


class Unreadable(Exception):
    """What came is not what this system sends; says where, and never what stood there."""


@dataclass(frozen=True, slots=True)
class Buyer:
    """What is told of who bought: contacts as typed, a card's number, their id over there."""

    email: str | None = None
    phone: str | None = None
    card: str | None = None
    customer: str | None = None


@dataclass(frozen=True, slots=True)
class OrderLine:
    """Something that was bought: its code, how many, and what they cost with and without tax."""

    sku: str
    quantity: int
    net: Decimal
    tax: Decimal = Decimal(0)
    is_gift_card: bool = False


@dataclass(frozen=True, slots=True)
class OrderTold:
    """An order as it stands where it comes from; all amounts in units of `currency`.

    Some systems tell no currency, for they know only one: it is empty then.

    `total` is what was paid, with everything; the others say what of it was what. `shipping` and
    `discount` are without their taxes, which stand beside them. `refunds` is what was paid back,
    by the number of each refund; with `has_all_refunds` there are no others. `refunded` is all
    that was paid back, where it is told as one sum. `told_at` is when it stood like this,
    `paid_at` when it was paid.
    """

    foreign_id: str
    state: OrderState
    currency: str
    total: Decimal
    number: str = ""
    tax: Decimal = Decimal(0)
    shipping: Decimal = Decimal(0)
    shipping_tax: Decimal = Decimal(0)
    discount: Decimal = Decimal(0)
    discount_tax: Decimal = Decimal(0)
    tip: Decimal = Decimal(0)
    lines: Sequence[OrderLine] = ()
    refunds: Mapping[str, Decimal] = field(default_factory=dict)
    refunded: Decimal = Decimal(0)
    has_all_refunds: bool = False
    buyer: Buyer = Buyer()
    told_at: datetime | None = None
    paid_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RefundTold:
    """What was paid back of an order, told by itself: it may come before the order does."""

    order_id: str
    refund_id: str
    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class CustomerTold:
    """A customer of the other system: whoever has this contact here has this id there."""

    buyer: Buyer


@dataclass(frozen=True, slots=True)
class NothingTold:
    """What came concerns no card."""

    reason: EventReason


Told = OrderTold | RefundTold | CustomerTold | NothingTold
