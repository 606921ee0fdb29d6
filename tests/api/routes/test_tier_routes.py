"""Tiers over HTTP: what a program says, what cards tell, who is found, what leaves as a list."""

import csv
import io
from typing import Any

import pytest

from tests.loyalty import shelf
from tests.support.cast import Shop
from tests.support.http import Api

LOYALTY = "/vendor/loyalty"
TIERS: list[dict[str, Any]] = [
    {"key": "basic", "name": "Basic", "threshold": 0},
    {"key": "gold", "name": "Gold", "threshold": 100, "earn_factor": "1.250"},
]


@pytest.fixture
def program(owner: Api) -> str:
    """Open a points program with two tiers; returns its id."""
    asked = {**shelf.POINTS, "status": "active", "pin_policy": "off", "tiers": TIERS}
    made = owner.post(f"{LOYALTY}/programs", json=asked)
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


def opened(owner: Api, program: str) -> dict[str, Any]:
    card: dict[str, Any] = owner.post(f"{LOYALTY}/cards", json={"program_id": program}).json()
    return card


def earn(owner: Api, card: dict[str, Any], euros: int) -> dict[str, Any]:
    asked = {"card": card["number"], "amount_minor": euros * 100}
    receipt: dict[str, Any] = owner.post(f"{LOYALTY}/points/earn", json=asked).json()
    return receipt


def found(owner: Api, tier: str) -> set[str]:
    items = owner.get(f"{LOYALTY}/cards", params={"tier": tier}).json()["items"]
    return {card["number"] for card in items}


def test_a_program_tells_its_tiers_with_all_their_fields(owner: Api, program: str) -> None:
    told = owner.get(f"{LOYALTY}/programs/{program}").json()
    assert [tier["key"] for tier in told["tiers"]] == ["basic", "gold"]
    assert (told["tiers"][0]["earn_factor"], told["tiers"][1]["grants"]) == ("1.000", [])
    rules = ("tier_basis", "tier_window", "tier_holds_months", "tier_grace_days", "tier_downgrade")
    assert [told[name] for name in rules] == ["points", "lifetime", 0, 0, "never"]


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"tiers": [{**TIERS[0], "threshold": 5}]}, ["tiers", 0, "threshold"]),
        ({"tiers": [*TIERS, {**TIERS[1], "key": "top"}]}, ["tiers", 2, "threshold"]),
        ({"tiers": [TIERS[0], {**TIERS[1], "key": "basic"}]}, ["tiers", 1, "key"]),
        ({"tiers": [TIERS[0], {**TIERS[1], "earn_factor": "10.001"}]}, ["tiers", 1, "earn_factor"]),
        ({"tiers": [TIERS[0]] * 7}, ["tiers"]),
        ({"tier_basis": "stamps"}, ["tier_basis"]),
        ({"tier_holds_months": 12}, ["tier_holds_months"]),
        ({"tier_window": "weekly"}, ["tier_window"]),
    ],
)
def test_what_contradicts_itself_is_refused_with_its_field(
    owner: Api, program: str, change: dict[str, Any], place: list[Any]
) -> None:
    refused = owner.patch(f"{LOYALTY}/programs/{program}", json=change)
    assert refused.status_code == 422
    assert place in [error["loc"][-len(place) :] for error in refused.json()["errors"]]
    assert owner.get(f"{LOYALTY}/programs/{program}").json()["version"] == 1


def test_a_card_and_its_public_page_tell_the_same_tier(
    owner: Api, api: Api, alice: Shop, program: str
) -> None:
    card = opened(owner, program)
    today = alice.context.clock.now().date().isoformat()
    basic = {
        "key": "basic",
        "since": today,
        "until": None,
        "progress": 40,
        "next": {"key": "gold", "missing": 60},
    }
    assert earn(owner, card, 40)["card"]["tier"] == basic
    gold = earn(owner, card, 60)["card"]["tier"]
    assert gold == {"key": "gold", "since": today, "until": None, "progress": 100, "next": None}
    assert owner.get(f"{LOYALTY}/cards/{card['id']}").json()["tier"] == gold
    token = card["public_url"].rsplit("/", 1)[-1]
    public = api.get(f"/loyalty/cards/{token}").json()
    assert public["tier"] == gold
    assert [tier["name"] for tier in public["program"]["tiers"]] == ["Basic", "Gold"]


