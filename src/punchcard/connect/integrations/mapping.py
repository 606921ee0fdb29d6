"""What of an order counts, and where it stands in what a GENERIC system sends."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any, Final

POINTER_CHARACTERS: Final = 200
WORDS_LIMIT: Final = 50
"""How many words or codes a list of the mapping may have."""


class EarnOn(StrEnum):
    """When an order earns: once it is paid, or once the shop has seen to it as well."""

    PAID = "paid"
    COMPLETED = "completed"


class AmountUnit(StrEnum):
    """How a GENERIC system writes amounts: 12.50, or 1250."""

    MAJOR = "major"
    MINOR = "minor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pointers:
    """Where each thing stands in a body, as JSON pointers (RFC 6901); empty is nowhere."""

    order_id: str = "/id"
    state: str = "/status"
    currency: str = "/currency"
    total: str = "/total"
    number: str = "/number"
    tax: str = ""
    shipping: str = ""
    tip: str = ""
    discount: str = ""
    email: str = "/email"
    phone: str = "/phone"
    card: str = "/card"
    customer: str = ""
    told_at: str = ""
    paid_at: str = ""
    refunded: str = ""
    refund_id: str = ""
    refund_amount: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class IntegrationMapping:
    """What of an order earns, and how a GENERIC system's bodies are read.

    `excluded_skus` are codes of what earns nothing, such as gift cards. `card_field` names what of
    an order holds the number of a card. `requires_signature` is for GENERIC: others have no choice.
    """

    earn_on: EarnOn = EarnOn.PAID
    exclude_tax: bool = False
    exclude_shipping: bool = True
    exclude_tips: bool = True
    exclude_gift_cards: bool = True
    ignore_discounts: bool = False
    excluded_skus: tuple[str, ...] = ()
    card_field: str = "punchcard_card"
    requires_signature: bool = False
    amount_unit: AmountUnit = AmountUnit.MAJOR
    paid_words: tuple[str, ...] = ("paid", "completed")
    cancelled_words: tuple[str, ...] = ("cancelled", "refunded")
    pointers: Pointers = Pointers()

    def kept(self) -> dict[str, Any]:
        """Return the mapping as the database keeps it: what differs from the usual."""
        usual = asdict(IntegrationMapping())
        return {name: value for name, value in asdict(self).items() if value != usual[name]}


def mapping_of(kept: Mapping[str, Any]) -> IntegrationMapping:
    """Return the mapping that `kept` stands for; what it leaves out is as usual.

    Names that a later version kept, and this one does not know, are passed over.
    """
    known = {one.name for one in fields(IntegrationMapping)}
    told = {name: value for name, value in kept.items() if name in known}
    for name in ("excluded_skus", "paid_words", "cancelled_words"):
        if name in told:
            told[name] = tuple(told[name])
    if "earn_on" in told:
        told["earn_on"] = EarnOn(told["earn_on"])
    if "amount_unit" in told:
        told["amount_unit"] = AmountUnit(told["amount_unit"])
    if "pointers" in told:
        names = {one.name for one in fields(Pointers)}
        pointers = {name: value for name, value in told["pointers"].items() if name in names}
        told["pointers"] = Pointers(**pointers)
    return IntegrationMapping(**told)
