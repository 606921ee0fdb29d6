"""Voids: what was done by mistake is undone once, as far as the program's policy allows."""

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest

from punchcard.loyalty.errors.balances import PointsAlreadySpent, StampsAlreadySpent
from punchcard.loyalty.errors.till import AlreadyVoided, NotVoidable, TransactionNotFound
from punchcard.loyalty.rules import decide
from punchcard.loyalty.rules.values import CardState, Decision, Forgiven, History, ProgramRules
from tests.support.drivers.rules import (
    CAKE,
    ENTRY,
    MONDAY,
    cake,
    card,
    past,
    points_program,
    program,
    redeem_cake,
    redeem_stamps,
    stamp,
    stamped_at,
    void,
)

REWARD = {"id": CAKE, "name": "A cake", "value_minor": 1200}
LATER = MONDAY + timedelta(minutes=5)


def voided(
    rules: ProgramRules, held: CardState, history: History | None = None, **entry: Any
) -> Decision:
    """Void an entry of which only what it moved is told."""
    history = replace(history or History(), entry=past(**entry))
    return decide(void(), rules, held, LATER, history)


def test_a_voided_stamp_leaves_the_card_and_its_lifetime() -> None:
    held = card(stamps=3, lifetime_stamps=13)
    [(entry, after)] = voided(program(), held, type="stamp_earned", stamps_delta=2).steps
    assert (entry.type, entry.stamps_delta, entry.points_delta) == ("voided", -2, 0)
    assert (entry.voids, entry.voided_type) == (ENTRY, "stamp_earned")
    assert (after.stamps, after.lifetime_stamps) == (1, 11)


def test_a_voided_stamp_frees_the_cooldown_and_the_day() -> None:
    rules = program(max_daily_stamps=1)
    held = decide(stamp(), rules, card(), MONDAY).card
    freed = voided(rules, held, type="stamp_earned", stamps_delta=1).card
    assert (freed.last_stamp_at, freed.stamps_on_day) == (None, 0)
    assert decide(stamp(), rules, freed, LATER).card.stamps == 1


def test_after_a_voided_stamp_the_one_before_it_counts_again() -> None:
    earlier = MONDAY - timedelta(minutes=10)
    rules = program(cooldown=timedelta(minutes=5))
    held = decide(stamp(2), rules, card(), earlier).card
    held = decide(stamp(), rules, held, MONDAY).card
    history = stamped_at(earlier, quantity=2)
    freed = voided(rules, held, history, type="stamp_earned", stamps_delta=1).card
    assert (freed.last_stamp_at, freed.stamps_on_day) == (earlier, 2)


def test_a_voided_redemption_of_a_full_card_gives_its_stamps_back() -> None:
    held = decide(redeem_stamps(), program(), card(stamps=12), MONDAY).card
    after = voided(program(), held, type="stamps_redeemed", stamps_delta=-10).card
    assert (after.stamps, after.lifetime_rewards) == (12, 0)


def test_a_void_is_no_visit() -> None:
    held = card(stamps=3, last_activity_at=MONDAY, is_welcome_due=True)
    after = voided(program(welcome_stamps=2), held, type="stamp_earned", stamps_delta=1).card
    assert after.last_activity_at == MONDAY
    assert after.is_welcome_due


def test_a_voided_purchase_takes_its_points_and_their_fraction() -> None:
    held = card(points=12, points_carry=50, lifetime_points=12)
    earned: dict[str, Any] = {
        "type": "points_earned",
        "points_delta": 7,
        "carry_delta": Fraction(-25, 100),
        "amount_minor": 675,
    }
    [(entry, after)] = voided(points_program(), held, **earned).steps
    assert (entry.points_delta, entry.amount_minor) == (-7, 675)
    assert (after.points, after.points_carry, after.lifetime_points) == (5, 75, 5)


def test_a_voided_purchase_that_only_carried_may_take_a_whole_point() -> None:
    held = card(points=1, points_carry=0)
    after = voided(points_program(), held, type="points_earned", carry_delta=Fraction(50, 100)).card
    assert (after.points, after.points_carry) == (0, 50)


def test_a_voided_reward_gives_points_back_and_puts_the_piece_back_on_the_shelf() -> None:
    sold = decide(redeem_cake(), points_program(), card(points=130), MONDAY, cake(stock_left=1))
    back = voided(
        points_program(),
        sold.card,
        cake(stock_left=0),
        type="points_redeemed",
        points_delta=-100,
        reward_id=CAKE,
        reward=REWARD,
    )
    assert (back.card.points, back.card.lifetime_rewards) == (130, 0)
    assert (back.stock_change, back.reward_id) == (1, CAKE)


