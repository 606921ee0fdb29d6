"""One counter, one till: what is answered and what is written."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from punchcard.accounts.errors import LocationNotFound
from punchcard.accounts.models import AuditEvent, Customer, Vendor
from punchcard.db.database import Database
from punchcard.db.outbox import OutboxRow
from punchcard.kit.clock import ManualClock
from punchcard.kit.ids import SystemIds
from punchcard.loyalty.errors.balances import DailyStampLimitReached, NotEnoughPoints, StampTooSoon
from punchcard.loyalty.errors.cards import (
    CardAlreadyExists,
    CardBlocked,
    CardNotFound,
    ContactConflict,
)
from punchcard.loyalty.errors.programs import ProgramNotFound, RewardNotAvailable, RewardNotFound
from punchcard.loyalty.errors.till import (
    AlreadyVoided,
    ReferenceAlreadyUsed,
    TransactionNotFound,
)
from punchcard.loyalty.models import LoyaltyCard, LoyaltyProgram, Reward, TransactionOrigin
from punchcard.loyalty.operations import CardKey, CardRef, NewCustomer, Origin
from punchcard.loyalty.till.receipt import Receipt
from tests.loyalty.till.submissions import refusal_of
from tests.support.audited_till_driver import audited_till_driver
from tests.support.drivers.till import SEALER, TillDriver, open_till_driver

HOUR = timedelta(hours=1)


@pytest.fixture
def alice(database: Database, clock: ManualClock, ids: SystemIds) -> Iterator[TillDriver]:
    """Open Café Alice's counter; afterwards the books must be right, whatever was done."""
    with audited_till_driver(database, clock, ids) as counter:
        yield counter


@pytest.fixture
def bob(alice: TillDriver) -> TillDriver:
    """Open Boulangerie Bob's counter on the same server."""
    return open_till_driver(
        alice.database, alice.till, clock=alice.clock, ids=alice.ids, slug="boulangerie-bob"
    )


def set_columns(counter: TillDriver, table: Any, row_id: str, **values: Any) -> None:
    with counter.database.write() as session:
        session.execute(update(table).where(table.id == row_id).values(**values))


def count(counter: TillDriver, table: Any) -> int:
    with counter.database.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_a_stamp_is_answered_with_its_entry_and_the_card_after_it(alice: TillDriver) -> None:
    anna, gare = alice.staff(), alice.location()
    card = alice.card(alice.program())
    receipt = alice.till.submit(alice.stamp(card, staff=anna, location_id=gare, note="Merci"))
    assert (receipt.entry["type"], receipt.entry["sequence"]) == ("stamp_earned", 2)
    assert (receipt.entry["staff_pin_id"], receipt.staff_name) == (anna.pin_id, "Anna")
    assert (receipt.entry["location_id"], receipt.entry["note"]) == (gare, "Merci")
    assert (receipt.card.stamps, receipt.card.stamps_left_today) == (1, 4)
    assert receipt.card.next_stamp_at == alice.clock.now() + timedelta(minutes=15)
    assert not receipt.is_replay


@pytest.mark.parametrize("key", [CardKey.ID, CardKey.NUMBER, CardKey.TOKEN])
def test_a_card_is_found_by_id_number_and_token(alice: TillDriver, key: str) -> None:
    card = alice.till.submit(alice.enrol(alice.program())).card
    token = SEALER.open(card.token_sealed, card.id)
    assert token is not None
    names = {CardKey.ID: card.id, CardKey.NUMBER: card.number, CardKey.TOKEN: token.decode()}
    operation = replace(alice.stamp(card.id), card=CardRef(key, names[key]))
    assert alice.till.submit(operation).card.stamps == 1


