"""The tier of a card, on both passes: its name, its date, its colours."""

from typing import Any

import pytest

from punchcard.fakes.google_judge import faults
from punchcard.loyalty.rules.tiers.tier_rules import TierView
from punchcard.wallets.apple.pass_texts import places_of, words_of
from punchcard.wallets.google.google_objects import GoogleShop, balance_of, loyalty_object
from punchcard.wallets.pass_content import PassContent, pass_content
from punchcard.wallets.pass_facts import CardFacts, ProgramFacts, TierFacts
from tests.wallets import facts
from tests.wallets.google_account import ISSUER

SHOP = GoogleShop(issuer_id=ISSUER, base_url="https://shop.test")
TIERS = (
    TierFacts(key="basic", name="Basic"),
    TierFacts(
        key="gold",
        name="Gold",
        texts={"fr": {"name": "Or"}},
        branding={"background_color": "#d4af37", "text_color": "#000000"},
    ),
)
GOLD = TierView("gold", "2026-03-02", "2027-12-31", 320)
BASIC = TierView("basic", "2026-03-02", None, 20, "gold", 80)


def program(**more: Any) -> ProgramFacts:
    return facts.program(**{"type": "points", "tiers": TIERS, **more})


def shown(card: CardFacts, language: Any = "en", **more: Any) -> PassContent:
    return pass_content(program(**more), card, language)


def test_a_pass_names_the_tier_in_the_language_it_speaks() -> None:
    card = facts.card(tier=GOLD)
    tier, in_french = shown(card).tier, shown(card, "fr").tier
    assert tier is not None
    assert in_french is not None
    assert (tier.label, tier.value) == ("Tier", "Gold")
    assert (in_french.label, in_french.value) == ("Niveau", "Or")
    # The balance alone speaks when it changes.
    assert tier.change_message is None


def test_the_back_says_until_when_a_tier_is_kept() -> None:
    back = {one.key: one.value for one in shown(facts.card(tier=GOLD)).back}
    assert back["tier_until"] == "31 December 2027"
    assert "tier_until" not in {one.key for one in shown(facts.card(tier=BASIC)).back}


def test_a_card_without_a_tier_or_out_of_use_shows_none() -> None:
    assert shown(facts.card()).tier is None
    assert shown(facts.card(tier=GOLD, status="blocked")).tier is None
    assert shown(facts.card(tier=GOLD._replace(key="gone"))).tier is None


def test_a_tier_may_have_colours_of_its_own() -> None:
    gold, basic = shown(facts.card(tier=GOLD)), shown(facts.card(tier=BASIC))
    assert (gold.background_color, gold.text_color) == ("#d4af37", "#000000")
    assert basic.background_color == shown(facts.card()).background_color


@pytest.mark.parametrize("type", ["stamps", "points", "hybrid"])
def test_apple_shows_it_below_and_has_room_for_all(type: str) -> None:
    places = places_of(shown(facts.card(tier=GOLD), type=type))
    assert "tier" in [one.key for one in places["secondaryFields"]]
    assert len(places["secondaryFields"] + places["auxiliaryFields"]) <= 4


def test_cards_of_one_tier_share_their_words_however_far_the_next_is() -> None:
    near = BASIC._replace(progress=90, missing=10, since="2026-01-01")
    assert words_of(program(), facts.card(tier=BASIC)) is words_of(program(), facts.card(tier=near))


def test_google_shows_it_beside_the_balance_and_tells_the_phone_when_it_changes() -> None:
    gold = loyalty_object(SHOP, program(), facts.card(tier=GOLD))
    basic = loyalty_object(SHOP, program(), facts.card(tier=BASIC))
    assert gold["secondaryLoyaltyPoints"]["balance"] == {"string": "Gold"}
    assert balance_of(gold) != balance_of(basic)
    sent = {name: value for name, value in gold.items() if value is not None}
    assert faults("LoyaltyObject", sent) == []
    assert loyalty_object(SHOP, program(), facts.card())["secondaryLoyaltyPoints"] is None


def test_google_shows_it_as_a_text_where_there_are_two_balances() -> None:
    body = loyalty_object(SHOP, program(type="hybrid"), facts.card(tier=GOLD))
    texts = {one["id"]: one["body"] for one in body["textModulesData"]}
    assert (texts["tier"], texts["tier_until"]) == ("Gold", "31 December 2027")
    assert body["secondaryLoyaltyPoints"]["label"] == "Points"
