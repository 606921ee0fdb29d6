"""What cards set aside: out of the balance and off the shelf, then used or back with its dates."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from punchcard.db.database import Database
from punchcard.kit.clock import ManualClock, SystemClock
from punchcard.kit.errors import DomainError, InvalidInput
from punchcard.kit.ids import CardId, ReservationId, SystemIds
from punchcard.loyalty.errors.balances import NotEnoughPoints, RedemptionBelowMinimum
from punchcard.loyalty.errors.cards import CardBlocked, NothingDue
from punchcard.loyalty.errors.grants import (
    GrantReserved,
    ReservationConfirmed,
    ReservationExpired,
    ReservationLimitReached,
    ReservationNotFound,
    ReservationReleased,
)
from punchcard.loyalty.errors.programs import ProgramInactive, RewardNotAvailable
from punchcard.loyalty.grant_models import Grant, Reservation
from punchcard.loyalty.models import LoyaltyCard, LoyaltyProgram, Reward
from punchcard.loyalty.operations import CardKey, CardRef, Operation, ReleaseExpired
from tests.support.audited_till_driver import audited_till_driver
from tests.support.drivers.rules import MONDAY
from tests.support.drivers.till import BY_TILL, TillDriver


@pytest.fixture
def clock() -> ManualClock:
    """Stop the clock on a Monday morning."""
    return ManualClock(MONDAY)


@pytest.fixture
def alice(database: Database, clock: ManualClock) -> Iterator[TillDriver]:
    """Open Café Alice's counter; afterwards the books must be right."""
    with audited_till_driver(database, clock, SystemIds(SystemClock())) as counter:
        yield counter


def reserved(alice: TillDriver, card: CardId, **what: Any) -> ReservationId:
    """Set something aside; returns the reservation's id."""
    operation = alice.reserve(card, **what)
    alice.till.submit(operation)
    return operation.reservation_id


def refused(alice: TillDriver, operation: Operation) -> DomainError:
    with pytest.raises(DomainError) as refusal:
        alice.till.submit(operation)
    return refusal.value


def state_of(alice: TillDriver, reservation: ReservationId) -> str:
    with alice.database.read() as session:
        return str(session.get_one(Reservation, reservation).state)


def stock_of(alice: TillDriver, reward: Any) -> int | None:
    with alice.database.read() as session:
        return session.get_one(Reward, reward).stock_left


def change(alice: TillDriver, row: type, row_id: str, **values: object) -> None:
    with alice.database.write() as session:
        for name, value in values.items():
            setattr(session.get_one(row, row_id), name, value)


def test_reserved_points_are_outside_the_balance_and_then_used(alice: TillDriver) -> None:
    program = alice.program(type="points", welcome_points=150)
    card = alice.card(program)
    operation = alice.reserve(card, points=100, reference="order 7")
    receipt = alice.till.submit(operation)
    assert (receipt.entry["points_delta"], receipt.card.points) == (-100, 50)
    assert receipt.entry["reference"] == "order 7"
    refusal = refused(alice, alice.redeem_points(card, 60))
    assert (type(refusal), refusal.facts) == (NotEnoughPoints, {"points_missing": 10})

    confirmed = alice.till.submit(alice.confirm(card, operation.reservation_id))

    assert (confirmed.entry["points_delta"], confirmed.card.points) == (0, 50)
    assert state_of(alice, operation.reservation_id) == "confirmed"
    again = refused(alice, alice.confirm(card, operation.reservation_id))
    assert isinstance(again, ReservationConfirmed)
    assert isinstance(
        refused(alice, alice.release(card, operation.reservation_id)), ReservationConfirmed
    )


def test_of_reserved_points_a_part_is_used_and_the_rest_comes_back(alice: TillDriver) -> None:
    card = alice.card(alice.program(type="points", welcome_points=150))
    first = reserved(alice, card, points=100)
    too_many = refused(alice, alice.confirm(card, first, points=101))
    assert isinstance(too_many, InvalidInput)
    confirmed = alice.till.submit(alice.confirm(card, first, points=30))
    assert (confirmed.entry["points_delta"], confirmed.card.points) == (70, 120)
    assert confirmed.entry["details"]["points"] == 30


def test_what_comes_back_has_the_dates_it_had(alice: TillDriver, clock: ManualClock) -> None:
    expiry = {"kind": "fixed", "months": 1, "round_to": "day"}
    card = alice.card(alice.program(type="points", points_expiry=expiry))
    alice.till.submit(alice.earn(card, 1000))
    clock.advance(days=10)
    alice.till.submit(alice.earn(card, 1000))
    part = reserved(alice, card, points=15)
    # Of what was set aside the first to end is used first.
    receipt = alice.till.submit(alice.confirm(card, part, points=8))
    assert receipt.card.expiring == [(2, "2026-04-02"), (10, "2026-04-12")]
    whole = reserved(alice, card, points=12)
    released = alice.till.submit(alice.release(card, whole))
    assert released.card.expiring == [(2, "2026-04-02"), (10, "2026-04-12")]
    assert isinstance(refused(alice, alice.confirm(card, whole)), ReservationReleased)


