"""Orders come in: they earn once, refunds take back, and their order in time is of no account."""

from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import select

from punchcard.connect.integrations import event_service, integration_service
from punchcard.kit.clock import ManualClock
from punchcard.kit.ids import CardId, ProgramId
from punchcard.loyalty.models import DailyRollup
from punchcard.loyalty.operations import NewCustomer
from punchcard.loyalty.vocabulary import ActorKind
from tests.connect.integrations.orders import DONE, FAILED, IGNORED, order, refund
from tests.connect.integrations.web_shop import WebShop, body, connected
from tests.support.drivers.till import TillDriver


def test_an_order_earns_what_was_paid_without_its_shipping(shop: WebShop, john: CardId) -> None:
    event = shop.tells(body("woocommerce_order"), "order.created")

    assert (event.state, event.reason) == (DONE, None)
    assert shop.points(john) == 19
    [entry] = shop.entries(john)
    assert (entry.actor_kind, entry.amount_minor) == (ActorKind.INTEGRATION, 1935)
    assert entry.reference == f"woocommerce:{shop.id[-8:]}:727"


def test_the_same_order_told_again_earns_nothing_more(shop: WebShop, john: CardId) -> None:
    for topic in ("order.created", "order.updated", "order.updated"):
        assert shop.tells(order(), topic).state is DONE

    assert shop.points(john) == 19
    assert len(shop.entries(john)) == 1


@pytest.mark.parametrize(
    ("mapping", "counted"),
    [
        ({"exclude_shipping": False}, 2935),
        ({"exclude_tax": True}, 1800),
        ({"exclude_tax": True, "exclude_shipping": False}, 2800),
        ({"excluded_skus": ("Bar3",)}, 645),
        ({"exclude_tax": True, "excluded_skus": ("Bar3",)}, 600),
        ({"exclude_tips": False}, 2435),
        ({"ignore_discounts": True}, 2585),
    ],
)
def test_what_of_an_order_counts_is_as_mapped(
    alice: TillDriver, program: ProgramId, john: CardId, mapping: dict[str, Any], counted: int
) -> None:
    shop = connected(alice, program, **mapping)
    told = order()
    if "exclude_tips" in mapping:
        told |= {"total": "34.35", "fee_lines": [{"name": "Tip", "total": "5.00"}]}
    if "ignore_discounts" in mapping:
        told |= {"discount_total": "6.00", "discount_tax": "0.50"}

    shop.tells(told)

    assert shop.order().counted_minor == counted
    assert shop.entries(john)[0].amount_minor == counted


def test_a_tip_earns_nothing_unless_it_is_wanted(shop: WebShop, john: CardId) -> None:
    shop.tells(order(total="34.35", fee_lines=[{"name": "Tip", "total": "5.00"}]))

    assert shop.order().counted_minor == 1935


def test_each_refund_takes_back_its_share(shop: WebShop, john: CardId) -> None:
    shop.tells(order(1))
    shop.tells(order(2, refunds=[refund(1, "9.35")]))
    assert shop.bookings()[-1] == ("refund", "booked", 616)

    shop.tells(order(3, refunds=[refund(1, "9.35"), refund(2, "20.00")], status="refunded"))

    assert shop.points(john) == 0
    assert sum(amount for kind, _, amount in shop.bookings() if kind == "refund") == 1935


TOLD = {
    "created": order(1, status="pending", date_paid_gmt=None),
    "paid": order(2),
    "refunded in part": order(3, refunds=[refund(1, "9.35")]),
    "more": order(4, refunds=[refund(1, "9.35"), refund(2, "5.00")]),
}


@pytest.mark.parametrize("names", [*permutations(TOLD)], ids=", ".join)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_whatever_order_events_come_in_they_end_alike(
    shop: WebShop, john: CardId, names: tuple[str, ...]
) -> None:
    for name in [*names, *names]:
        shop.tells(TOLD[name])

    # 14.35 of 29.35 went back, and with it that share of 19.35.
    assert shop.order().counted_minor == 1935
    assert (
        sum(e.amount_minor or 0 for e in shop.entries(john) if e.type == "points_earned")
        - sum(e.amount_minor or 0 for e in shop.entries(john) if e.type == "points_refunded")
        == 1935 - 946
    )
    assert shop.points(john) == 9


