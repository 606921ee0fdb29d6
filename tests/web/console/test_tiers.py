"""Tiers as an owner sets them: in plain words, with whom they lift or lower."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from punchcard.context import Context
from punchcard.kit.ids import ProgramId
from punchcard.loyalty.models import LoyaltyProgram
from tests.loyalty import shelf
from tests.support.cast import Shop
from tests.support.drivers.pages import PagesDriver
from tests.support.page_forms import form_on
from tests.support.pages import Visitor, markup_of, text_of

Visitors = Callable[..., Visitor]

TIERS: dict[str, Any] = {
    "tier_1_name": "Regular",
    "tier_1_threshold": "0",
    "tier_2_name": "Étoile d'or",
    "tier_2_threshold": "100",
    "tier_2_factor": "1.5",
    "fr-tier_2": "Or",
    "tier_basis": "points",
    "tier_window": "lifetime",
    "tier_downgrade": "never",
    "tier_holds_months": "0",
    "tier_grace_days": "0",
}


@pytest.fixture
def bread(alice: Shop) -> PagesDriver:
    """Open Café Alice's points: one for each euro."""
    return PagesDriver(alice, name="Bread", type="points", stamp_reward=None)


@pytest.fixture
def here(bread: PagesDriver) -> str:
    """Return the address of the program's tiers."""
    return f"/console/programs/{bread.program.id}/tiers"


def kept(context: Context, program_id: ProgramId) -> LoyaltyProgram:
    with context.database.read() as session:
        return session.get_one(LoyaltyProgram, program_id)


def test_tiers_that_move_nobody_are_saved_at_once(
    owner: Visitor, bread: PagesDriver, here: str, context: Context, alice: Shop
) -> None:
    cake = shelf.reward(alice, bread.program.id)
    assert "What was collected before there were tiers does not count" in owner.get(here).text
    assert owner.post(here, **TIERS, tier_2_gift=cake.id).status_code == 303
    program = kept(context, bread.program.id)
    basic, gold = program.tiers or []
    assert (basic["name"], basic["threshold"], basic["key"]) == ("Regular", 0, "regular")
    assert gold == {
        "key": "etoile-d-or",
        "name": "Étoile d'or",
        "texts": {"fr": {"name": "Or"}},
        "threshold": 100,
        "earn_factor": "1.500",
        "grants": [cake.id],
        "branding": {},
    }
    again = owner.get(here)
    assert 'value="1.5"' in again.text
    assert 'value="etoile-d-or"' in again.text


@pytest.mark.parametrize("page", ["", "/tiers", "/automations/new", "/friends"])
def test_a_digit_too_many_is_told_and_not_cut_off(
    owner: Visitor, bread: PagesDriver, here: str, page: str
) -> None:
    shown = markup_of(owner.get(here.removesuffix("/tiers") + page))
    numbers = re.findall(r'<input [^>]*inputmode="(?:numeric|decimal)"[^>]*>', shown)
    limits = [int(limit) for one in numbers for limit in re.findall(r'maxlength="(\d+)"', one)]
    assert limits
    assert min(limits) >= 20


def test_a_tier_keeps_its_key_and_what_the_form_does_not_show(
    owner: Visitor, bread: PagesDriver, here: str, context: Context, alice: Shop
) -> None:
    owner.get(here)
    owner.post(here, **TIERS)
    cakes = [shelf.reward(alice, bread.program.id).id for _ in range(2)]
    with context.database.write() as session:
        program = session.get_one(LoyaltyProgram, bread.program.id)
        basic, gold = program.tiers or []
        gold = {**gold, "grants": cakes, "branding": {"accent_color": "#aa3311"}}
        program.tiers = [basic, gold]
    sent = form_on(owner.get(here).text, here)
    assert owner.post(here, **{**sent, "tier_2_name": "Gold"}).status_code == 303
    gold = (kept(context, bread.program.id).tiers or [])[1]
    assert (gold["key"], gold["name"], gold["grants"]) == ("etoile-d-or", "Gold", cakes)
    assert gold["branding"] == {"accent_color": "#aa3311"}


def test_money_is_typed_as_money(
    owner: Visitor, bread: PagesDriver, here: str, context: Context
) -> None:
    owner.get(here)
    asked = {**TIERS, "tier_basis": "spend_minor", "tier_2_threshold": "99.50"}
    assert owner.post(here, **asked).status_code == 303
    assert (kept(context, bread.program.id).tiers or [])[1]["threshold"] == 9950
    assert 'value="99.50"' in owner.get(here).text


def test_whom_other_tiers_move_is_told_and_asked_first(
    owner: Visitor, bread: PagesDriver, here: str, context: Context
) -> None:
    owner.get(here)
    owner.post(here, **TIERS)
    rising, keeping, losing = (bread.open(name) for name in ("Anna", "Jos", "Marie"))
    bread.earn(rising, 5_000)
    bread.earn(keeping, 15_000)
    bread.earn(losing, 15_000)
    sent = form_on(owner.get(here).text, here)
    lower = owner.post(here, **{**sent, "tier_2_threshold": "50"})
    assert lower.status_code == 200
    told = " ".join(text_of(lower).split())
    assert "1 of them reaches a higher tier with its next purchase." in told
    assert "0 of them no longer have what their tier takes" in told
    higher = " ".join(text_of(owner.post(here, **{**sent, "tier_2_threshold": "500"})).split())
    assert "2 of them no longer have what their tier takes, and keep it to its date." in higher
    less = " ".join(text_of(owner.post(here, **{**sent, "tier_2_factor": "1.25"})).split())
    assert "2 of them earn less with their next purchase" in less
    gone = owner.post(here, **{**sent, "tier_2_name": "", "tier_2_threshold": ""})
    assert "2 of them lose their tier" in " ".join(text_of(gone).split())
    assert len(kept(context, bread.program.id).tiers or []) == 2
    assert owner.post(here, **form_on(gone.text, here)).status_code == 303
    assert [tier["key"] for tier in kept(context, bread.program.id).tiers or []] == ["regular"]