def test_a_card_named_in_three_ways_in_one_list_is_one_card(alice: TillDriver) -> None:
    program = alice.program(cooldown_minutes=0)
    card = alice.till.submit(alice.enrol(program)).card
    by_id = alice.stamp(card.id)
    by_number = replace(by_id, card=CardRef(CardKey.NUMBER, card.number))
    token = SEALER.open(card.token_sealed, card.id) or b""
    by_token = replace(by_id, card=CardRef(CardKey.TOKEN, token.decode()))
    outcomes = alice.till.submit_all([by_id, by_number, by_token])
    assert [outcome.card.stamps for outcome in outcomes] == [1, 2, 3]  # type: ignore[union-attr]


def test_bob_cannot_touch_alices_cards_entries_rewards_and_programs(
    alice: TillDriver, bob: TillDriver
) -> None:
    program = alice.program(type="hybrid")
    card, reward, gare = alice.card(program), alice.reward(program), alice.location()
    stamped = alice.till.submit(alice.stamp(card)).entry["id"]
    assert isinstance(refusal_of(bob, bob.stamp(card)), CardNotFound)
    assert isinstance(refusal_of(bob, bob.void(stamped)), TransactionNotFound)
    assert isinstance(refusal_of(bob, bob.enrol(program)), ProgramNotFound)
    own = bob.card(bob.program(type="points"))
    assert isinstance(refusal_of(bob, bob.redeem(own, reward)), RewardNotFound)
    refused = refusal_of(bob, bob.earn(own, 100, location_id=gare))
    assert isinstance(refused, LocationNotFound)


def test_each_operation_of_a_list_sees_the_card_as_the_one_before_left_it(
    alice: TillDriver,
) -> None:
    program = alice.program(stamps_target=2, cooldown_minutes=0)
    card = alice.card(program)
    outcomes = alice.till.submit_all(
        [
            alice.redeem_stamps(card),
            alice.stamp(card),
            alice.stamp(card),
            alice.redeem_stamps(card),
            alice.stamp(card, 4),
        ]
    )
    kinds = [getattr(o, "code", None) or o.entry["type"] for o in outcomes]  # type: ignore[union-attr]
    assert kinds == [
        "not_enough_stamps",
        "stamp_earned",
        "stamp_earned",
        "stamps_redeemed",
        "daily_stamp_limit_reached",
    ]


def test_a_list_longer_than_a_batch_keeps_its_order(alice: TillDriver) -> None:
    card = alice.card(alice.program(type="points"))
    outcomes = alice.till.submit_all([alice.earn(card, 100 * n) for n in range(1, 151)])
    assert [o.entry["sequence"] for o in outcomes] == list(range(2, 152))  # type: ignore[union-attr]
    assert outcomes[-1].card.points == 150 * 151 // 2  # type: ignore[union-attr]


def test_late_stamps_and_voids_in_one_list_see_what_came_before_them(alice: TillDriver) -> None:
    card = alice.card_of_before(alice.program())
    now = alice.clock.now()
    times = [now - 2 * HOUR, now - HOUR, now - HOUR - timedelta(minutes=10), now - 3 * HOUR, now]
    outcomes = alice.till.submit_all([alice.stamp(card, occurred_at=at) for at in times])
    assert [isinstance(outcome, Receipt) for outcome in outcomes] == [True, True, False, True, True]
    assert isinstance(outcomes[2], StampTooSoon)
    entries = [o.entry["id"] for o in outcomes if isinstance(o, Receipt)]
    undone = alice.till.submit_all([alice.void(entries[3]), alice.void(entries[3])])
    assert isinstance(undone[0], Receipt)
    assert undone[0].card.next_stamp_at is None
    assert isinstance(undone[1], AlreadyVoided)


def test_a_voided_stamp_frees_the_cooldown_and_the_day_in_the_database_too(
    alice: TillDriver,
) -> None:
    card = alice.card_of_before(alice.program(max_daily_stamps=2))
    first = alice.till.submit(alice.stamp(card, occurred_at=alice.clock.now() - HOUR))
    second = alice.till.submit(alice.stamp(card))
    assert isinstance(refusal_of(alice, alice.stamp(card)), StampTooSoon)
    assert alice.till.submit(alice.void(second.entry["id"])).card.stamps_left_today == 1
    assert alice.till.submit(alice.stamp(card)).card.stamps == 2
    alice.till.submit(alice.void(first.entry["id"]))
    late = alice.stamp(card, 2, occurred_at=alice.clock.now() - 2 * HOUR)
    assert isinstance(refusal_of(alice, late), DailyStampLimitReached)