def test_a_cancelled_order_keeps_nothing_and_one_taken_up_again_earns_again(
    shop: WebShop, john: CardId
) -> None:
    shop.tells(order(1))
    shop.tells(order(2, status="cancelled"))
    assert shop.points(john) == 0
    shop.tells(order(1))
    assert shop.points(john) == 0

    shop.tells(order(3))

    assert shop.points(john) == 19
    assert [kind for kind, _, _ in shop.bookings()] == ["earn", "refund", "earn"]


def test_an_order_that_grew_earns_the_rest(shop: WebShop, john: CardId) -> None:
    shop.tells(order(1))

    shop.tells(order(2, total="49.35"))

    assert shop.points(john) == 39
    shop.tells(order(3, refunds=[refund(1, "49.35")]))
    assert shop.points(john) == 0


def test_orders_that_nobody_paid_earn_nothing(shop: WebShop, john: CardId) -> None:
    for second, status in enumerate(("pending", "on-hold", "failed", "trash", "checkout-draft")):
        event = shop.tells(order(second, status=status))
        assert event.state is IGNORED

    assert shop.tells(order(9, date_paid_gmt=None)).reason == "not_paid"
    assert shop.points(john) == 0


def test_a_word_of_the_shops_own_does_not_hide_that_it_is_paid(shop: WebShop, john: CardId) -> None:
    shop.tells(order(status="ready-for-pickup"))

    assert shop.points(john) == 19


def test_an_order_may_earn_only_once_it_is_completed(
    alice: TillDriver, program: ProgramId, john: CardId
) -> None:
    shop = connected(alice, program, earn_on="completed")
    assert shop.tells(order(1)).reason == "not_paid"

    shop.tells(order(2, status="completed", date_completed_gmt="2026-03-02T10:01:02"))

    assert shop.points(john) == 19


def test_another_currency_is_refused_and_told(
    alice: TillDriver, john: CardId, shop: WebShop
) -> None:
    event = shop.tells(order(currency="EUR"))

    assert (event.state, event.reason) == (FAILED, "other_currency")
    with alice.database.read() as session:
        row = integration_service.get_integration(session, alice.vendor_id, shop.id)
    assert (row.last_error, row.last_error_at) == ("other_currency", alice.clock.now())
    assert shop.points(john) == 0


def test_an_order_of_before_the_integration_earns_nothing(shop: WebShop, john: CardId) -> None:
    event = shop.tells(order(date_paid_gmt="2026-03-01T10:00:00"))

    assert (event.state, event.reason) == (IGNORED, "before_integration")
    assert shop.points(john) == 0


def test_an_order_counts_when_it_was_paid_by_the_days_of_the_shop(
    alice: TillDriver, clock: ManualClock
) -> None:
    program = alice.program(type="points", currency="USD", timezone="America/New_York")
    card = alice.card(program, customer=NewCustomer(email="john.doe@example.com"))
    shop = connected(alice, program)
    # Half past eleven at night there, and told a day and a half later.
    paid_at = datetime(2026, 3, 4, 4, 30, tzinfo=UTC)
    clock.set(paid_at + timedelta(hours=36))

    shop.tells(order(date_paid_gmt="2026-03-04T04:30:00"))

    [entry] = shop.entries(card)
    assert (entry.occurred_at, entry.created_at) == (paid_at, clock.now())
    with alice.database.read() as session:
        days = select(DailyRollup.day).where(DailyRollup.points_earned > 0)
        assert set(session.scalars(days)) == {date(2026, 3, 3)}


@pytest.mark.parametrize("paid", ["2026-03-04T04:30:00", "2026-03-08T10:00:01"])
def test_an_order_whose_time_is_too_far_back_or_ahead_counts_on_arrival(
    alice: TillDriver, clock: ManualClock, shop: WebShop, john: CardId, paid: str
) -> None:
    clock.set(datetime(2026, 3, 8, 10, tzinfo=UTC))

    shop.tells(order(date_paid_gmt=paid))

    [entry] = shop.entries(john)
    assert entry.occurred_at == entry.created_at == clock.now()


def test_an_order_of_before_its_card_counts_from_when_that_was_opened(
    alice: TillDriver, clock: ManualClock, program: ProgramId, shop: WebShop
) -> None:
    clock.advance(hours=2)
    event = shop.tells(order())
    clock.advance(hours=5)
    card = alice.card(program, customer=NewCustomer(email="john.doe@example.com"))
    opened_at = clock.now()
    clock.advance(hours=1)

    with alice.database.write() as session:
        event_service.retry_event(session, shop.act(), alice.vendor_id, shop.id, event.id)
    shop.works()

    [entry] = shop.entries(card)
    assert (entry.occurred_at, entry.amount_minor) == (opened_at, 1935)