def test_what_does_not_fit_is_said_at_its_field(
    owner: Visitor, bread: PagesDriver, here: str, context: Context
) -> None:
    owner.get(here)
    wrong = {
        **TIERS,
        "tier_3_name": "Platinum",
        "tier_3_threshold": "100",
        "tier_holds_months": "12",
    }
    refused = owner.post(here, **wrong)
    assert refused.status_code == 422
    assert "Each tier takes more than the one before it." in refused.text
    assert "choose a window first" in refused.text
    odd = owner.post(here, **{**TIERS, "tier_2_factor": "eleven", "tier_2_gift": "no-such"})
    assert "A number from 1 to 10, such as 1.5." in odd.text
    assert "Please choose one of these." in odd.text
    nameless = owner.post(here, **{**TIERS, "tier_2_name": ""})
    assert nameless.status_code == 422
    assert kept(context, bread.program.id).tiers is None


def test_who_chooses_all_that_was_ever_collected_need_not_empty_what_was_for_a_year(
    owner: Visitor, bread: PagesDriver, here: str, context: Context
) -> None:
    owner.get(here)
    year = {"tier_window": "calendar_year", "tier_downgrade": "to_fit", "tier_holds_months": "12"}
    assert owner.post(here, **{**TIERS, **year}).status_code == 303
    sent = form_on(owner.get(here).text, here)
    assert owner.post(here, **{**sent, "tier_window": "lifetime"}).status_code == 303
    assert kept(context, bread.program.id).tier_holds_months == 0


def test_a_tier_that_a_promotion_is_for_is_not_taken_away(
    owner: Visitor, bread: PagesDriver, here: str, alice: Shop
) -> None:
    owner.get(here)
    owner.post(here, **TIERS)
    shelf.promotion(alice, bread.program.id, tier_keys=["etoile-d-or"])
    sent = form_on(owner.get(here).text, here)
    refused = owner.post(here, **{**sent, "tier_2_name": "", "tier_2_threshold": ""})
    assert refused.status_code == 422
    assert "change or end it first" in refused.text


def test_two_tiers_of_one_name_get_keys_of_their_own(
    owner: Visitor, bread: PagesDriver, here: str, context: Context
) -> None:
    owner.get(here)
    both = {**TIERS, "tier_1_name": "1", "tier_2_name": "1"}
    assert owner.post(here, **both).status_code == 303
    keys = [tier["key"] for tier in kept(context, bread.program.id).tiers or []]
    assert keys == ["tier-1", "tier-1-2"]


def test_the_shop_reads_a_guests_tier_on_the_page_of_the_card(
    owner: Visitor, bread: PagesDriver, here: str
) -> None:
    owner.get(here)
    owner.post(here, **{**TIERS, "tier_2_name": "Gold"})
    card = bread.open()
    bread.earn(card, 12_000)
    told = " ".join(text_of(owner.get(f"/console/members/{card}")).split())
    assert "Tier Gold, since" in told


def test_members_are_narrowed_to_a_tier(owner: Visitor, bread: PagesDriver, here: str) -> None:
    assert 'name="tier"' not in owner.get("/console/members").text
    owner.get(here)
    owner.post(here, **TIERS)
    bread.earn(bread.open("Anna"), 15_000)
    bread.open("Jos")

    def names(tier: str) -> set[str]:
        text = owner.get("/console/members", params={"tier": tier}).text
        return {name for name in ("Anna", "Jos") if name in text}

    page = owner.get("/console/members", params={"tier": "etoile-d-or"}).text
    assert "tier=etoile-d-or" in page, "the file to take along holds the same"
    assert names("etoile-d-or") == {"Anna"}
    assert names("regular") == {"Jos"}
    assert names("no such / tier") == {"Anna", "Jos"}


def test_a_tier_gives_several_rewards_and_has_colours_of_its_own(
    owner: Visitor, bread: PagesDriver, here: str, context: Context, alice: Shop
) -> None:
    cakes = [shelf.reward(alice, bread.program.id).id for _ in range(3)]
    owner.get(here)
    typed = {
        **TIERS,
        "tier_2_gift": cakes[0],
        "tier_2_gift_3": cakes[1],
        "tier_2_gift_4": cakes[0],
        "tier_2_gift_5": cakes[2],
        "tier_2_own_look": "on",
        "tier_2_background_color": "#D4AF37",
        "tier_2_text_color": "#000000",
        "tier_2_accent_color": form_on(owner.get(here).text, here)["tier_2_accent_color"],
    }
    assert owner.post(here, **typed).status_code == 303
    gold = (kept(context, bread.program.id).tiers or [])[1]
    assert gold["grants"] == cakes, "each once, in the order of the form"
    assert gold["branding"] == {"background_color": "#d4af37", "text_color": "#000000"}

    sent = form_on(owner.get(here).text, here)
    odd = owner.post(here, **{**sent, "tier_2_text_color": "red", "tier_2_gift_2": "no-such"})
    assert odd.status_code == 422
    assert "A colour such as #14594b." in odd.text
    assert "Please choose one of these." in odd.text
    del sent["tier_2_own_look"]
    assert owner.post(here, **{**sent, "tier_2_gift_2": ""}).status_code == 303
    gold = (kept(context, bread.program.id).tiers or [])[1]
    assert (gold["grants"], gold["branding"]) == ([cakes[0], cakes[2]], {})