def test_a_purchase_is_credited_once_whatever_card_shows_its_receipt(alice: TillDriver) -> None:
    program = alice.program(type="points")
    one, other = alice.cards(program, 2)
    credited = alice.till.submit(alice.earn(one, 500, reference="R-1"))
    refused = refusal_of(alice, alice.earn(other, 500, reference="R-1"))
    assert isinstance(refused, ReferenceAlreadyUsed)
    assert refused.facts == {"transaction_id": credited.entry["id"]}
    elsewhere = alice.card(alice.program(type="points"))
    assert alice.till.submit(alice.earn(elsewhere, 500, reference="R-1")).card.points == 5
    both = alice.till.submit_all([alice.earn(c, 500, reference="R-2") for c in (one, other)])
    assert isinstance(both[1], ReferenceAlreadyUsed)


def test_a_reward_runs_out_and_a_void_puts_it_back(alice: TillDriver) -> None:
    program = alice.program(type="points")
    cake, card = alice.reward(program, stock_left=1), alice.card(program)
    alice.till.submit(alice.earn(card, 30_000))
    bought = alice.till.submit(alice.redeem(card, cake))
    assert isinstance(refusal_of(alice, alice.redeem(card, cake)), RewardNotAvailable)
    alice.till.submit(alice.void(bought.entry["id"]))
    outcomes = alice.till.submit_all([alice.redeem(card, cake), alice.redeem(card, cake)])
    assert isinstance(outcomes[0], Receipt)
    assert isinstance(outcomes[1], RewardNotAvailable)
    with alice.database.read() as session:
        assert session.get_one(Reward, cake).stock_left == 0


def test_a_cards_limit_counts_what_was_not_voided(alice: TillDriver) -> None:
    program = alice.program(type="points")
    cake, card = alice.reward(program, per_card_limit=2), alice.card(program)
    alice.till.submit(alice.earn(card, 90_000))
    outcomes = alice.till.submit_all([alice.redeem(card, cake) for _ in range(3)])
    assert [isinstance(outcome, Receipt) for outcome in outcomes] == [True, True, False]
    assert isinstance(outcomes[0], Receipt)
    alice.till.submit(alice.void(outcomes[0].entry["id"]))
    assert alice.till.submit(alice.redeem(card, cake)).card.points == 700


def test_forgiven_points_do_not_come_back_by_another_void(alice: TillDriver) -> None:
    program = alice.program(type="points")
    card = alice.card(program)
    earned = alice.till.submit(alice.earn(card, 1050)).entry["id"]
    spent = alice.till.submit(alice.redeem_points(card, 8)).entry["id"]
    assert alice.till.submit(alice.void(earned)).card.points == 0
    assert alice.till.submit(alice.void(spent)).card.points == 0
    assert isinstance(refusal_of(alice, alice.redeem_points(card, 1)), NotEnoughPoints)


def test_a_correction_stands_in_the_audit_with_the_balance_before_and_after(
    alice: TillDriver,
) -> None:
    card = alice.card(alice.program(type="points"))
    alice.till.submit(alice.adjust(card, 40))
    alice.till.submit(alice.adjust(card, -15, note="Counted twice", request_id="r-1"))
    with alice.database.read() as session:
        event = session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
    assert event is not None
    assert (event.action, event.subject_id, event.request_id) == (
        "card.points_adjusted",
        card,
        "r-1",
    )
    assert event.old == {"points": 40}
    assert event.new is not None
    assert (event.new["points"], event.new["reason"]) == (25, "Counted twice")


