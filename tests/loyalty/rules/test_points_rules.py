"""Points: whole points and carried fractions, redemption, rewards, corrections by hand."""

from datetime import timedelta
from fractions import Fraction
from functools import partial
from typing import Any

import pytest

from punchcard.loyalty.errors.balances import (
    BalanceLimitReached,
    NotEnoughPoints,
    PurchaseBelowMinimum,
    RedemptionBelowMinimum,
)
from punchcard.loyalty.errors.programs import (
    ProgramTypeMismatch,
    RewardNotAvailable,
    RewardNotFound,
)
from punchcard.loyalty.errors.till import OccurredAtOutOfRange
from punchcard.loyalty.rules import decide
from punchcard.loyalty.rules.purchase_rules import factor_text
from punchcard.loyalty.rules.reward_rules import ready_rewards
from punchcard.loyalty.rules.values import (
    BALANCE_LIMIT,
    NO_HISTORY,
    CardState,
    ProgramRules,
    RewardOffer,
)
from tests.support.drivers.rules import (
    CAKE,
    MONDAY,
    adjust,
    cake,
    card,
    earn,
    points_program,
    program,
    redeem_cake,
    redeem_points,
)


def test_a_purchase_earns_whole_points_and_the_rest_is_carried() -> None:
    [(entry, after)] = decide(earn(1250, reference="R-1"), points_program(), card(), MONDAY).steps
    assert (entry.type, entry.points_delta) == ("points_earned", 12)
    assert (entry.amount_minor, entry.reference) == (1250, "R-1")
    assert (after.points, after.points_carry, after.lifetime_points) == (12, 50, 12)


def test_two_halves_make_a_whole_point() -> None:
    after = decide(earn(50), points_program(), card(), MONDAY).card
    assert (after.points, after.points_carry) == (0, 50)
    after = decide(earn(50), points_program(), after, MONDAY).card
    assert (after.points, after.points_carry) == (1, 0)


def test_three_points_a_euro_round_down_once_and_not_per_point() -> None:
    after = decide(earn(99), points_program(points_per_currency_unit=3), card(), MONDAY).card
    assert (after.points, after.points_carry) == (2, 97)


@pytest.mark.parametrize(
    ("currency", "minor_units", "amount_minor", "points", "carry"),
    [("JPY", 1, 1250, 1250, 0), ("KWD", 1000, 12_999, 12, 999), ("EUR", 100, 1299, 12, 99)],
)
def test_every_currency_counts_in_its_own_minor_units(
    currency: str, minor_units: int, amount_minor: int, points: int, carry: int
) -> None:
    rules = points_program(currency=currency, minor_units=minor_units)
    after = decide(earn(amount_minor), rules, card(), MONDAY).card
    assert (after.points, after.points_carry) == (points, carry)


def test_a_purchase_below_the_minimum_is_refused_and_tells_the_minimum() -> None:
    rules = points_program(minimum_purchase_minor=500)
    with pytest.raises(PurchaseBelowMinimum) as refusal:
        decide(earn(499), rules, card(), MONDAY)
    assert refusal.value.facts == {"minimum_purchase_minor": 500, "currency": "EUR"}
    assert decide(earn(500), rules, card(), MONDAY).card.points == 5


def test_a_debt_is_paid_by_the_next_purchase() -> None:
    after = decide(earn(250), points_program(), card(points=-4, points_carry=70), MONDAY).card
    assert (after.points, after.points_carry) == (-1, 20)


def test_no_card_holds_more_points_than_readers_count_exactly() -> None:
    with pytest.raises(BalanceLimitReached):
        decide(earn(200), points_program(), card(points=BALANCE_LIMIT - 1), MONDAY)
    after = decide(earn(100), points_program(), card(points=BALANCE_LIMIT - 1), MONDAY).card
    assert after.points == BALANCE_LIMIT


def test_points_are_taken_off_and_the_lifetime_stays() -> None:
    held = card(points=100, lifetime_points=300, points_carry=7)
    [(entry, after)] = decide(redeem_points(40), points_program(), held, MONDAY).steps
    assert (entry.type, entry.points_delta, entry.reward) == ("points_redeemed", -40, None)
    assert (after.points, after.points_carry, after.lifetime_points) == (60, 7, 300)
    assert after.lifetime_rewards == 0


def test_more_points_than_there_are_cannot_be_taken_and_the_answer_tells_what_is_missing() -> None:
    with pytest.raises(NotEnoughPoints) as refusal:
        decide(redeem_points(40), points_program(), card(points=39), MONDAY)
    assert refusal.value.facts == {"points_missing": 1}


def test_fewer_points_than_the_programs_minimum_are_refused() -> None:
    rules = points_program(minimum_redemption_points=50)
    with pytest.raises(RedemptionBelowMinimum) as refusal:
        decide(redeem_points(49), rules, card(points=80), MONDAY)
    assert refusal.value.facts == {"minimum_redemption_points": 50}


def test_a_reward_takes_its_points_and_is_kept_in_the_entry_as_it_was() -> None:
    decision = decide(redeem_cake(), points_program(), card(points=130), MONDAY, cake())
    [(entry, after)] = decision.steps
    assert (entry.points_delta, entry.reward_id) == (-100, CAKE)
    assert entry.reward == {"id": CAKE, "name": "A cake", "value_minor": 1200}
    assert (after.points, after.lifetime_rewards) == (30, 1)
    assert (decision.stock_change, decision.reward_id) == (0, None)


