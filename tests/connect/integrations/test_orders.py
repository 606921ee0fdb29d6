"""Orders come in: they earn once, refunds take back, and their order in time is of no account."""

from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import select

from punchcard.accounts.models import Vendor
from punchcard.connect.integrations import event_service, integration_service
from punchcard.connect.integrations.errors import IntegrationEventSettled
from punchcard.connect.integrations.event_queue import enqueue_waiting, forget_bodies
from punchcard.connect.integrations.event_work import work_on_event
from punchcard.connect.integrations.vocabulary import (
    IntegrationEventState,
    IntegrationStatus,
)
from punchcard.db.outbox import OutboxRow, RetryLater
from punchcard.kit.clock import ManualClock
from punchcard.kit.ids import CardId, ProgramId
from punchcard.loyalty.cards import card_changes
from punchcard.loyalty.errors.cards import CardNotFound
from punchcard.loyalty.errors.till import TillBusy
from punchcard.loyalty.models import DailyRollup, LoyaltyCard
from punchcard.loyalty.operations import NewCustomer
from punchcard.loyalty.vocabulary import ActorKind
from tests.connect.integrations.web_shop import WebShop, body, connected
from tests.support.drivers.till import TillDriver

DONE, IGNORED = IntegrationEventState.DONE, IntegrationEventState.IGNORED
UNMATCHED, FAILED = IntegrationEventState.UNMATCHED, IntegrationEventState.FAILED


def order(second: int = 5, **told: Any) -> dict[str, Any]:
    """Return the maker's example order, as it was told at a second of its own."""
    return {
        **body("woocommerce_order"),
        "date_modified_gmt": f"2026-03-02T10:01:{second:02}",
        **told,
    }


def refund(number: int, total: str) -> dict[str, Any]:
    """Return a refund as an order tells of it."""
    return {"id": number, "reason": "", "total": f"-{total}"}


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


def test_an_order_finds_its_card_by_number_code_or_address(
    alice: TillDriver, program: ProgramId, shop: WebShop
) -> None:
    cards = [alice.card(program, external_code=code) for code in ("OLD-7", None)]
    with alice.database.read() as session:
        number = session.get_one(LoyaltyCard, cards[1]).number
    spaced = " ".join((number[:4], number[4:8], number[8:]))

    for foreign_id, text in ((1, "OLD-7"), (2, spaced)):
        meta = [{"id": 1, "key": "punchcard_card", "value": text}]
        shop.tells(order(id=foreign_id, meta_data=meta))

    assert [shop.points(card) for card in cards] == [19, 19]


def test_a_contact_that_nobody_confirmed_finds_no_card(
    alice: TillDriver, program: ProgramId, shop: WebShop
) -> None:
    typed = NewCustomer(email="john.doe@example.com")
    card = alice.card(program, customer=typed, is_vouched=False)

    event = shop.tells(order())

    assert (event.state, event.reason) == (UNMATCHED, "no_card")
    assert shop.points(card) == 0


def test_contacts_of_two_people_find_no_card(
    alice: TillDriver, program: ProgramId, shop: WebShop, john: CardId
) -> None:
    with alice.database.write() as session:
        session.get_one(Vendor, alice.vendor_id).country = "LU"
    alice.card(program, customer=NewCustomer(phone="+352621123456"))
    billing = {"email": "john.doe@example.com", "phone": "621 123 456"}

    event = shop.tells(order(billing=billing))

    assert (event.state, event.reason) == (UNMATCHED, "several_cards")


def test_staff_give_an_order_to_a_card_and_that_customer_has_it_from_then_on(
    alice: TillDriver, program: ProgramId, shop: WebShop
) -> None:
    card = alice.card(program)
    first = shop.tells(order(id=1, customer_id=25))
    again = shop.tells(order(9, id=1, customer_id=25, status="completed"))
    assert {first.state, again.state} == {UNMATCHED}

    with alice.database.write() as session:
        event_service.assign_event(
            session, shop.act(), alice.vendor_id, shop.id, first.id, card=card
        )
    shop.works()

    assert shop.points(card) == 19
    assert {one.state for one in shop.events()} == {DONE}
    assert shop.tells(order(id=2, customer_id=25)).state is DONE
    assert shop.tells(order(id=3, customer_id=0)).state is UNMATCHED
    assert shop.points(card) == 38
    with alice.database.write() as session, pytest.raises(IntegrationEventSettled):
        event_service.assign_event(
            session, shop.act(), alice.vendor_id, shop.id, first.id, card=card
        )


