"""Rewards that single cards are given: collected once, ended, withdrawn, whatever else happens."""

from collections.abc import Iterator
from datetime import date

import pytest
from sqlalchemy import select

from punchcard.db.database import Database
from punchcard.kit.clock import ManualClock, SystemClock
from punchcard.kit.errors import DomainError, InvalidInput
from punchcard.kit.ids import CardId, GrantId, RewardId, SystemIds
from punchcard.loyalty.errors.cards import CardBlocked
from punchcard.loyalty.errors.grants import (
    GrantAlreadyGiven,
    GrantExpired,
    GrantNotFound,
    GrantRevoked,
    GrantUsed,
    NoGrant,
    SeveralGrants,
)
from punchcard.loyalty.errors.programs import (
    ProgramInactive,
    RewardNotAvailable,
    RewardNotFound,
)
from punchcard.loyalty.grant_models import Grant
from punchcard.loyalty.models import LoyaltyCard, LoyaltyProgram, Reward
from punchcard.loyalty.operations import Operation
from punchcard.loyalty.vocabulary import GrantState
from tests.support.audited_till_driver import audited_till_driver
from tests.support.drivers.till import TillDriver

TODAY = date(2026, 3, 2)


@pytest.fixture
def clock() -> ManualClock:
    """Stop the clock on a Monday morning."""
    from tests.support.drivers.rules import MONDAY

    return ManualClock(MONDAY)


@pytest.fixture
def alice(database: Database, clock: ManualClock) -> Iterator[TillDriver]:
    """Open Café Alice's counter; afterwards the books must be right."""
    with audited_till_driver(database, clock, SystemIds(SystemClock())) as counter:
        yield counter


def given(alice: TillDriver, card: CardId, reward: str, **more: object) -> GrantId:
    """Give a card a reward; returns the grant's id."""
    operation = alice.grant(card, reward, **more)  # type: ignore[arg-type]
    alice.till.submit(operation)
    return operation.grant_id


def grant_of(alice: TillDriver, grant_id: GrantId) -> Grant:
    with alice.database.read() as session:
        return session.get_one(Grant, grant_id)


def refused(alice: TillDriver, operation: Operation) -> DomainError:
    with pytest.raises(DomainError) as refusal:
        alice.till.submit(operation)
    return refusal.value


def change(alice: TillDriver, row: type, row_id: str, **values: object) -> None:
    with alice.database.write() as session:
        for name, value in values.items():
            setattr(session.get_one(row, row_id), name, value)


def stock_of(alice: TillDriver, reward: RewardId) -> int | None:
    with alice.database.read() as session:
        return session.get_one(Reward, reward).stock_left


def test_a_card_is_given_a_coffee_and_collects_it_once(alice: TillDriver) -> None:
    program = alice.program()
    coffee = alice.reward(program, name="A coffee", points_required=None, value_minor=350)
    card = alice.card(program)
    operation = alice.grant(card, coffee, expires_on=date(2026, 3, 31), note="Spilt the last one")
    receipt = alice.till.submit(operation)
    assert receipt.entry["type"] == "reward_granted"
    assert receipt.entry["details"] == {
        "grant_id": operation.grant_id,
        "reason": "apology",
        "expires_on": "2026-03-31",
        "grants": {
            operation.grant_id: {
                "reward_id": coffee,
                "name": "A coffee",
                "value_minor": 350,
                "expires_on": "2026-03-31",
            }
        },
    }
    assert receipt.card.grants_ready == 1
    assert [(one.name, one.grant_id) for one in receipt.card.ready] == [
        ("A coffee", operation.grant_id)
    ]
    row = grant_of(alice, operation.grant_id)
    assert (row.state, row.reason, row.note) == ("ready", "apology", "Spilt the last one")
    assert (row.reward_name, row.value_minor, row.expires_on) == (
        "A coffee",
        350,
        date(2026, 3, 31),
    )

    collected = alice.till.submit(alice.redeem_grant(card))

    assert (collected.entry["type"], collected.card.grants_ready) == ("grant_redeemed", 0)
    assert collected.card.lifetime_rewards == 1
    assert grant_of(alice, operation.grant_id).state == GrantState.USED
    assert isinstance(refused(alice, alice.redeem_grant(card, operation.grant_id)), GrantUsed)
    assert isinstance(refused(alice, alice.redeem_grant(card)), NoGrant)


def test_what_was_given_keeps_its_name_and_is_there_though_offered_no_more(
    alice: TillDriver, clock: ManualClock
) -> None:
    program = alice.program(type="points")
    cake = alice.reward(program, value_minor=450)
    card = alice.card(program)
    grant = given(alice, card, cake)
    change(alice, Reward, cake, name="A tart", archived_at=clock.now())

    receipt = alice.till.submit(alice.redeem_grant(card, grant))

    assert receipt.entry["reward"] == {"id": cake, "name": "A cake", "value_minor": 450}
    other = refused(alice, alice.grant(card, cake))
    assert (type(other), other.facts["reason"]) == (RewardNotAvailable, "archived")