def test_a_reward_from_stock_takes_one_off_the_shelf() -> None:
    decision = decide(redeem_cake(), points_program(), card(points=100), MONDAY, cake(stock_left=1))
    assert (decision.stock_change, decision.reward_id) == (-1, CAKE)


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"is_archived": True}, "archived"),
        ({"valid_from": MONDAY + timedelta(seconds=1)}, "not_yet_valid"),
        ({"valid_until": MONDAY}, "expired"),
        ({"stock_left": 0}, "out_of_stock"),
        ({"per_card_limit": 2, "times_redeemed": 2}, "card_limit_reached"),
    ],
)
def test_a_reward_that_cannot_be_had_says_why(facts: dict[str, Any], reason: str) -> None:
    with pytest.raises(RewardNotAvailable) as refusal:
        decide(redeem_cake(), points_program(), card(points=500), MONDAY, cake(**facts))
    assert refusal.value.facts == {"reason": reason}


@pytest.mark.parametrize(
    "facts",
    [
        {"valid_from": MONDAY},
        {"valid_until": MONDAY + timedelta(seconds=1)},
        {"stock_left": 1},
        {"per_card_limit": 2, "times_redeemed": 1},
    ],
)
def test_a_reward_can_be_had_up_to_its_last_piece_and_moment(facts: dict[str, Any]) -> None:
    decision = decide(redeem_cake(), points_program(), card(points=100), MONDAY, cake(**facts))
    assert decision.card.points == 0


@pytest.mark.parametrize(
    "ask",
    [
        redeem_cake,
        partial(redeem_points, 10),
        partial(adjust, 1),
    ],
)
def test_what_is_redeemed_or_corrected_is_of_now(ask: Any) -> None:
    program, held, was = points_program(), card(points=100), cake(valid_until=MONDAY)
    with pytest.raises(OccurredAtOutOfRange):
        decide(ask(occurred_at=MONDAY - timedelta(minutes=11)), program, held, MONDAY, was)


@pytest.mark.parametrize("history", [NO_HISTORY, cake(program_id="another program")])
def test_a_reward_of_another_program_does_not_exist(history: Any) -> None:
    with pytest.raises(RewardNotFound):
        decide(redeem_cake(), points_program(), card(points=500), MONDAY, history)


def test_a_reward_that_costs_more_than_the_card_holds_is_refused() -> None:
    with pytest.raises(NotEnoughPoints) as refusal:
        decide(redeem_cake(), points_program(), card(points=60), MONDAY, cake())
    assert refusal.value.facts == {"points_missing": 40}


@pytest.mark.parametrize("delta", [25, -25])
def test_a_correction_moves_the_balance_and_neither_lifetime_nor_activity(delta: int) -> None:
    held = card(points=30, lifetime_points=30)
    [(entry, after)] = decide(adjust(delta), points_program(), held, MONDAY).steps
    assert (entry.type, entry.points_delta) == ("points_adjusted", delta)
    assert (after.points, after.lifetime_points) == (30 + delta, 30)
    assert after.last_activity_at is None


@pytest.mark.parametrize(("points", "missing"), [(10, 5), (-3, 15)])
def test_a_correction_takes_no_more_than_there_is(points: int, missing: int) -> None:
    with pytest.raises(NotEnoughPoints) as refusal:
        decide(adjust(-15), points_program(), card(points=points), MONDAY)
    assert refusal.value.facts == {"points_missing": missing}


def test_a_correction_may_pay_part_of_a_debt() -> None:
    assert decide(adjust(5), points_program(), card(points=-8), MONDAY).card.points == -3


def test_a_correction_stays_within_the_balance_limit() -> None:
    with pytest.raises(BalanceLimitReached):
        decide(adjust(1), points_program(), card(points=BALANCE_LIMIT), MONDAY)


@pytest.mark.parametrize("operation", [earn(100), redeem_points(1), redeem_cake(), adjust(1)])
def test_a_stamp_card_takes_no_points(operation: Any) -> None:
    with pytest.raises(ProgramTypeMismatch) as refusal:
        decide(operation, program(), card(points=500), MONDAY, cake())
    assert refusal.value.facts == {"program_type": "stamps"}


def number_ready(rules: ProgramRules, held: CardState) -> int:
    return sum(reward.times for reward in ready_rewards(rules, held, MONDAY))


def test_a_hybrid_card_shows_full_cards_and_rewards_in_reach_together() -> None:
    offers = (
        RewardOffer(100, None, None),
        RewardOffer(200, None, None),
        RewardOffer(50, MONDAY + timedelta(days=1), None),
        RewardOffer(50, None, MONDAY),
    )
    held = card(stamps=21, points=150)
    assert number_ready(program(type="hybrid", offers=offers), held) == 3
    assert number_ready(points_program(offers=offers), held) == 1
    assert number_ready(program(offers=offers), held) == 2
    assert number_ready(program(), card(stamps=-3)) == 0


def test_a_factor_is_told_with_three_digits() -> None:
    factors = [Fraction(3, 2), Fraction(1, 3), Fraction(2, 3), Fraction(12)]
    assert [factor_text(one) for one in factors] == ["1.500", "0.333", "0.667", "12.000"]
