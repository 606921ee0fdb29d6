"""Two cards with tiers: the higher one counts, and nothing is given twice for it."""

from typing import Any

import pytest

from punchcard.kit.ids import CardId, MergeId, VendorId
from punchcard.loyalty.merge_operation import MergeCards
from punchcard.loyalty.operations import CardKey, CardRef
from punchcard.loyalty.rules.decide import decide_merge
from punchcard.loyalty.rules.standing import Standing
from punchcard.loyalty.rules.tiers.tier_plan import higher_tier
from punchcard.loyalty.rules.values import CardState
from tests.support.drivers.rules import ALICE, MONDAY, card, earn
from tests.support.drivers.tier_life import tiered

SILVER: dict[str, Any] = {"key": "silver", "since": "2026-01-01"}
GOLD: dict[str, Any] = {"key": "gold", "since": "2025-06-01"}
UNTIL_JUNE = {**SILVER, "until": "2026-06-30"}
UNTIL_MAY = {**SILVER, "until": "2026-05-31"}
NO_MORE = {"key": "platinum", "since": "2024-01-01"}
"""A tier that the program has given up."""


def joint_tier(mine: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    """Return the tier of the card that stays."""
    rules = tiered()
    one: CardState = card(standing=Standing(tier=mine), enrolled_at=MONDAY, last_activity_at=MONDAY)
    other = replace_id(one, Standing(tier=found))
    operation = MergeCards(
        vendor_id=VendorId(ALICE),
        actor=earn(1).actor,
        card=CardRef(CardKey.ID, one.id),
        from_card=CardRef(CardKey.ID, other.id),
        merge_id=MergeId("a merge"),
    )
    return dict(decide_merge(operation, rules, (one, other), MONDAY).target.card.kept_standing.tier)


def replace_id(one: CardState, standing: Standing) -> CardState:
    return one._replace(id=CardId("019cac1e-7b00-7000-8000-0000000000a2"), standing=standing)


@pytest.mark.parametrize(
    ("lower", "higher"),
    [
        ({}, SILVER),
        (SILVER, GOLD),
        (UNTIL_JUNE, GOLD),
        (UNTIL_JUNE, SILVER),
        (UNTIL_MAY, UNTIL_JUNE),
        (NO_MORE, SILVER),
    ],
)
def test_whichever_card_stays_the_higher_tier_counts_or_what_lasts_longer(
    lower: dict[str, Any], higher: dict[str, Any]
) -> None:
    assert joint_tier(lower, higher) == higher
    assert joint_tier(higher, lower) == higher


def test_what_a_tier_gave_either_card_this_year_is_given() -> None:
    mine = {**SILVER, "given": {"silver": 2026, "gold": 2024}}
    found = {**GOLD, "given": {"gold": 2026}}
    assert joint_tier(mine, found) == {**GOLD, "given": {"silver": 2026, "gold": 2026}}


def test_without_tiers_of_the_program_what_lasts_longer_is_kept() -> None:
    assert higher_tier(None, UNTIL_MAY, UNTIL_JUNE) == UNTIL_JUNE
    assert higher_tier(None, UNTIL_JUNE, UNTIL_MAY) == UNTIL_JUNE
