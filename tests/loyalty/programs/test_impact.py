"""Before rules change: how many customers win, and how many lose."""

from typing import Any

import pytest

from punchcard.accounts.subjects import SYSTEM
from punchcard.kit.ids import CardId
from punchcard.loyalty.cards import card_changes
from punchcard.loyalty.models import LoyaltyProgram
from punchcard.loyalty.operations import Actor, OperationMetadata
from punchcard.loyalty.programs import impact_service, reward_service
from punchcard.loyalty.programs.impact_service import Impact
from punchcard.loyalty.till import points_service, stamp_service
from punchcard.loyalty.vocabulary import ActorKind
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


def test_a_dearer_reward_slips_out_of_reach_for_some(alice: Shop, program: LoyaltyProgram) -> None:
    context = alice.context
    with context.database.write() as session:
        fields = {"name": "A cup", "points_required": 80}
        reward = reward_service.create_reward(
            session, by_operator(context), alice.id, program.id, fields
        )
    with context.database.read() as session:
        same = {"name": reward.name, "points_required": 80}
        (dearer,) = impact_service.impacts_of_reward(
            session, reward, {**same, "points_required": 100}
        )
        assert impact_service.impacts_of_reward(session, reward, same) == []
        (cheaper,) = impact_service.impacts_of_reward(
            session, reward, {**same, "points_required": 50}
        )
        archived = impact_service.impact_of_archiving(session, reward)
    assert (dearer.winners, dearer.losers) == (0, 1)
    assert (cheaper.winners, cheaper.losers) == (0, 0)
    assert (archived.losers, archived.after) == (1, None)


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
