"""What stand-ins of web shops have in common: who buys what, and how requests are signed."""

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

Deliver = Callable[[Mapping[str, str], bytes], object]
"""Takes a request to whoever is told of orders: its headers and its body."""
Order = dict[str, Any]

VAT_PERCENT: Final = 17
"""Contained in every price, as in Luxembourg."""


@dataclass(frozen=True)
class Shopper:
    """Who buys; `card` is what they type into the field for a card's number, if they do."""

    first_name: str
    last_name: str
    email: str
    card: str = ""


@dataclass(frozen=True)
class Article:
    """Something that is bought: `price_minor` for each, in cents, with its tax."""

    sku: str
    name: str
    price_minor: int
    quantity: int = 1

    @property
    def gross_minor(self) -> int:
        """Return what all of them cost, in cents."""
        return self.price_minor * self.quantity

    @property
    def tax_minor(self) -> int:
        """Return how much of that is tax, in cents."""
        return round(self.gross_minor * VAT_PERCENT / (100 + VAT_PERCENT))


def money(minor: int) -> str:
    """Return an amount of cents as both shops write it: `12.50`."""
    return f"{minor // 100}.{minor % 100:02}"


def signature(secret: str, body: bytes) -> str:
    """Return what both shops sign a body with: HMAC-SHA256 in base64."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
