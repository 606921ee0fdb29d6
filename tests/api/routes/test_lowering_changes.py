"""A change that takes from cards what they have is counted, and asked for once more."""

from collections.abc import Callable, Mapping
from typing import Any

import httpx
import pytest

from tests.support.http import Api

LOYALTY = "/vendor/loyalty"
HYBRID: dict[str, Any] = {
    "name": "Coffee and bread",
    "type": "hybrid",
    "status": "active",
    "pin_policy": "off",
    "cooldown_minutes": 0,
    "max_daily_stamps": 50,
    "stamps_target": 10,
    "stamp_rewards": [
        {"at": 4, "name": "A biscuit"},
        {"at": 10, "name": "A coffee", "value_minor": 350},
    ],
    "minimum_redemption_points": 20,
    "tiers": [
        {"key": "basic", "name": "Basic", "threshold": 0},
        {"key": "silver", "name": "Silver", "threshold": 50, "earn_factor": "1.500"},
        {"key": "gold", "name": "Gold", "threshold": 500, "earn_factor": "2.000"},
    ],
}
BASIC, SILVER, GOLD = HYBRID["tiers"]
Ask = Callable[..., httpx.Response]


@pytest.fixture
def program(owner: Api) -> str:
    """Open a program with a card that is full and in silver, and one that has nothing."""
    made = owner.post(f"{LOYALTY}/programs", json=HYBRID).json()
    cards = [
        owner.post(f"{LOYALTY}/cards", json={"program_id": made["id"]}).json() for _ in range(2)
    ]
    number = cards[0]["number"]
    owner.post(f"{LOYALTY}/stamp", json={"card": number, "quantity": 11})
    owner.post(f"{LOYALTY}/points/earn", json={"card": number, "amount_minor": 6000})
    return str(made["id"])


@pytest.fixture
def cake(owner: Api, program: str) -> str:
    """Offer a cake that the card has points enough for."""
    asked = {"name": "A cake", "points_required": 60, "value_minor": 500}
    made = owner.post(f"{LOYALTY}/programs/{program}/rewards", json=asked)
    return str(made.json()["id"])


def confirmed(ask: Ask, path: str, lowered: str, **body: Any) -> httpx.Response:
    """Ask for a change that is refused with what it costs, and then for the same, confirmed."""
    refused = ask(path, **body)
    assert refused.status_code == 409, refused.text
    told = refused.json()
    facts = {name: told[name] for name in ("code", "lowered", "losers")}
    assert facts == {"code": "change_lowers_cards", "lowered": lowered, "losers": 1}
    again = ask(path, params={"confirm": "0" * 32}, **body)
    assert again.json()["confirm"] == told["confirm"]
    return ask(path, params={"confirm": told["confirm"]}, **body)


@pytest.mark.parametrize(
    ("change", "lowered"),
    [
        ({"stamps_target": 12}, "stamps_target"),
        ({"stamp_rewards": HYBRID["stamp_rewards"][1:]}, "stamp_rewards"),
        ({"minimum_redemption_points": 61}, "minimum_redemption_points"),
        ({"tiers": [BASIC, GOLD]}, "tiers"),
        ({"tiers": [BASIC, {**SILVER, "earn_factor": "1.250"}, GOLD]}, "tiers"),
        (
            {"stamps_target": 12, "minimum_redemption_points": 99},
            "minimum_redemption_points, stamps_target",
        ),
    ],
)
def test_a_program_takes_nothing_from_cards_unless_that_is_confirmed(
    owner: Api, program: str, change: Mapping[str, Any], lowered: str
) -> None:
    path = f"{LOYALTY}/programs/{program}"
    done = confirmed(owner.patch, path, lowered, json=change)
    assert (done.status_code, done.json()["version"]) == (200, 2)


@pytest.mark.parametrize(
    "change",
    [
        {"stamps_target": 11},
        {"stamps_target": 5},
        {"stamp_reward": {"name": "A cup of coffee", "value_minor": 350}},
        {"minimum_redemption_points": 60},
        {"points_per_currency_unit": 2},
        {"points_expiry": {"kind": "fixed", "months": 1, "round_to": "day"}},
        {"tiers": [BASIC, {**SILVER, "threshold": 80}, GOLD]},
        {"tiers": [BASIC, {**SILVER, "earn_factor": "1.750"}, GOLD]},
        {"tiers": [BASIC, SILVER]},
        {"cooldown_minutes": 30, "stamps_target": 10},
    ],
)
def test_what_takes_nothing_from_anybody_is_not_asked_about(
    owner: Api, program: str, change: Mapping[str, Any]
) -> None:
    changed = owner.patch(f"{LOYALTY}/programs/{program}", json=change)
    assert changed.status_code == 200, changed.text


@pytest.mark.parametrize(
    ("change", "lowered"),
    [
        ({"points_required": 61}, "points_required"),
        ({"points_required": None}, "availability"),
        ({"stock_left": 0}, "availability"),
        ({"valid_until": "2026-01-01T00:00:00Z"}, "availability"),
    ],
)
def test_a_reward_stays_in_reach_unless_its_loss_is_confirmed(
    owner: Api, cake: str, change: Mapping[str, Any], lowered: str
) -> None:
    path = f"{LOYALTY}/rewards/{cake}"
    assert confirmed(owner.patch, path, lowered, json=change).status_code == 200


def test_another_name_and_a_lower_price_are_not_asked_about(owner: Api, cake: str) -> None:
    path = f"{LOYALTY}/rewards/{cake}"
    for change in ({"name": "A cake of ours"}, {"points_required": 50}, {"stock_left": 3}):
        assert owner.patch(path, json=change).status_code == 200


def test_what_was_confirmed_is_that_change_of_that_version(owner: Api, program: str) -> None:
    path = f"{LOYALTY}/programs/{program}"
    confirm = owner.patch(path, json={"stamps_target": 12}).json()["confirm"]
    other = owner.patch(path, json={"stamps_target": 13}, params={"confirm": confirm})
    assert other.json()["code"] == "change_lowers_cards"
    assert owner.patch(path, json={"name": "Another name"}).status_code == 200
    late = owner.patch(path, json={"stamps_target": 12}, params={"confirm": confirm})
    assert late.json()["code"] == "change_lowers_cards"
    assert owner.get(path).json()["stamps_target"] == 10


def test_the_basic_tier_counts_all_that_are_in_no_other(owner: Api, program: str) -> None:
    path = f"{LOYALTY}/programs/{program}"
    raised = [{**BASIC, "earn_factor": "2.000"}, SILVER, GOLD]
    assert owner.patch(path, json={"tiers": raised}).status_code == 200
    preview = owner.post(f"{path}/tiers/preview", json={"tiers": HYBRID["tiers"]}).json()
    moved = {"rising": 0, "keeping": 0, "losing": 0, "earning_less": 1}
    assert preview == {"cards": 2, **moved}
    assert owner.patch(path, json={"tiers": HYBRID["tiers"]}).json()["losers"] == 1
    gone = owner.post(f"{path}/tiers/preview", json={"tiers": []}).json()
    assert (gone["losing"], gone["earning_less"]) == (1, 1)
