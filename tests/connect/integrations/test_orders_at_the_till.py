"""What the till and people at the counter do meets what orders have booked."""

import pytest

from punchcard.connect.integrations import event_service, integration_service
from punchcard.connect.integrations.event_queue import enqueue_waiting
from punchcard.connect.integrations.event_work import work_on_event
from punchcard.connect.integrations.vocabulary import IntegrationStatus
from punchcard.db.outbox import OutboxRow, RetryLater
from punchcard.kit.clock import ManualClock
from punchcard.kit.ids import CardId
from punchcard.loyalty.cards import card_changes
from punchcard.loyalty.errors.till import TillBusy
from punchcard.loyalty.operations import NewCustomer
from tests.connect.integrations.orders import DONE, FAILED, IGNORED, order, refund
from tests.connect.integrations.web_shop import WebShop, connected
from tests.support.drivers.till import TillDriver


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
