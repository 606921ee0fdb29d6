"""Stand-ins of web shops: what they send passes as the original's, and earns and is paid back."""

from collections.abc import Mapping

import pytest

from punchcard.connect.integrations.errors import HookNotGenuine
from punchcard.connect.integrations.vocabulary import IntegrationEventState, IntegrationKind
from punchcard.fakes.shopify import FakeShopify
from punchcard.fakes.web_shop import Article, Shopper, money
from punchcard.fakes.woocommerce import FakeWooCommerce
from punchcard.kit.clock import ManualClock
from punchcard.kit.ids import CardId, ProgramId
from tests.connect.integrations.conftest import JOHN, alice, clock, john, program
from tests.connect.integrations.web_shop import WebShop, body, connected
from tests.support.drivers.till import TillDriver

__all__ = ["alice", "clock", "john", "program"]

BUYER = Shopper("John", "Doe", JOHN)
ARTICLES = (Article("COAT", "Coat", 8900), Article("SOCKS", "Socks", 550, quantity=2))
FakeShop = FakeWooCommerce | FakeShopify


def made(
    kind: IntegrationKind, shop: WebShop, clock: ManualClock, secret: str | None = None
) -> FakeShop:
    """Open a stand-in that tells of its orders at the shop's address."""

    def deliver(headers: Mapping[str, str], raw: bytes) -> None:
        small = {name.lower(): value for name, value in headers.items()}
        shop.receiver.take(kind, shop.id, shop.address, small, raw)

    makes = FakeWooCommerce if kind is IntegrationKind.WOOCOMMERCE else FakeShopify
    return makes(deliver, secret or shop.secret, clock.now, currency="USD")


@pytest.fixture(params=[IntegrationKind.WOOCOMMERCE, IntegrationKind.SHOPIFY], ids=str)
def kind(request: pytest.FixtureRequest) -> IntegrationKind:
    """Try each of the two systems."""
    return IntegrationKind(request.param)


@pytest.fixture
def shop(alice: TillDriver, program: ProgramId, kind: IntegrationKind) -> WebShop:
    """Connect a web shop."""
    theirs = "a-signing-key-of-theirs" if kind is IntegrationKind.SHOPIFY else None
    return connected(alice, program, kind, signing_secret=theirs)


@pytest.fixture
def fake(kind: IntegrationKind, shop: WebShop, clock: ManualClock) -> FakeShop:
    """Open its stand-in."""
    return made(kind, shop, clock)


def states(shop: WebShop) -> set[IntegrationEventState]:
    """Have what was told worked on; returns what became of it."""
    shop.works()
    return {event.state for event in shop.events()}


def test_an_order_earns_and_what_is_paid_back_is_taken_off(
    shop: WebShop, fake: FakeShop, john: CardId, clock: ManualClock
) -> None:
    order = fake.sell(BUYER, ARTICLES, shipping_minor=500)
    assert states(shop) == {IntegrationEventState.DONE}
    assert shop.points(john) == 100
    assert shop.order().total_minor == 10500

    clock.advance(minutes=5)
    fake.pay_back(order["id"], 2100, "Too small")
    assert states(shop) == {IntegrationEventState.DONE}
    assert shop.points(john) == 80

    clock.advance(minutes=5)
    fake.cancel(order["id"])
    assert states(shop) == {IntegrationEventState.DONE}
    assert shop.points(john) == 0


def test_all_of_an_order_is_paid_back_in_parts_of_the_same_second(
    shop: WebShop, fake: FakeShop, john: CardId
) -> None:
    order = fake.sell(BUYER, ARTICLES)
    fake.pay_back(order["id"], 1000)
    fake.pay_back(order["id"], 9000)

    assert states(shop) == {IntegrationEventState.DONE}
    assert shop.points(john) == 0


def test_a_card_is_found_by_the_number_that_is_typed(
    alice: TillDriver, program: ProgramId, shop: WebShop, fake: FakeShop
) -> None:
    card = alice.card(program, external_code="OLD-7")

    fake.sell(Shopper("Anna", "Weber", "anna@home.example", card="OLD-7"), ARTICLES)

    assert states(shop) == {IntegrationEventState.DONE}
    assert shop.points(card) == 100


def test_orders_have_numbers_of_their_own_and_a_new_start_takes_none_again(
    kind: IntegrationKind, shop: WebShop, fake: FakeShop, clock: ManualClock, john: CardId
) -> None:
    told = [fake.sell(BUYER, ARTICLES)["id"] for _ in range(3)]
    clock.advance(minutes=1)
    told.append(made(kind, shop, clock).sell(BUYER, ARTICLES)["id"])

    assert len(set(told)) == 4
    assert states(shop) == {IntegrationEventState.DONE}
    assert shop.points(john) == 400


def test_what_another_secret_signs_is_refused(
    kind: IntegrationKind, shop: WebShop, clock: ManualClock
) -> None:
    with pytest.raises(HookNotGenuine):
        made(kind, shop, clock, "another secret").sell(BUYER, ARTICLES)


@pytest.mark.parametrize("kind", [IntegrationKind.WOOCOMMERCE])
def test_the_ping_of_a_new_webhook_is_no_event(
    kind: IntegrationKind, shop: WebShop, clock: ManualClock
) -> None:
    fake = made(kind, shop, clock)
    assert isinstance(fake, FakeWooCommerce)

    fake.ping()

    assert shop.events() == []


def test_orders_have_the_shape_that_their_makers_show(
    kind: IntegrationKind, fake: FakeShop
) -> None:
    order, shown = fake.sell(BUYER, ARTICLES), body(f"{kind}_order")
    refunded = fake.pay_back(order["id"], 100)["refunds"][0]

    line, shown_line = order["line_items"][0], shown["line_items"][0]
    assert set(order) <= set(shown)
    assert set(line) <= set(shown_line)
    assert {name for name, value in line.items() if isinstance(value, str)} <= {
        name for name, value in shown_line.items() if isinstance(value, str)
    }
    if kind is IntegrationKind.SHOPIFY:
        assert set(refunded) <= set(body("shopify_refund"))
    else:
        assert set(order) == set(shown)
        assert set(order["billing"]) == set(shown["billing"])


def test_events_are_told_under_the_topics_of_their_makers(
    kind: IntegrationKind, shop: WebShop, fake: FakeShop
) -> None:
    order = fake.sell(BUYER, ARTICLES)
    fake.pay_back(order["id"], 100)
    fake.cancel(order["id"])

    told = [event.topic for event in shop.events()]
    if kind is IntegrationKind.WOOCOMMERCE:
        assert told == ["order.updated"] * 3
    else:
        assert told == ["orders/paid", "refunds/create", "orders/updated", "orders/cancelled"]


def test_amounts_are_written_with_two_decimals() -> None:
    assert [money(minor) for minor in (0, 5, 1250, 100000)] == ["0.00", "0.05", "12.50", "1000.00"]