def test_an_order_goes_to_no_card_of_another_program(
    alice: TillDriver, shop: WebShop, program: ProgramId
) -> None:
    other = alice.card(alice.program(type="points", currency="USD"))
    event = shop.tells(order())

    with alice.database.write() as session, pytest.raises(CardNotFound):
        event_service.assign_event(
            session, shop.act(), alice.vendor_id, shop.id, event.id, card=other
        )


def test_an_order_of_long_ago_is_given_to_a_card_though_its_body_is_forgotten(
    alice: TillDriver, clock: ManualClock, program: ProgramId, shop: WebShop
) -> None:
    card = alice.card(program)
    event = shop.tells(order())
    with alice.database.write() as session:
        assert forget_bodies(session, before=clock.now() + timedelta(days=1), limit=10) == 1

    with alice.database.write() as session:
        event_service.assign_event(
            session, shop.act(), alice.vendor_id, shop.id, event.id, card=card
        )
    shop.works()

    assert shop.points(card) == 19


def test_what_could_not_be_matched_is_tried_again(
    alice: TillDriver, program: ProgramId, shop: WebShop
) -> None:
    event = shop.tells(order())
    card = alice.card(program, customer=NewCustomer(email="john.doe@example.com"))

    with alice.database.write() as session:
        event_service.retry_event(session, shop.act(), alice.vendor_id, shop.id, event.id)
    shop.works()

    assert shop.event(event.id).state is DONE
    assert shop.points(card) == 19


def test_a_program_that_asks_for_pins_asks_no_web_shop(alice: TillDriver) -> None:
    program = alice.program(type="points", currency="USD", pin_policy="required")
    card = alice.card(
        program, customer=NewCustomer(email="john.doe@example.com"), staff=alice.staff()
    )
    shop = connected(alice, program)

    shop.tells(order(1))
    assert shop.points(card) == 19
    shop.tells(order(2, status="cancelled"))

    assert shop.points(card) == 0


def test_points_that_were_spent_already_do_not_hold_up_a_refund(
    alice: TillDriver, clock: ManualClock
) -> None:
    program = alice.program(type="points", currency="USD", void_policy="refuse")
    card = alice.card(program, customer=NewCustomer(email="john.doe@example.com"))
    shop = connected(alice, program)
    shop.tells(order(1))
    alice.till.submit(alice.redeem_points(card, 15))

    event = shop.tells(order(2, status="cancelled"))

    assert event.state is DONE
    assert shop.points(card) == 0


def test_an_order_gives_a_stamp_and_one_that_grew_gives_no_second(alice: TillDriver) -> None:
    program = alice.program(type="stamps", currency="USD")
    card = alice.card(program, customer=NewCustomer(email="john.doe@example.com"))
    shop = connected(alice, program)

    shop.tells(order(1))
    shop.tells(order(2, total="99.00"))
    assert shop.stamps(card) == 1
    shop.tells(order(3, total="99.00", refunds=[refund(1, "9.00")]))
    assert shop.stamps(card) == 1

    shop.tells(order(4, total="99.00", status="refunded"))

    assert shop.stamps(card) == 0


def test_a_second_order_within_the_hour_has_its_points_and_its_stamp(alice: TillDriver) -> None:
    program = alice.program(type="hybrid", currency="USD", cooldown_minutes=60)
    card = alice.card(program, customer=NewCustomer(email="john.doe@example.com"))
    shop = connected(alice, program)

    for foreign_id in (1, 2):
        assert shop.tells(order(id=foreign_id)).state is DONE

    assert (shop.stamps(card), shop.points(card)) == (2, 38)


