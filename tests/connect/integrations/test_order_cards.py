"""Whose an order is: found by card or contact, given by hand, followed through a merge."""

from datetime import timedelta

import pytest

from punchcard.accounts.models import Vendor
from punchcard.connect.integrations import event_service
from punchcard.connect.integrations.errors import (
    IntegrationEventForgotten,
    IntegrationEventSettled,
)
from punchcard.connect.integrations.event_queue import forget_bodies
from punchcard.kit.clock import ManualClock
from punchcard.kit.ids import CardId, ProgramId
from punchcard.loyalty.errors.cards import CardNotFound
from punchcard.loyalty.models import LoyaltyCard
from punchcard.loyalty.operations import NewCustomer
from tests.connect.integrations.orders import DONE, UNMATCHED, order
from tests.connect.integrations.web_shop import WebShop
from tests.support.drivers.till import TillDriver


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


def test_what_is_no_longer_kept_cannot_be_tried_again(alice: TillDriver, shop: WebShop) -> None:
    event = shop.tells(order())
    with alice.database.write() as session:
        forget_bodies(session, before=alice.clock.now() + timedelta(seconds=1), limit=9)
    with alice.database.write() as session, pytest.raises(IntegrationEventForgotten):
        event_service.retry_event(session, shop.act(), alice.vendor_id, shop.id, event.id)
    assert shop.event(event.id).state is UNMATCHED


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


def test_a_card_merged_into_another_earns_and_refunds_there(
    alice: TillDriver, program: ProgramId, shop: WebShop, john: CardId
) -> None:
    other = alice.card(program)
    shop.tells(order(1))
    alice.till.submit(alice.merge(other, john))

    shop.tells(order(2, id=9))

    assert shop.points(other) == 38