@pytest.mark.parametrize("keeps", [True, False])
def test_origins_are_kept_only_when_the_vendor_wants_them(alice: TillDriver, keeps: bool) -> None:
    set_columns(alice, Vendor, alice.vendor_id, keeps_origins=keeps)
    here = Origin("192.0.2.7", "Browser", None)
    card = alice.card(alice.program(), origin=here)
    alice.till.submit(alice.stamp(card, origin=here))
    assert count(alice, TransactionOrigin) == (2 if keeps else 0)


def test_many_changes_of_a_card_leave_one_word_in_the_outbox(alice: TillDriver) -> None:
    card = alice.card(alice.program(type="points"))
    for _ in range(3):
        alice.till.submit(alice.earn(card, 100))
    with alice.database.read() as session:
        rows = session.scalars(select(OutboxRow)).all()
    assert [(row.topic, row.key, row.status) for row in rows] == [("card.changed", card, "waiting")]


def test_a_changed_program_counts_from_the_next_operation(alice: TillDriver) -> None:
    program = alice.program()
    card = alice.card(program)
    alice.till.submit(alice.stamp(card))
    set_columns(alice, LoyaltyProgram, program, cooldown_minutes=0, version=2)
    receipt = alice.till.submit(alice.stamp(card))
    assert (receipt.card.stamps, receipt.entry["program_version"]) == (2, 2)


def test_a_card_blocked_in_the_meantime_is_refused(alice: TillDriver) -> None:
    card = alice.card(alice.program())
    set_columns(alice, LoyaltyCard, card, status="blocked")
    assert isinstance(refusal_of(alice, alice.stamp(card)), CardBlocked)


def test_one_customer_holds_one_card_of_a_program(alice: TillDriver) -> None:
    program, other = alice.program(), alice.program()
    noe = NewCustomer(name="Noé", email="noe@example.com")
    held = alice.till.submit(alice.enrol(program, customer=noe)).card
    refused = refusal_of(alice, alice.enrol(program, customer=noe))
    assert isinstance(refused, CardAlreadyExists)
    assert refused.facts == {"card_id": held.id}
    known = replace(noe, phone="+352621000001", birthday="02-29")
    second = alice.till.submit(alice.enrol(other, customer=known)).card
    assert second.customer is not None
    assert second.customer["id"] == (held.customer or {})["id"]
    assert second.customer["phone"] == "+352621000001"
    assert count(alice, Customer) == 1


def test_twins_in_one_list_get_one_card(alice: TillDriver) -> None:
    program = alice.program()
    noe = NewCustomer(name="Noé", email="noe@example.com")
    neighbour = alice.enrol(program, customer=NewCustomer(name="Léa", email="lea@example.com"))
    twice = [alice.enrol(program, customer=noe) for _ in range(2)]
    outcomes = alice.till.submit_all([*twice, neighbour])
    assert isinstance(outcomes[0], Receipt)
    assert isinstance(outcomes[1], CardAlreadyExists)
    assert isinstance(outcomes[2], Receipt)


def test_an_address_and_a_phone_of_two_customers_are_a_conflict(alice: TillDriver) -> None:
    program = alice.program()
    alice.card(program, customer=NewCustomer(email="noe@example.com"))
    alice.card(program, customer=NewCustomer(phone="+352621000001"))
    both = NewCustomer(email="noe@example.com", phone="+352621000001")
    assert isinstance(refusal_of(alice, alice.enrol(program, customer=both)), ContactConflict)


def test_who_enrols_alone_learns_nothing_about_others(alice: TillDriver) -> None:
    program = alice.program(welcome_stamps=2)
    noe = NewCustomer(email="noe@example.com")
    alice.card(program, customer=noe)
    alone = alice.till.submit(alice.enrol(program, customer=noe, is_vouched=False)).card
    assert alone.stamps == 0
    assert alice.till.submit(alice.stamp(alone.id)).card.stamps == 3