def test_a_voided_reward_without_stock_moves_no_stock() -> None:
    entry = {"points_delta": -100, "reward_id": CAKE, "reward": REWARD}
    back = voided(points_program(), card(), cake(), type="points_redeemed", **entry)
    assert (back.stock_change, back.reward_id) == (0, None)


def test_a_voided_free_redemption_counts_no_reward_back() -> None:
    held = card(points=5, lifetime_rewards=4)
    after = voided(points_program(), held, type="points_redeemed", points_delta=-40).card
    assert (after.points, after.lifetime_rewards) == (45, 4)


def test_clamp_takes_only_what_is_left() -> None:
    after = voided(program(), card(stamps=1), type="stamp_earned", stamps_delta=3).card
    assert after.stamps == 0
    held = card(points=4, points_carry=20)
    after = voided(points_program(), held, type="points_earned", points_delta=9).card
    assert (after.points, after.points_carry) == (0, 0)


def test_clamp_never_deepens_a_debt_from_an_earlier_policy() -> None:
    after = voided(program(), card(stamps=-2), type="stamp_earned", stamps_delta=3).card
    assert after.stamps == -2
    held = card(points=-2, points_carry=30)
    after = voided(points_program(), held, type="points_earned", points_delta=9).card
    assert (after.points, after.points_carry) == (-2, 30)


def test_allow_negative_leaves_a_debt() -> None:
    rules = program(void_policy="allow_negative")
    assert voided(rules, card(stamps=1), type="stamp_earned", stamps_delta=3).card.stamps == -2
    rules = points_program(void_policy="allow_negative")
    held = card(points=4, points_carry=20)
    earned: dict[str, Any] = {
        "type": "points_earned",
        "points_delta": 9,
        "carry_delta": Fraction(30, 100),
    }
    after = voided(rules, held, **earned).card
    assert (after.points, after.points_carry) == (-6, 90)


def test_refuse_refuses_and_tells_what_is_missing() -> None:
    with pytest.raises(StampsAlreadySpent) as stamps:
        voided(program(void_policy="refuse"), card(stamps=1), type="stamp_earned", stamps_delta=3)
    assert stamps.value.facts == {"stamps_missing": 2}
    with pytest.raises(PointsAlreadySpent) as points:
        voided(
            points_program(void_policy="refuse"),
            card(points=4, points_carry=20),
            type="points_earned",
            points_delta=9,
            carry_delta=Fraction(30, 100),
        )
    assert points.value.facts == {"points_missing": 6}


@pytest.mark.parametrize("policy", ["clamp", "allow_negative", "refuse"])
def test_what_is_still_there_is_taken_back_under_every_policy(policy: str) -> None:
    rules = program(void_policy=policy)
    assert voided(rules, card(stamps=3), type="stamp_earned", stamps_delta=3).card.stamps == 0


def test_stamps_that_were_forgiven_do_not_come_back_with_the_redemption_that_spent_them() -> None:
    forgiven = History(forgiven=Forgiven(stamps=6))
    after = voided(program(), card(), forgiven, type="stamps_redeemed", stamps_delta=-10).card
    assert after.stamps == 4


def test_points_that_were_forgiven_do_not_come_back_with_the_redemption_that_spent_them() -> None:
    forgiven = History(forgiven=Forgiven(points=6, points_carry=Fraction(50, 100)))
    held = card(points=1, points_carry=60)
    after = voided(points_program(), held, forgiven, type="points_redeemed", points_delta=-10).card
    assert (after.points, after.points_carry) == (5, 10)
    after = voided(points_program(), held, forgiven, type="points_redeemed", points_delta=-5).card
    assert (after.points, after.points_carry) == (1, 60)


def test_an_entry_is_voided_once() -> None:
    with pytest.raises(AlreadyVoided) as refusal:
        voided(program(), card(stamps=3), type="stamp_earned", stamps_delta=1, voided_by="other")
    assert refusal.value.facts == {"voided_by": "other"}


@pytest.mark.parametrize("kind", ["card_opened", "welcome_bonus", "points_adjusted", "voided"])
def test_only_earnings_and_redemptions_can_be_voided(kind: str) -> None:
    with pytest.raises(NotVoidable) as refusal:
        voided(program(), card(stamps=3), type=kind)
    assert refusal.value.facts == {"transaction_type": kind}


def test_an_entry_that_is_not_there_cannot_be_voided() -> None:
    with pytest.raises(TransactionNotFound):
        decide(void(), program(), card(), MONDAY)


def test_a_void_leaves_a_part_of_a_point_that_the_program_does_not_count_in() -> None:
    """As tiers and promotions leave them on a card."""
    held = card(points=9, points_carry=1, carry_parts=900)
    decision = voided(points_program(), held, type="points_earned", points_delta=5)
    [(entry, after)] = decision.steps
    assert (after.points, after.points_carry, after.carry_parts) == (4, 1, 900)
    assert entry.details == {"carry_parts": 900}
