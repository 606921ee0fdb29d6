"""Tiers of a program: what may be said, and what else must not be taken from under them."""

from typing import Any

import pytest

from punchcard.kit.errors import InvalidInput
from punchcard.loyalty.errors.programs import RewardGivenByTier
from punchcard.loyalty.models import LoyaltyProgram
from punchcard.loyalty.programs import program_service, promotion_service, reward_service
from tests.loyalty import shelf
from tests.support.cast import Shop, by_operator

BASIC = {"key": "basic", "name": "Basic", "threshold": 0}
GOLD = {"key": "gold", "name": "Gold", "threshold": 300}


def tiered(shop: Shop, **fields: Any) -> LoyaltyProgram:
    return shelf.program(shop, **{**shelf.POINTS, "tiers": [BASIC, GOLD], **fields})


def change(shop: Shop, row: LoyaltyProgram, **fields: Any) -> LoyaltyProgram:
    with shop.context.database.write() as session:
        act = by_operator(shop.context)
        return program_service.update_program(session, act, shop.id, row.id, fields)


def refused(shop: Shop, row: LoyaltyProgram, **fields: Any) -> list[Any]:
    with pytest.raises(InvalidInput) as refusal:
        change(shop, row, **fields)
    return [fault["loc"] for fault in refusal.value.errors]


def test_tiers_are_kept_with_the_rules_that_a_program_has_unless_it_says(alice: Shop) -> None:
    row = tiered(alice)
    assert (row.tier_basis, row.tier_window, row.tier_downgrade) == ("points", "lifetime", "never")
    assert (row.tier_holds_months, row.tier_grace_days) == (0, 0)
    assert [tier["earn_factor"] for tier in row.tiers or ()] == ["1.000", "1.000"]
    stamps = shelf.program(alice, tiers=[BASIC])
    assert stamps.tier_basis == "stamps"


def test_a_change_of_one_rule_leaves_the_others(alice: Shop) -> None:
    year = {"tier_window": "calendar_year", "tier_downgrade": "to_fit"}
    row = tiered(alice, **year, tier_holds_months=12)
    row = change(alice, row, tier_downgrade="one_down", tier_grace_days=7, tier_basis="visits")
    assert (row.tier_window, row.tier_holds_months, row.tier_grace_days) == (
        "calendar_year",
        12,
        7,
    )
    assert (row.tier_basis, row.tier_downgrade, row.version) == ("visits", "one_down", 2)
    assert change(alice, row, tier_basis="visits", tier_holds_months=12).version == 2
    assert change(alice, row, tier_holds_months=None, tiers=[]).tiers is None


def test_what_contradicts_what_is_there_is_refused_with_its_field(alice: Shop) -> None:
    row = tiered(alice)
    assert refused(alice, row, tier_basis="stamps") == [["tier_basis"]]
    assert refused(alice, row, tier_grace_days=7) == [["tier_grace_days"]]
    yearly = {"tier_window": "calendar_year", "tier_holds_months": 12}
    assert refused(alice, row, **yearly) == [["tier_holds_months"]]
    with pytest.raises(InvalidInput):
        tiered(alice, **yearly)
    counted = tiered(alice, tier_basis="spend_minor")
    assert refused(alice, counted, type="stamps") == [["tier_basis"]]


@pytest.mark.parametrize("endless", [{"tier_window": "lifetime"}, {"tier_downgrade": "never"}])
def test_who_leaves_tiers_without_a_date_need_not_take_away_how_long_they_were_kept(
    alice: Shop, endless: dict[str, str]
) -> None:
    kept = {"tier_holds_months": 12, "tier_grace_days": 7}
    row = tiered(alice, tier_window="calendar_year", tier_downgrade="to_fit", **kept)

    assert refused(alice, row, **endless, tier_holds_months=24) == [["tier_holds_months"]]
    # A form sends all it shows along.
    row = change(alice, row, **endless, tier_holds_months=12)

    assert (row.tier_holds_months, row.tier_grace_days) == (0, 0)


def test_a_program_that_kept_them_without_effect_can_be_changed(alice: Shop) -> None:
    row = tiered(alice)
    with alice.context.database.write() as session:
        found = session.get_one(LoyaltyProgram, row.id)
        found.tier_rules = {"window": "calendar_year", "downgrade": "never", "holds_months": 12}

    row = change(alice, row, tiers=[BASIC, {**GOLD, "threshold": 400}])
    assert row.tier_holds_months == 12
    assert change(alice, row, tier_downgrade="to_fit").tier_holds_months == 12


def test_a_tier_gives_rewards_of_its_own_program_that_are_offered(alice: Shop, bob: Shop) -> None:
    row = tiered(alice)
    cake = shelf.reward(alice, row.id)
    foreign = shelf.reward(bob, tiered(bob).id)
    others = shelf.reward(alice, tiered(alice).id)
    for wrong in (foreign.id, others.id, "no-such-reward"):
        gold = {**GOLD, "grants": [cake.id, wrong]}
        assert refused(alice, row, tiers=[BASIC, gold]) == [["tiers", 1, "grants", 1]]
    with alice.context.database.write() as session:
        reward_service.archive_reward(session, by_operator(alice.context), alice.id, cake.id)
    assert refused(alice, row, tiers=[BASIC, {**GOLD, "grants": [cake.id]}]) == [
        ["tiers", 1, "grants", 0]
    ]


def test_a_new_program_has_no_rewards_to_give(alice: Shop) -> None:
    with pytest.raises(InvalidInput) as refusal:
        tiered(alice, tiers=[BASIC, {**GOLD, "grants": ["a-cake"]}])
    assert [fault["loc"] for fault in refusal.value.errors] == [["tiers", 1, "grants", 0]]


def test_a_reward_that_a_tier_gives_stays_in_the_catalogue(alice: Shop) -> None:
    row = tiered(alice)
    cake = shelf.reward(alice, row.id)
    change(alice, row, tiers=[BASIC, {**GOLD, "grants": [cake.id]}])
    with (
        pytest.raises(RewardGivenByTier) as refusal,
        alice.context.database.write() as session,
    ):
        reward_service.archive_reward(session, by_operator(alice.context), alice.id, cake.id)
    assert refusal.value.facts == {"tier": "Gold"}
    change(alice, row, tiers=[BASIC, GOLD])
    with alice.context.database.write() as session:
        reward_service.archive_reward(session, by_operator(alice.context), alice.id, cake.id)


def test_a_tier_that_a_promotion_is_for_stays(alice: Shop) -> None:
    row = tiered(alice)
    shelf.promotion(alice, row.id, status="draft", tier_keys=["gold"])
    happy = shelf.promotion(alice, row.id, tier_keys=["gold"])
    assert refused(alice, row, tiers=[BASIC]) == [["tiers"]]
    assert refused(alice, row, tiers=None) == [["tiers"]]
    change(alice, row, tiers=[BASIC, {**GOLD, "name": "Or", "threshold": 500}])
    with alice.context.database.write() as session:
        act = by_operator(alice.context)
        promotion_service.end_promotion(session, act, alice.id, row.id, happy.id)
    assert change(alice, row, tiers=[BASIC]).version > row.version