def test_what_is_only_given_nobody_has_for_points(alice: TillDriver) -> None:
    program = alice.program(type="points", welcome_points=500)
    coffee = alice.reward(program, points_required=None)
    card = alice.card(program)
    refusal = refused(alice, alice.redeem(card, coffee))
    assert (type(refusal), refusal.facts["reason"]) == (RewardNotAvailable, "only_granted")


def test_giving_takes_no_stock_and_collecting_does(alice: TillDriver) -> None:
    program = alice.program(type="points")
    cake = alice.reward(program, stock_left=1)
    first, second = alice.cards(program, 2)
    given(alice, first, cake)
    given(alice, second, cake)
    with alice.database.read() as session:
        assert session.get_one(Reward, cake).stock_left == 1

    collected = alice.till.submit(alice.redeem_grant(first))

    refusal = refused(alice, alice.redeem_grant(second))
    assert (type(refusal), refusal.facts["reason"]) == (RewardNotAvailable, "out_of_stock")
    alice.till.submit(alice.void(collected.entry["id"]))
    assert alice.till.submit(alice.redeem_grant(second)).card.lifetime_rewards == 1


def test_a_voided_collection_gives_it_back_with_days_of_grace(
    alice: TillDriver, clock: ManualClock
) -> None:
    program = alice.program(return_grace_days=30)
    coffee = alice.reward(program, points_required=None, value_minor=350)
    card = alice.card(program)
    grant = given(alice, card, coffee, expires_on=date(2026, 3, 5))
    collected = alice.till.submit(alice.redeem_grant(card))

    voided = alice.till.submit(alice.void(collected.entry["id"]))

    assert (voided.card.grants_ready, voided.card.lifetime_rewards) == (1, 0)
    row = grant_of(alice, grant)
    assert (row.state, row.expires_on) == ("ready", date(2026, 4, 1))
    with alice.database.read() as session:
        standing = session.get_one(LoyaltyCard, card).standing or {}
    assert standing["grants"][grant]["value_minor"] == 350
    assert alice.till.submit(alice.redeem_grant(card, grant)).card.lifetime_rewards == 1


def test_it_is_good_on_its_last_day_and_ends_with_it(alice: TillDriver, clock: ManualClock) -> None:
    program = alice.program()
    coffee = alice.reward(program, points_required=None)
    card = alice.card(program)
    grant = given(alice, card, coffee, expires_on=TODAY)
    clock.advance(days=1)

    receipt = alice.till.submit(alice.stamp(card))

    assert receipt.card.grants_ready == 0
    assert grant_of(alice, grant).state == GrantState.EXPIRED
    assert isinstance(refused(alice, alice.redeem_grant(card, grant)), GrantExpired)


@pytest.mark.parametrize("verb", ["collected", "withdrawn", "set aside"])
def test_what_has_ended_is_refused_for_that_though_nobody_had_booked_it(
    alice: TillDriver, clock: ManualClock, verb: str
) -> None:
    program = alice.program()
    coffee = alice.reward(program, points_required=None)
    card = alice.card(program)
    grant = given(alice, card, coffee, expires_on=TODAY)
    clock.advance(days=1)
    asked: dict[str, Operation] = {
        "collected": alice.redeem_grant(card, grant),
        "withdrawn": alice.revoke(card, grant),
        "set aside": alice.reserve(card, grant_id=grant),
    }
    assert isinstance(refused(alice, asked[verb]), GrantExpired)


@pytest.mark.parametrize("ends", [date(2026, 3, 1), date(2100, 1, 1)])
def test_it_ends_neither_in_the_past_nor_in_ages(alice: TillDriver, ends: date) -> None:
    program = alice.program()
    coffee = alice.reward(program, points_required=None)
    refusal = refused(alice, alice.grant(alice.card(program), coffee, expires_on=ends))
    assert isinstance(refusal, InvalidInput)


def test_what_was_withdrawn_is_not_collected(alice: TillDriver) -> None:
    program = alice.program()
    coffee = alice.reward(program, points_required=None)
    card = alice.card(program)
    grant = given(alice, card, coffee)
    alice.till.submit(alice.revoke(card, grant))
    assert grant_of(alice, grant).state == GrantState.REVOKED
    assert isinstance(refused(alice, alice.redeem_grant(card, grant)), GrantRevoked)
    assert isinstance(refused(alice, alice.revoke(card, grant)), GrantRevoked)


def test_of_one_reward_what_ends_first_goes_first_and_of_several_one_is_named(
    alice: TillDriver,
) -> None:
    program = alice.program()
    coffee = alice.reward(program, points_required=None)
    card = alice.card(program)
    later = given(alice, card, coffee, expires_on=date(2026, 5, 1))
    sooner = given(alice, card, coffee, expires_on=date(2026, 4, 1))
    given(alice, card, coffee)
    assert alice.till.submit(alice.redeem_grant(card)).entry["details"]["grant_id"] == sooner
    given(alice, card, alice.reward(program, name="A tart", points_required=None))
    refusal = refused(alice, alice.redeem_grant(card))
    assert (type(refusal), refusal.facts) == (SeveralGrants, {"grants": 3})
    assert alice.till.submit(alice.redeem_grant(card, later)).card.grants_ready == 2