def test_points_that_end_while_they_are_reserved_may_be_used_and_do_not_outlive_it(
    alice: TillDriver, clock: ManualClock
) -> None:
    expiry = {"kind": "fixed", "months": 1, "round_to": "day"}
    program = alice.program(type="points", points_expiry=expiry)
    used, given_up = alice.cards(program, 2)
    for card in (used, given_up):
        alice.till.submit(alice.earn(card, 1000))
    clock.advance(days=31, hours=10)
    kept = [
        reserved(alice, card, points=10, expires_in_seconds=86_400) for card in (used, given_up)
    ]
    clock.advance(hours=8)
    assert clock.now().date() == date(2026, 4, 3)

    assert alice.till.submit(alice.confirm(used, kept[0])).card.lifetime_points == 10
    assert alice.till.submit(alice.release(given_up, kept[1])).card.points == 0

    refusal = refused(alice, alice.redeem_points(given_up, 1))
    assert isinstance(refusal, NotEnoughPoints)


def test_a_reserved_reward_is_off_the_shelf_and_counts_for_the_card(alice: TillDriver) -> None:
    program = alice.program(type="points", welcome_points=500)
    cake = alice.reward(program, stock_left=1, per_card_limit=1, value_minor=450)
    first, second = alice.cards(program, 2)
    reservation = reserved(alice, first, reward_id=cake)
    assert stock_of(alice, cake) == 0
    refusal = refused(alice, alice.redeem(second, cake))
    assert refusal.facts == {"reason": "out_of_stock"}
    change(alice, Reward, cake, stock_left=5)
    limit = refused(alice, alice.redeem(first, cake))
    assert limit.facts == {"reason": "card_limit_reached"}

    receipt = alice.till.submit(alice.confirm(first, reservation))

    assert receipt.entry["reward"] == {"id": cake, "name": "A cake", "value_minor": 450}
    assert (receipt.card.points, receipt.card.lifetime_rewards) == (400, 1)
    assert refused(alice, alice.redeem(first, cake)).facts == {"reason": "card_limit_reached"}
    assert stock_of(alice, cake) == 5


def test_a_released_reward_is_there_again(alice: TillDriver) -> None:
    program = alice.program(type="points", welcome_points=500)
    cake = alice.reward(program, stock_left=1, per_card_limit=1)
    card = alice.card(program)
    reservation = reserved(alice, card, reward_id=cake)
    released = alice.till.submit(alice.release(card, reservation))
    assert (released.card.points, stock_of(alice, cake)) == (500, 1)
    assert alice.till.submit(alice.redeem(card, cake)).card.points == 400


def test_what_was_checked_when_it_was_reserved_refuses_nothing_later(
    alice: TillDriver, clock: ManualClock
) -> None:
    program = alice.program(type="points", welcome_points=500, pin_policy="required")
    cake = alice.reward(program)
    card = alice.card(program, staff=(anna := alice.staff()))
    reservation = reserved(alice, card, reward_id=cake, staff=anna)
    change(alice, LoyaltyProgram, program, status="inactive", version=2)
    change(alice, Reward, cake, archived_at=clock.now())
    change(alice, LoyaltyCard, card, status="blocked")
    assert alice.till.submit(alice.confirm(card, reservation)).card.points == 400


def test_what_would_refuse_a_redemption_refuses_a_reservation(alice: TillDriver) -> None:
    program = alice.program(type="points", welcome_points=50, minimum_redemption_points=20)
    cake = alice.reward(program, stock_left=0)
    card = alice.card(program)
    assert isinstance(refused(alice, alice.reserve(card, points=10)), RedemptionBelowMinimum)
    assert isinstance(refused(alice, alice.reserve(card, points=60)), NotEnoughPoints)
    assert isinstance(refused(alice, alice.reserve(card, reward_id=cake)), RewardNotAvailable)
    change(alice, LoyaltyCard, card, status="blocked")
    assert isinstance(refused(alice, alice.reserve(card, points=30)), CardBlocked)
    change(alice, LoyaltyCard, card, status="active")
    change(alice, LoyaltyProgram, program, status="inactive", version=2)
    assert isinstance(refused(alice, alice.reserve(card, points=30)), ProgramInactive)