def test_a_quote_tells_the_tiers_part(owner: Api, program: str) -> None:
    card = opened(owner, program)
    earn(owner, card, 100)
    asked = {"card": card["number"], "amount_minor": 2000}
    told = owner.post(f"{LOYALTY}/points/quote", json=asked).json()
    assert told["points"] == 25
    assert [(part["kind"], part["points"]) for part in told["parts"]] == [("base", 20), ("tier", 5)]


def test_a_reward_that_a_tier_gives_cannot_be_archived(owner: Api, program: str) -> None:
    asked = {"name": "A cake", "points_required": None}
    cake = owner.post(f"{LOYALTY}/programs/{program}/rewards", json=asked).json()
    gives = [TIERS[0], {**TIERS[1], "grants": [cake["id"]]}]
    assert owner.patch(f"{LOYALTY}/programs/{program}", json={"tiers": gives}).status_code == 200
    refused = owner.delete(f"{LOYALTY}/rewards/{cake['id']}")
    assert (refused.status_code, refused.json()["code"]) == (409, "reward_given_by_tier")
    card = opened(owner, program)
    ready = earn(owner, card, 100)["card"]["ready_rewards"]
    assert [one["name"] for one in ready] == ["A cake"]
    [given] = owner.get(f"{LOYALTY}/cards/{card['id']}/grants").json()["items"]
    assert (given["reason"], given["state"]) == ("tier", "ready")


def test_cards_are_found_by_their_tier_also_by_the_lowest(owner: Api, program: str) -> None:
    fresh, regular, gold = (opened(owner, program) for _ in range(3))
    earn(owner, regular, 50)
    earn(owner, gold, 100)
    assert found(owner, "basic") == {fresh["number"], regular["number"]}
    assert found(owner, "gold") == {gold["number"]}
    assert found(owner, "platinum") == set()


def test_the_list_of_cards_has_the_tier(owner: Api, program: str) -> None:
    card = opened(owner, program)
    opened(owner, program)
    earn(owner, card, 100)
    asked = {"params": {"tier": "gold"}, "headers": {"Accept-Language": "en"}}
    text = owner.get(f"{LOYALTY}/exports/cards.csv", **asked).content.decode("utf-8-sig")
    [row] = csv.DictReader(io.StringIO(text))
    assert row["Tier"] == "Gold"


def test_whom_other_tiers_move_is_told_beforehand_and_nothing_changes(
    api: Api, alice: Shop, bob: Shop, owner: Api, program: str
) -> None:
    rising, keeping = opened(owner, program), opened(owner, program)
    earn(owner, rising, 60)
    earn(owner, keeping, 100)
    here = f"{LOYALTY}/programs/{program}/tiers/preview"

    def told(threshold: int) -> dict[str, int]:
        tiers = [TIERS[0], {**TIERS[1], "threshold": threshold}]
        answer = owner.post(here, json={"tiers": tiers})
        assert answer.status_code == 200, answer.text
        impact: dict[str, int] = answer.json()
        return impact

    nobody = {"losing": 0, "earning_less": 0}
    assert told(50) == {"cards": 2, "rising": 1, "keeping": 0, **nobody}
    assert told(200) == {"cards": 2, "rising": 0, "keeping": 1, **nobody}
    without = owner.post(here, json={"tiers": [TIERS[0]]}).json()
    assert without == {"cards": 2, "rising": 0, "keeping": 0, "losing": 1, "earning_less": 0}
    assert owner.get(f"{LOYALTY}/programs/{program}").json()["tiers"][1]["threshold"] == 100

    wrong = owner.post(here, json={"tiers": [{**TIERS[0], "threshold": 5}]})
    assert wrong.status_code == 422
    bobs = api.with_token(bob.token())
    assert bobs.post(here, json={"tiers": TIERS}).status_code == 404
    till = api.with_token(alice.device())
    assert till.post(here, json={"tiers": TIERS}).status_code == 403
