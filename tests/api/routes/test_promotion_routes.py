"""Promotions and quotes over HTTP: what a vendor sends and sees."""

from typing import Any

import pytest

from tests.loyalty import shelf
from tests.support.cast import Shop
from tests.support.http import Api

HAPPY_HOUR: dict[str, Any] = {
    "name": "Happy hour",
    "status": "active",
    "effect": {"kind": "multiply", "factor": "1.500"},
    "starts_on": "2026-01-01",
    "windows": [{"weekdays": [1, 2], "from": "16:00", "to": "24:00"}],
    "limit": {"times": 1, "per": "day"},
    "budget": {"points": 500},
    "texts": {"fr": {"name": "L’heure heureuse"}},
}


@pytest.fixture
def path(alice: Shop) -> str:
    """Return where the promotions of a points program are."""
    program = shelf.program(alice, **shelf.POINTS, status="active", pin_policy="off")
    return f"/vendor/loyalty/programs/{program.id}/promotions"


def test_a_promotion_is_shown_as_it_was_sent(owner: Api, path: str) -> None:
    made = owner.post(path, json=HAPPY_HOUR)
    assert made.status_code == 201
    shown = owner.get(f"{path}/{made.json()['id']}").json()
    assert shown == made.json()
    for name in ("name", "status", "starts_on", "windows", "limit"):
        assert shown[name] == HAPPY_HOUR[name]
    assert shown["effect"]["factor"] == "1.500"
    assert (shown["budget"]["points"], shown["texts"]["fr"]) == (500, HAPPY_HOUR["texts"]["fr"])
    assert (shown["stacking"], shown["version"], shown["uses"]) == ("best", 1, 0)
    assert owner.get(path).json()["items"] == [shown]


def test_a_condition_is_taken_away_by_null(owner: Api, path: str) -> None:
    made = owner.post(path, json=HAPPY_HOUR).json()
    change = {"windows": None, "limit": None, "budget": None, "starts_on": None}
    shown = owner.patch(f"{path}/{made['id']}", json=change).json()
    assert {name: shown[name] for name in change} == {**change, "windows": []}
    assert shown["version"] == 2


def test_what_has_no_length_is_named(owner: Api, path: str) -> None:
    window = {"weekdays": [1], "from": "16:00", "to": "16:00"}
    refused = owner.post(path, json={**HAPPY_HOUR, "windows": [window]})
    assert refused.status_code == 422
    assert [error["loc"][-3:] for error in refused.json()["errors"]] == [["windows", 0, "to"]]


def test_a_quote_tells_the_parts_and_leaves_the_card_alone(
    alice: Shop, owner: Api, path: str
) -> None:
    made = owner.post(path, json={"name": "Double", "status": "active", "effect": shelf.DOUBLE})
    program_id = path.split("/")[4]
    card = owner.post("/vendor/loyalty/cards", json={"program_id": program_id}).json()
    asked = {"card": card["number"], "amount_minor": 1000}
    told = owner.post("/vendor/loyalty/points/quote", json=asked)
    assert told.status_code == 200
    assert told.json() == {
        "points": 20,
        "stamps": 0,
        "parts": [
            {"kind": "base", "promotion_id": None, "points": 10, "stamps": 0},
            {"kind": "promotion", "promotion_id": made.json()["id"], "points": 10, "stamps": 0},
        ],
        "refused_by": None,
    }
    assert owner.get(f"/vendor/loyalty/cards/{card['id']}").json()["points"] == 0
    missing = {**asked, "card": "000000000000"}
    assert owner.post("/vendor/loyalty/points/quote", json=missing).status_code == 404


def test_a_promotion_is_tried_out_on_what_was(owner: Api, path: str, alice: Shop) -> None:
    made = owner.post(path, json={"name": "Double", "effect": shelf.DOUBLE}).json()
    program_id = path.split("/")[4]
    reward = {"name": "A tart", "points_required": 50, "value_minor": 225}
    owner.post(f"/vendor/loyalty/programs/{program_id}/rewards", json=reward)
    card = owner.post("/vendor/loyalty/cards", json={"program_id": program_id}).json()
    asked = {"card": card["number"], "amount_minor": 1250}
    owner.post("/vendor/loyalty/points/earn", json=asked)
    today = alice.context.clock.now().date().isoformat()
    told = owner.post(f"{path}/{made['id']}/simulate", json={"from": today, "to": today})
    assert told.status_code == 200
    assert told.json() == {
        "points": 13,
        "stamps": 0,
        "cards_touched": 1,
        "purchases": 1,
        "purchases_touched": 1,
        "purchases_anyway": 1,
        "cost_minor": 59,
        "point_worth": {"minor": "4.500", "reward": "A tart"},
        "stamp_worth": None,
        "entries": 1,
        "is_truncated": False,
    }
    turned = owner.post(f"{path}/{made['id']}/simulate", json={"from": today, "to": "2020-01-01"})
    assert turned.status_code == 422