def test_what_the_till_refuses_is_told_and_can_be_tried_again(alice: TillDriver) -> None:
    program = alice.program(type="stamps", currency="USD")
    card = alice.card(program, customer=NewCustomer(email="john.doe@example.com"))
    shop = connected(alice, program)
    with alice.database.write() as session:
        card_changes.block_card(session, shop.act(), alice.vendor_id, card)
    event = shop.tells(order(id=2))
    assert (event.state, event.reason) == (FAILED, "card_blocked")
    with alice.database.write() as session:
        card_changes.unblock_card(session, shop.act(), alice.vendor_id, card)

    with alice.database.write() as session:
        event_service.retry_event(session, shop.act(), alice.vendor_id, shop.id, event.id)
    shop.works()

    assert shop.event(event.id).state is DONE
    assert shop.stamps(card) == 1


def test_what_a_person_voided_by_hand_is_not_taken_back_twice(
    alice: TillDriver, shop: WebShop, john: CardId
) -> None:
    alice.till.submit(alice.earn(john, 5000))
    shop.tells(order(1))
    alice.till.submit(alice.void(shop.entries(john)[0].id))

    event = shop.tells(order(2, status="cancelled"))

    assert event.state is DONE
    assert shop.points(john) == 50
    assert shop.bookings()[-1][:2] == ("refund", "moot")


def test_what_a_person_refunded_by_hand_leaves_the_rest_to_take_back(
    alice: TillDriver, shop: WebShop, john: CardId
) -> None:
    shop.tells(order(1))
    entry = shop.entries(john)[0]
    alice.till.submit(alice.refund(entry.id, 1000, refund_reference="by hand"))

    event = shop.tells(order(2, status="cancelled"))

    assert event.state is DONE
    assert shop.points(john) == 0


def test_an_order_below_the_minimum_is_no_failure(alice: TillDriver) -> None:
    program = alice.program(type="points", currency="USD", minimum_purchase_minor=5000)
    card = alice.card(program, customer=NewCustomer(email="john.doe@example.com"))
    shop = connected(alice, program)

    event = shop.tells(order())

    assert (event.state, event.reason) == (IGNORED, "purchase_below_minimum")
    assert shop.points(card) == 0


def test_while_the_till_is_busy_nothing_is_lost_or_doubled(
    shop: WebShop, john: CardId, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(_operation: object) -> None:
        raise TillBusy

    event_id = shop.sends(order())
    assert event_id is not None
    with monkeypatch.context() as patched:
        patched.setattr(shop.alice.till, "submit", busy)
        with pytest.raises(RetryLater):
            work_on_event(shop.work, event_id)
    assert shop.points(john) == 0

    shop.works()

    assert shop.points(john) == 19
    assert len(shop.bookings()) == 1


def test_what_comes_while_paused_waits_and_is_taken_afterwards(
    alice: TillDriver, shop: WebShop, john: CardId
) -> None:
    def switch(status: IntegrationStatus) -> None:
        with alice.database.write() as session:
            integration_service.update_integration(
                session, shop.act(), alice.vendor_id, shop.id, {"status": status}
            )

    switch(IntegrationStatus.PAUSED)
    event_id = shop.sends(order())
    shop.works()
    assert shop.points(john) == 0
    with alice.database.write() as session:
        session.query(OutboxRow).delete()
        assert enqueue_waiting(session, alice.clock.now()) == 0

    switch(IntegrationStatus.ACTIVE)

    with alice.database.read() as session:
        assert [
            row.key for row in session.query(OutboxRow).filter_by(topic="integrations.event")
        ] == [event_id]
    shop.works()
    assert shop.points(john) == 19


def test_a_card_merged_into_another_earns_and_refunds_there(
    alice: TillDriver, program: ProgramId, shop: WebShop, john: CardId
) -> None:
    other = alice.card(program)
    shop.tells(order(1))
    alice.till.submit(alice.merge(other, john))

    shop.tells(order(2, id=9))

    assert shop.points(other) == 38
