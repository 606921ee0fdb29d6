"""Kill workers amid orders, and let two work on the same ones: each order counts once."""

import signal
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from punchcard.connect.integrations.vocabulary import IntegrationEventState
from punchcard.kit.ids import CardId
from punchcard.loyalty.operations import NewCustomer
from tests.connect.integrations.web_shop import WebShop, body, connected
from tests.support.books import audited
from tests.support.drivers.till import TillDriver, till_driver_at
from tests.support.order_process import OrderPlan, started

JOHN = "john.doe@example.com"


def told(number: int, second: int, **more: Any) -> dict[str, Any]:
    """Return an order of a moment ago, as it was told at a second of its own."""
    now = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    return {
        **body("woocommerce_order"),
        "id": number,
        "date_paid_gmt": now.isoformat(),
        "date_modified_gmt": (now + timedelta(seconds=second)).isoformat(),
        **more,
    }


def shop_with_orders(alice: TillDriver, orders: int) -> tuple[WebShop, CardId, list[str]]:
    """Connect a shop and have it send each order paid, refunded in part, and once more."""
    program = alice.program(type="points", currency="USD")
    card = alice.card(program, customer=NewCustomer(email=JOHN))
    shop = connected(alice, program)
    refunds = [{"id": 1, "total": "-9.35"}]
    events = [
        shop.sends(one)
        for number in range(orders)
        for one in (told(number, 1), told(number, 2, refunds=refunds), told(number, 1))
    ]
    return shop, card, [str(one) for one in events]


def check(shop: WebShop, card: CardId, orders: int) -> None:
    """Check that everything is settled, and each order is on the card once, less its refund."""
    assert {one.state for one in shop.events()} == {IntegrationEventState.DONE}
    entries = shop.entries(card)
    earned = sum(one.amount_minor or 0 for one in entries if one.type == "points_earned")
    refunded = sum(one.amount_minor or 0 for one in entries if one.type == "points_refunded")
    assert earned - refunded == orders * (1935 - 616)
    assert shop.points(card) == orders * (1935 - 616) // 100
    audited(shop.alice.database)


@pytest.mark.parametrize("bookings", [1, 2, 3])
def test_a_killed_worker_loses_nothing_and_doubles_nothing(
    database_url: str, bookings: int
) -> None:
    with till_driver_at(database_url) as alice:
        shop, card, events = shop_with_orders(alice, 2)

    process = started(OrderPlan(database_url, events, bookings))
    assert process.wait() == -signal.SIGKILL

    with till_driver_at(database_url, alice.vendor_id) as next_one:
        again = WebShop(next_one, shop.kind, shop.id, shop.address, shop.secret)
        assert len(again.entries(card)) == bookings
        again.works()
        check(again, card, 2)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_two_workers_on_the_same_events_book_each_order_once(database_url: str) -> None:
    orders = 12
    with till_driver_at(database_url) as alice:
        shop, card, events = shop_with_orders(alice, orders)

    _ended([OrderPlan(database_url, events), OrderPlan(database_url, events[::-1])])

    with till_driver_at(database_url, alice.vendor_id) as next_one:
        check(WebShop(next_one, shop.kind, shop.id, shop.address, shop.secret), card, orders)


def _ended(plans: Sequence[OrderPlan]) -> None:
    processes = [started(plan) for plan in plans]
    assert [process.wait() for process in processes] == [0] * len(plans)
