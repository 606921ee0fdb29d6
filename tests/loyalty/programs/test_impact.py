"""Before rules change: how many customers win, and how many lose."""

from datetime import timedelta
from typing import Any

import pytest

from punchcard.accounts.subjects import SYSTEM
from punchcard.kit.ids import CardId
from punchcard.loyalty.cards import card_changes
from punchcard.loyalty.models import LoyaltyProgram, Reward
from punchcard.loyalty.operations import Actor, OperationMetadata
from punchcard.loyalty.programs import impact_service
from punchcard.loyalty.programs.impact_service import Impact
from punchcard.loyalty.till import points_service, stamp_service
from punchcard.loyalty.vocabulary import ActorKind, ProgramStatus
from tests.conftest import MONDAY_MORNING
from tests.loyalty import shelf
from tests.support.cast import Shop, by_operator

HYBRID: dict[str, Any] = {
    "type": "hybrid",
    "status": "active",
    "pin_policy": "off",
    "cooldown_minutes": 0,
    "max_daily_stamps": 50,
    "stamps_target": 10,
    "stamp_reward": {"name": "A coffee"},
}


def card_with(shop: Shop, program: LoyaltyProgram, *, stamps: int = 0, points: int = 0) -> CardId:
    card_id = shelf.opened_card(shop, program)
    till = shop.context.loyalty.till
    by: OperationMetadata = {"vendor_id": shop.id, "actor": Actor(ActorKind(SYSTEM.kind), None)}
    if stamps:
        stamp_service.add_stamp(till, card_id, quantity=stamps, **by)
    if points:
        points_service.earn_points(till, card_id, amount_minor=points * 100, **by)
    return card_id


@pytest.fixture
def program(alice: Shop) -> LoyaltyProgram:
    """Open a program with cards of 4, 8 and 12 stamps, and of 90 points."""
    made = shelf.program(alice, **HYBRID)
    for stamps in (4, 8, 12):
        card_with(alice, made, stamps=stamps)
    card_with(alice, made, points=90)
    return made


def impacts(shop: Shop, program: LoyaltyProgram, **fields: Any) -> list[Impact]:
    with shop.context.database.read() as session:
        return impact_service.impacts_of_program(session, program, fields)


def test_a_smaller_card_is_full_at_once_for_some(alice: Shop, program: LoyaltyProgram) -> None:
    (impact,) = impacts(alice, program, stamps_target=6)
    # Eight stamps fill it once, twelve twice instead of once.
    assert (impact.cards, impact.winners, impact.losers) == (4, 2, 0)
    assert (impact.before, impact.after) == (10, 6)


def test_a_larger_card_is_full_no_more_for_some(alice: Shop, program: LoyaltyProgram) -> None:
    (impact,) = impacts(alice, program, stamps_target=15)
    assert (impact.winners, impact.losers) == (0, 1)


def test_another_rate_takes_nothing_from_anybody(alice: Shop, program: LoyaltyProgram) -> None:
    (impact,) = impacts(alice, program, points_per_currency_unit=2)
    assert (impact.matter, impact.cards) == ("points_per_currency_unit", 4)
    assert (impact.winners, impact.losers) == (0, 0)


def test_the_same_rules_and_other_words_concern_no_card(
    alice: Shop, program: LoyaltyProgram
) -> None:
    assert impacts(alice, program, stamps_target=10, name="Another name") == []


def test_rules_without_a_card_concern_nobody(alice: Shop, bob: Shop) -> None:
    card_with(bob, shelf.program(bob, **HYBRID), stamps=8)
    assert impacts(alice, shelf.program(alice, **HYBRID), stamps_target=5) == []


def test_a_blocked_card_is_concerned_too(alice: Shop, program: LoyaltyProgram) -> None:
    blocked = card_with(alice, program, stamps=8)
    with alice.context.database.write() as session:
        card_changes.block_card(session, by_operator(alice.context), alice.id, blocked)
    with alice.context.database.read() as session:
        assert impact_service.running_cards(session, program.id) == 5


def impacts_of(shop: Shop, reward: Reward, **fields: Any) -> list[Impact]:
    """Return what it means to change these fields of a reward, whose name stays."""
    given = {"name": reward.name, "points_required": reward.points_required, **fields}
    now = shop.context.clock.now()
    with shop.context.database.read() as session:
        program = session.get_one(LoyaltyProgram, reward.program_id)
        row = session.get_one(Reward, reward.id)
        return impact_service.impacts_of_reward(session, program, row, given, now=now)


def losers_of_archiving(shop: Shop, reward: Reward) -> int:
    now = shop.context.clock.now()
    with shop.context.database.read() as session:
        program = session.get_one(LoyaltyProgram, reward.program_id)
        row = session.get_one(Reward, reward.id)
        return impact_service.impact_of_archiving(session, program, row, now=now).losers


def redeemed(shop: Shop, card_id: CardId, reward: Reward) -> None:
    by: OperationMetadata = {"vendor_id": shop.id, "actor": Actor(ActorKind.SYSTEM, None)}
    points_service.redeem_points(
        shop.context.loyalty.till, card_id, reward_id=reward.id, points=None, **by
    )


def test_a_dearer_reward_slips_out_of_reach_for_some(alice: Shop, program: LoyaltyProgram) -> None:
    cup = shelf.reward(alice, program.id, name="A cup", points_required=80)
    (dearer,) = impacts_of(alice, cup, points_required=100)
    assert impacts_of(alice, cup) == []
    (cheaper,) = impacts_of(alice, cup, points_required=50)
    assert (dearer.winners, dearer.losers) == (0, 1)
    assert (cheaper.winners, cheaper.losers) == (0, 0)
    assert losers_of_archiving(alice, cup) == 1


HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    "shut",
    [
        {"stock_left": 0},
        {"valid_from": MONDAY_MORNING + HOUR},
        {"valid_until": MONDAY_MORNING - HOUR, "valid_from": MONDAY_MORNING - 2 * HOUR},
    ],
    ids=["sold out", "not yet", "over"],
)
def test_nobody_loses_or_wins_a_reward_that_nobody_can_have(
    alice: Shop, program: LoyaltyProgram, shut: dict[str, Any]
) -> None:
    cup = shelf.reward(alice, program.id, points_required=80, **shut)
    (dearer,) = impacts_of(alice, cup, points_required=100)
    (cheaper,) = impacts_of(alice, cup, points_required=50)
    assert (dearer.losers, cheaper.winners) == (0, 0)
    assert losers_of_archiving(alice, cup) == 0
    (renamed,) = impacts_of(alice, cup, name="A mug")
    assert (renamed.cards, renamed.losers) == (4, 0)


def test_who_has_had_a_reward_as_often_as_a_card_may_neither_wins_nor_loses(
    alice: Shop, program: LoyaltyProgram
) -> None:
    cup = shelf.reward(alice, program.id, points_required=80, per_card_limit=1)
    had, _not_yet = (card_with(alice, program, points=200) for _ in range(2))
    redeemed(alice, had, cup)
    # 120 points are left, which were enough but for the limit.
    (dearer,) = impacts_of(alice, cup, points_required=300)
    assert (dearer.cards, dearer.losers) == (6, 2)
    (cheaper,) = impacts_of(alice, cup, points_required=10)
    assert cheaper.winners == 0
    assert losers_of_archiving(alice, cup) == 2


def test_fewer_times_a_card_sold_out_or_over_is_told_where_cards_lose_by_it(
    alice: Shop, program: LoyaltyProgram
) -> None:
    cup = shelf.reward(alice, program.id, points_required=80)
    had = card_with(alice, program, points=200)
    redeemed(alice, had, cup)
    (limited,) = impacts_of(alice, cup, per_card_limit=1)
    assert (limited.matter, limited.losers) == ("availability", 1)
    (sold_out,) = impacts_of(alice, cup, stock_left=0)
    (over,) = impacts_of(alice, cup, valid_until=MONDAY_MORNING)
    assert (sold_out.losers, over.losers) == (2, 2)
    # What takes nothing from anybody asks nothing.
    assert impacts_of(alice, cup, per_card_limit=2, stock_left=5) == []


def test_blocked_cards_and_programs_that_are_off_collect_nothing(
    alice: Shop, program: LoyaltyProgram
) -> None:
    cup = shelf.reward(alice, program.id, points_required=80)
    blocked = card_with(alice, program, stamps=12, points=200)
    with alice.context.database.write() as session:
        card_changes.block_card(session, by_operator(alice.context), alice.id, blocked)
    (larger,) = impacts(alice, program, stamps_target=15)
    assert (larger.cards, larger.losers) == (5, 1)
    assert losers_of_archiving(alice, cup) == 1
    with alice.context.database.write() as session:
        session.get_one(LoyaltyProgram, program.id).status = ProgramStatus.INACTIVE
    assert losers_of_archiving(alice, cup) == 0


def test_another_reward_for_a_full_card_concerns_those_who_have_one(alice: Shop) -> None:
    program = shelf.program(
        alice,
        **{"stamps_target": 2, "pin_policy": "off", "stamp_reward": {"name": "A coffee"}},
        status="active",
    )
    full, _empty = (shelf.opened_card(alice, program) for _ in range(2))
    by: OperationMetadata = {"vendor_id": alice.id, "actor": Actor(ActorKind.SYSTEM, None)}
    stamp_service.add_stamp(alice.context.loyalty.till, full, quantity=2, **by)
    with alice.context.database.read() as session:
        row = session.get_one(LoyaltyProgram, program.id)

        def impacts(name: str) -> list[impact_service.Impact]:
            fields = {"stamp_reward": {"name": name, "value_minor": 300}}
            return impact_service.impacts_of_program(session, row, fields)

        assert impacts("A coffee") == []
        (renamed,) = impacts("A tea")
    assert (renamed.before, renamed.after) == ("A coffee", "A tea")
    assert (renamed.cards, renamed.losers) == (2, 1)


def test_a_reward_on_the_way_that_moves_is_reached_by_others(
    alice: Shop, program: LoyaltyProgram
) -> None:
    coffee = {"at": 10, "name": "A coffee"}
    (impact,) = impacts(alice, program, stamp_rewards=[{"at": 4, "name": "A cookie"}, coffee])
    assert (impact.matter, impact.before, impact.after) == ("stamp_rewards", "", "4")
    assert (impact.winners, impact.losers) == (3, 0)


def test_a_reward_on_the_way_that_goes_takes_something_from_those_who_reached_it(
    alice: Shop,
) -> None:
    rewards = [{"at": 4, "name": "A cookie"}, {"at": 10, "name": "A coffee"}]
    made = shelf.program(alice, **{**HYBRID, "stamp_rewards": rewards})
    for stamps in (3, 4, 9):
        card_with(alice, made, stamps=stamps)
    (impact,) = impacts(alice, made, stamp_rewards=None)
    assert (impact.before, impact.after, impact.winners, impact.losers) == ("4", "", 0, 2)
    (moved,) = impacts(alice, made, stamp_rewards=[{**rewards[0], "at": 9}, rewards[1]])
    assert (moved.winners, moved.losers) == (0, 1)