def test_a_key_gives_something_once_whatever_became_of_it(alice: TillDriver) -> None:
    program = alice.program()
    coffee = alice.reward(program, points_required=None)
    card, other = alice.cards(program, 2)
    grant = given(alice, card, coffee, once_key="birthday 2026")
    alice.till.submit(alice.redeem_grant(card))
    again = refused(alice, alice.grant(card, coffee, once_key="birthday 2026"))
    assert (type(again), again.facts) == (GrantAlreadyGiven, {"grant_id": grant})
    given(alice, other, coffee, once_key="birthday 2026")
    given(alice, card, coffee, once_key="birthday 2027")


def test_what_one_batch_gives_it_also_collects(alice: TillDriver) -> None:
    program = alice.program()
    coffee = alice.reward(program, points_required=None, stock_left=2)
    card = alice.card(program)
    grant = alice.grant(card, coffee, once_key="k")
    outcomes = alice.till.submit_all(
        [
            grant,
            alice.redeem_grant(card),
            alice.redeem_grant(card, grant.grant_id),
            alice.grant(card, coffee, once_key="k"),
        ]
    )
    assert [type(one).__name__ for one in outcomes] == [
        "Receipt",
        "Receipt",
        "GrantUsed",
        "GrantAlreadyGiven",
    ]


def test_blocked_cards_and_closed_programs_are_given_nothing_and_collect_nothing(
    alice: TillDriver,
) -> None:
    program = alice.program()
    coffee = alice.reward(program, points_required=None)
    card = alice.card(program)
    grant = given(alice, card, coffee)
    change(alice, LoyaltyCard, card, status="blocked")
    assert isinstance(refused(alice, alice.grant(card, coffee)), CardBlocked)
    assert isinstance(refused(alice, alice.redeem_grant(card)), CardBlocked)
    change(alice, LoyaltyCard, card, status="active")
    change(alice, LoyaltyProgram, program, status="inactive", version=2)
    assert isinstance(refused(alice, alice.grant(card, coffee)), ProgramInactive)
    assert isinstance(refused(alice, alice.redeem_grant(card)), ProgramInactive)
    alice.till.submit(alice.revoke(card, grant))


def test_rewards_and_grants_of_others_are_unknown(alice: TillDriver) -> None:
    program, other = alice.program(), alice.program()
    coffee = alice.reward(other, points_required=None)
    card, elsewhere = alice.card(program), alice.card(other)
    assert isinstance(refused(alice, alice.grant(card, coffee)), RewardNotFound)
    grant = given(alice, elsewhere, coffee)
    assert isinstance(refused(alice, alice.redeem_grant(card, grant)), GrantNotFound)


def test_codes_are_all_different(alice: TillDriver) -> None:
    program = alice.program()
    coffee = alice.reward(program, points_required=None)
    card = alice.card(program)
    for _ in range(20):
        given(alice, card, coffee)
    with alice.database.read() as session:
        codes = session.scalars(select(Grant.code)).all()
    assert len(set(codes)) == 20
    assert {len(code) for code in codes} == {10}


def test_a_list_that_merges_takes_what_came_along_off_the_shelf(alice: TillDriver) -> None:
    program = alice.program()
    cake = alice.reward(program, points_required=None, stock_left=1)
    mine, found, other = alice.cards(program, 3)
    alice.till.submit_all([alice.grant(found, cake), alice.grant(other, cake)])
    collected = alice.redeem_grant(mine)
    receipts = alice.till.submit_all([alice.merge(mine, found), collected])
    assert [one for one in receipts if isinstance(one, DomainError)] == []
    assert stock_of(alice, cake) == 0
    assert isinstance(refused(alice, alice.redeem_grant(other)), RewardNotAvailable)


def test_a_list_that_reaches_a_tier_takes_what_that_gives_off_the_shelf(alice: TillDriver) -> None:
    program = alice.program(type="points")
    cake = alice.reward(program, points_required=None, stock_left=1)
    with alice.database.write() as session:
        row = session.get_one(LoyaltyProgram, program)
        gold = {"key": "gold", "name": "Gold", "threshold": 10, "earn_factor": "1.000"}
        basic = {**gold, "key": "basic", "threshold": 0, "grants": []}
        row.tiers = [basic, {**gold, "grants": [cake]}]
        row.tier_rules = {"basis": "points", "window": "lifetime"}
        row.version += 1
    card = alice.card(program)
    receipts = alice.till.submit_all([alice.earn(card, 1000), alice.redeem_grant(card)])
    assert [one for one in receipts if isinstance(one, DomainError)] == []
    assert stock_of(alice, cake) == 0
