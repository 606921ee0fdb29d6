"""The boutique's web shop: it tells the server of its orders, as a shop with WooCommerce does.

Whoever buys in it has a card, or none: then the order waits in the console, with a receipt.
"""

import threading
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import select

from punchcard.accounts.audit_service import Act
from punchcard.connect.integrations import integration_service
from punchcard.connect.integrations.mapping import IntegrationMapping
from punchcard.connect.integrations.vocabulary import IntegrationKind
from punchcard.context import Context
from punchcard.demo.boutique_claire import BOUTIQUE
from punchcard.demo.opening import OpenShop
from punchcard.fakes.web_shop import Article, Order, Shopper
from punchcard.fakes.woocommerce import FakeWooCommerce
from punchcard.kit.errors import DomainError
from punchcard.kit.ids import CardId, IntegrationId, ProgramId, VendorId
from punchcard.loyalty.tables import CARDS, CUSTOMERS
from punchcard.loyalty.vocabulary import CardStatus

WEB_SHOP_PATH: Final = "/demo/shop"
STRANGER: Final = Shopper("Robin", "Weber", "robin.weber@home.example")
"""Somebody whose card nobody knows."""

_NAME: Final = "Boutique en ligne"
_EVENTS_KEPT: Final = 50
_GUESTS: Final = 3
_BASKETS: Final[Sequence[Sequence[Article]]] = (
    (Article("MANTEAU", "Manteau en laine", 18900),),
    (Article("ROBE", "Robe d’été", 7900), Article("FOULARD", "Foulard en soie", 3900)),
    (Article("CHEMISE", "Chemise en lin", 5900, quantity=2),),
)


@dataclass(frozen=True)
class WebShopKeys:
    """What was pasted into the web shop: where it tells of its orders, and what signs them."""

    integration_id: IntegrationId
    program_id: ProgramId
    address: str
    secret: str


@dataclass(frozen=True)
class KnownGuest:
    """A guest of the shop with a confirmed address, and what their card has at this moment."""

    shopper: Shopper
    card_id: CardId
    vendor_id: VendorId
    token_sealed: bytes
    points: int


def connect_web_shop(context: Context, shops: Sequence[OpenShop]) -> WebShopKeys:
    """Connect the boutique's web shop, as its manager would in the console."""
    shop = next(one for one in shops if one.shop.slug == BOUTIQUE.slug)
    act = Act(subject=shop.manager, now=context.clock.now(), ids=context.ids)
    with context.database.write() as session:
        shown, row = integration_service.create_integration(
            session,
            act,
            shop.vendor_id,
            context.connect.integration_secrets,
            program_id=shop.program_id,
            kind=IntegrationKind.WOOCOMMERCE,
            name=_NAME,
            mapping=IntegrationMapping(),
            location_id=None,
            limit=context.settings.integrations_per_vendor,
        )
        assert shown.signing is not None
        return WebShopKeys(row.id, row.program_id, shown.address, shown.signing)


@dataclass
class DemoWebShop:
    """The web shop; `events` is what it did and what became of that, the latest first."""

    context: Context
    keys: WebShopKeys
    events: deque[tuple[datetime, str]] = field(default_factory=lambda: deque(maxlen=_EVENTS_KEPT))
    _sold: int = 0
    _turn: threading.RLock = field(default_factory=threading.RLock)

    def __post_init__(self) -> None:
        self.shop = FakeWooCommerce(self._deliver, self.keys.secret, self.context.clock.now)

    def guests(self) -> list[KnownGuest]:
        """Return some guests whose orders find their cards, the newest cards first."""
        query = (
            select(CUSTOMERS.c.name, CUSTOMERS.c.email, CARDS.c.id, CARDS.c.token_sealed)
            .add_columns(CARDS.c.points, CARDS.c.vendor_id)
            .join_from(CARDS, CUSTOMERS, CUSTOMERS.c.id == CARDS.c.customer_id)
            .where(
                CARDS.c.program_id == self.keys.program_id,
                CARDS.c.status == CardStatus.ACTIVE,
                CUSTOMERS.c.is_verified,
                CUSTOMERS.c.email.is_not(None),
            )
            .order_by(CARDS.c.id.desc())
            .limit(_GUESTS)
        )
        with self.context.database.read_connection() as connection:
            rows = connection.execute(query).all()
        return [
            KnownGuest(
                _shopper(row.name, row.email), row.id, row.vendor_id, row.token_sealed, row.points
            )
            for row in rows
        ]

    def sell(self, shopper: Shopper) -> None:
        """Sell something to somebody, who pays at once."""
        with self._turn:
            basket = _BASKETS[self._sold % len(_BASKETS)]
            self._sold += 1
            order = self.shop.sell(shopper, basket, shipping_minor=490)
            self._note(f"Order {order['number']} of {order['total']} € by {_name(shopper)}.")

    def pay_back(self) -> None:
        """Pay back half of the last order that was not paid back yet; without one, do nothing."""
        with self._turn:
            order = self.last_order()
            if order is not None:
                half = int(order["total"].replace(".", "")) // 2
                self.shop.pay_back(order["id"], half, "Returned")
                self._note(f"Half of order {order['number']} was paid back.")

    def last_order(self) -> Order | None:
        """Return the last order of which nothing was paid back."""
        return next(
            (one for one in reversed(self.shop.orders.values()) if not one["refunds"]), None
        )

    def _deliver(self, headers: Mapping[str, str], body: bytes) -> None:
        """Hand it to the server within this process, as the request that would be sent."""
        small = {name.lower(): value for name, value in headers.items()}
        keys, receiver = self.keys, self.context.connect.hook_receiver
        try:
            receiver.take(
                IntegrationKind.WOOCOMMERCE, keys.integration_id, keys.address, small, body
            )
        except DomainError as refusal:
            self._note(f"The server refused what it was told: {refusal.code}.")

    def _note(self, sentence: str) -> None:
        self.events.appendleft((self.context.clock.now(), sentence))


def _shopper(name: str | None, email: str) -> Shopper:
    first, _, last = (name or "").partition(" ")
    return Shopper(first, last, email)


def _name(shopper: Shopper) -> str:
    return f"{shopper.first_name} {shopper.last_name}".strip()