@pytest.mark.parametrize("expires_on", [date(2026, 3, 31), None])
def test_a_reserved_grant_waits_for_its_reservation(
    alice: TillDriver, expires_on: date | None
) -> None:
    program = alice.program()
    coffee = alice.reward(program, points_required=None, stock_left=1)
    card = alice.card(program)
    grant = alice.grant(card, coffee, expires_on=expires_on)
    alice.till.submit(grant)
    reservation = reserved(alice, card, grant_id=grant.grant_id)
    assert stock_of(alice, coffee) == 0
    assert isinstance(refused(alice, alice.redeem_grant(card, grant.grant_id)), GrantReserved)
    assert isinstance(refused(alice, alice.revoke(card, grant.grant_id)), GrantReserved)
    released = alice.till.submit(alice.release(card, reservation))
    assert (released.card.grants_ready, stock_of(alice, coffee)) == (1, 1)

    confirmed = alice.till.submit(
        alice.confirm(card, reserved(alice, card, grant_id=grant.grant_id))
    )

    assert (confirmed.card.grants_ready, confirmed.card.lifetime_rewards) == (0, 1)
    with alice.database.read() as session:
        assert session.get_one(Grant, grant.grant_id).state == "used"


def test_what_nobody_used_in_time_comes_back_before_anything_else(
    alice: TillDriver, clock: ManualClock
) -> None:
    program = alice.program(type="points", welcome_points=100)
    cake = alice.reward(program, stock_left=1)
    card = alice.card(program)
    reservation = reserved(alice, card, reward_id=cake)
    clock.advance(seconds=899)
    assert isinstance(refused(alice, alice.redeem_points(card, 1)), NotEnoughPoints)
    clock.advance(seconds=1)

    # The last cake, and all points: both are back when it is asked for.
    receipt = alice.till.submit(alice.redeem(card, cake))

    assert (receipt.entry["type"], receipt.card.points) == ("points_redeemed", 0)
    assert (state_of(alice, reservation), stock_of(alice, cake)) == ("expired", 0)
    assert isinstance(refused(alice, alice.confirm(card, reservation)), ReservationExpired)
    assert isinstance(refused(alice, alice.release(card, reservation)), ReservationExpired)


def test_a_grant_that_ended_while_it_was_reserved_ends_when_it_comes_back(
    alice: TillDriver, clock: ManualClock
) -> None:
    program = alice.program()
    coffee = alice.reward(program, points_required=None)
    card = alice.card(program)
    grant = alice.grant(card, coffee, expires_on=date(2026, 3, 2))
    alice.till.submit(grant)
    reserved(alice, card, grant_id=grant.grant_id, expires_in_seconds=60)
    clock.advance(days=1)
    receipt = alice.till.submit(alice.stamp(card))
    assert receipt.card.grants_ready == 0
    with alice.database.read() as session:
        assert session.get_one(Grant, grant.grant_id).state == "expired"


def test_the_worker_gives_back_what_no_operation_came_for(
    alice: TillDriver, clock: ManualClock
) -> None:
    card = alice.card(alice.program(type="points", welcome_points=100))
    reservation = reserved(alice, card, points=40)
    release = ReleaseExpired(
        vendor_id=alice.vendor_id, actor=BY_TILL, card=CardRef(CardKey.ID, card)
    )
    assert isinstance(refused(alice, release), NothingDue)
    clock.advance(minutes=15)
    assert alice.till.submit(release).card.points == 100
    assert state_of(alice, reservation) == "expired"


def test_a_list_reserves_and_confirms_in_one_batch(alice: TillDriver) -> None:
    program = alice.program(type="points", welcome_points=300)
    cake = alice.reward(program, stock_left=2)
    card = alice.card(program)
    first, second = alice.reserve(card, reward_id=cake), alice.reserve(card, reward_id=cake)
    third = alice.reserve(card, reward_id=cake)
    outcomes = alice.till.submit_all(
        [
            first,
            second,
            third,
            alice.confirm(card, first.reservation_id),
            alice.release(card, second.reservation_id),
            alice.release(card, second.reservation_id),
        ]
    )
    assert [type(one).__name__ for one in outcomes] == [
        *("Receipt", "Receipt", "RewardNotAvailable", "Receipt", "Receipt"),
        "ReservationReleased",
    ]
    assert stock_of(alice, cake) == 1


def test_a_card_keeps_only_so_much_aside(alice: TillDriver) -> None:
    card = alice.card(alice.program(type="points", welcome_points=100))
    for _ in range(20):
        reserved(alice, card, points=1)
    refusal = refused(alice, alice.reserve(card, points=1))
    assert (type(refusal), refusal.facts) == (ReservationLimitReached, {"max_reservations": 20})


def test_reservations_of_other_cards_are_unknown(alice: TillDriver) -> None:
    first, second = alice.cards(alice.program(type="points", welcome_points=100), 2)
    reservation = reserved(alice, first, points=1)
    assert isinstance(refused(alice, alice.confirm(second, reservation)), ReservationNotFound)
