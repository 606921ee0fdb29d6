"""Kill workers amid orders, and let two work on the same ones: each order counts once."""

import signal
from collections.abc import Sequence, Set
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from punchcard.connect.integrations.vocabulary import IntegrationEventState, OrderState
from punchcard.kit.ids import CardId
from punchcard.loyalty.operations import NewCustomer
from tests.connect.integrations.web_shop import WebShop, body, connected
from tests.support.books import audited
from tests.support.drivers.till import TillDriver, till_driver_at
from tests.support.order_process import OrderPlan, started

ALL_DONE = {IntegrationEventState.DONE}
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


def check(shop: WebShop, card: CardId, orders: int, states: Set[str] = ALL_DONE) -> None:
    """Check that everything is settled, and each order is on the card once, less its refund."""
    assert {one.state for one in shop.events()} == states
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


STORY = ("created", "paid", "refunded", "cancelled")
"""What is told of an order, in the order in which it happened."""


def story_of(number: int) -> dict[str, dict[str, Any]]:
    """Return all that is told of an order, each with a second of its own."""
    refunds = [{"id": 1, "total": "-9.35"}]
    return {
        "created": told(number, 1, status="pending", date_paid_gmt=None),
        "paid": told(number, 2),
        "refunded": told(number, 3, refunds=refunds),
        "cancelled": told(number, 4, status="cancelled", refunds=refunds),
    }


def test_two_processes_that_hear_all_in_every_order_end_alike(database_url: str) -> None:
    kept = [*permutations(STORY[:3])]
    orders = [*kept, *permutations(STORY)]
    with till_driver_at(database_url) as alice:
        shop, card, _ = shop_with_orders(alice, 0)
        first, second = list[str](), list[str]()
        for number, names in enumerate(orders, start=1):
            story = story_of(number)
            # Both hear of everything, one the other way round: each event is a replay of another.
            first += [str(shop.sends(story[name])) for name in names]
            second += [str(shop.sends(story[name])) for name in reversed(names)]

    _ended([OrderPlan(database_url, first), OrderPlan(database_url, second)])

    with till_driver_at(database_url, alice.vendor_id) as next_one:
        after = WebShop(next_one, shop.kind, shop.id, shop.address, shop.secret)
        # Nothing is left of those that were cancelled in the end.
        check(after, card, len(kept), ALL_DONE | {IntegrationEventState.IGNORED})
        assert {order.state for order in after.orders()[len(kept) :]} == {OrderState.CANCELLED}


def _ended(plans: Sequence[OrderPlan]) -> None:
    processes = [started(plan) for plan in plans]
    assert [process.wait() for process in processes] == [0] * len(plans)
