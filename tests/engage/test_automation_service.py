"""Automations over the API: made, changed, ended, tried out, and what they did."""

from collections.abc import Iterator
from typing import Any

import pytest

from punchcard.context import Context
from punchcard.kit.clock import ManualClock
from punchcard.main import create_app
from tests.engage.engaged import at, automation, coffee_shop, end, guest, runs, stamp, work
from tests.loyalty import shelf
from tests.support.cast import Shop
from tests.support.http import Api, InProcess

SCOPES = ("loyalty:read", "loyalty:operate", "loyalty:manage")
BIRTHDAY = {"trigger": "birthday", "action": "points", "points": 5}


@pytest.fixture
def owner(context: Context, alice: Shop) -> Iterator[Api]:
    """Call as the software of Café Alice, whose key outlives a session."""
    with InProcess(create_app(context)) as api:
        yield api.with_token(alice.api_key(*SCOPES))


def path(program: Any, rest: str = "") -> str:
    return f"/vendor/loyalty/programs/{program.id}/automations{rest}"


def test_an_automation_is_made_changed_and_ended(alice: Shop, owner: Api) -> None:
    program = coffee_shop(alice)
    made = owner.post(path(program), json=BIRTHDAY).json()
    kept = {
        name: made[name] for name in ("status", "hold_out_percent", "limit_per_year", "version")
    }
    assert kept == {"status": "draft", "hold_out_percent": 10, "limit_per_year": 1, "version": 1}
    one = path(program, f"/{made['id']}")
    changed = owner.patch(one, json={"status": "active", "points": 7}).json()
    assert (changed["version"], changed["points"], changed["active_since"]) == (
        2,
        7,
        "2026-03-02T09:00:00.000000Z",
    )
    assert owner.get(path(program)).json()["items"] == [changed]
    assert owner.delete(one).status_code == 204
    assert owner.get(one).json()["status"] == "ended"
    assert owner.patch(one, json={"points": 8}).json()["code"] == "automation_ended"
    assert owner.delete(one).json()["code"] == "automation_ended"


def test_points_that_never_end_set_nothing_off(alice: Shop, owner: Api) -> None:
    for ends in (None, {"kind": "never"}):
        program = coffee_shop(alice, points_expiry=ends)
        soon = {**BIRTHDAY, "trigger": "points_expiring", "when": {"days_before": 7}}
        refused = owner.post(path(program), json=soon)
        assert refused.status_code == 422
        assert [fault["loc"] for fault in refused.json()["errors"]] == [["body", "trigger"]]


def test_what_the_program_supports_no_more_can_be_paused_and_ended(alice: Shop, owner: Api) -> None:
    program = coffee_shop(alice, points_expiry={"kind": "year_end"})
    soon = {**BIRTHDAY, "trigger": "points_expiring", "when": {"days_before": 7}}
    made = owner.post(path(program), json={**soon, "status": "active"}).json()
    one = path(program, f"/{made['id']}")
    shop = f"/vendor/loyalty/programs/{program.id}"
    assert owner.patch(shop, json={"points_expiry": None}).status_code == 200
    assert owner.patch(one, json={"status": "paused"}).json()["status"] == "paused"
    again = owner.patch(one, json={"status": "active"})
    assert (again.status_code, again.json()["errors"][0]["loc"]) == (422, ["body", "trigger"])
    assert owner.patch(one, json={"status": "ended"}).json()["status"] == "ended"


def test_a_draft_is_deleted(alice: Shop, owner: Api) -> None:
    program = coffee_shop(alice)
    made = owner.post(path(program), json=BIRTHDAY).json()
    one = path(program, f"/{made['id']}")
    assert owner.delete(one).status_code == 204
    assert owner.get(one).json()["code"] == "automation_not_found"


def test_contradictions_are_refused_where_they_are_made(alice: Shop, bob: Shop, owner: Api) -> None:
    program = coffee_shop(alice)
    cake = shelf.reward(bob, coffee_shop(bob).id)
    grant = {"trigger": "birthday", "action": "grant", "reward_id": cake.id}
    for body, name in (
        (grant, "reward_id"),
        ({**BIRTHDAY, "action": "message"}, "action"),
        ({**BIRTHDAY, "limit_per_year": 3}, "limit_per_year"),
        ({**BIRTHDAY, "points": 0}, "points"),
        ({**BIRTHDAY, "hold_out_percent": 51}, "hold_out_percent"),
        ({**BIRTHDAY, "status": "paused"}, "status"),
    ):
        refused = owner.post(path(program), json=body)
        assert refused.status_code == 422
        assert [error["loc"][-1] for error in refused.json()["errors"]] == [name]
    assert owner.get(path(program)).json()["items"] == []


def test_no_more_than_twenty_are_on(alice: Shop, owner: Api) -> None:
    program = coffee_shop(alice)
    for _ in range(20):
        automation(alice, program.id)
    refused = owner.post(path(program), json={**BIRTHDAY, "status": "active"})
    assert (refused.status_code, refused.json()["code"]) == (409, "automations_limit_reached")


def test_a_program_that_never_had_a_card_goes_with_its_automations(alice: Shop, owner: Api) -> None:
    program = coffee_shop(alice)
    cake = shelf.reward(alice, program.id)
    grant = {"trigger": "joined", "action": "grant", "reward_id": cake.id, "status": "active"}
    assert owner.post(path(program), json=grant).status_code == 201
    assert owner.delete(f"/vendor/loyalty/programs/{program.id}").status_code == 204


@pytest.mark.parametrize(
    ("asked", "met"),
    [
        (BIRTHDAY, (1, 1)),
        ({**BIRTHDAY, "trigger": "lapsed", "when": {"days": 30}}, (2, 2)),
        ({**BIRTHDAY, "trigger": "joined"}, (2, 2)),
        ({**BIRTHDAY, "trigger": "nth_visit", "when": {"visits": 2, "every": True}}, (1, 2)),
        (
            {
                **BIRTHDAY,
                "trigger": "joined",
                "conditions": [{"field": "visits_365d", "op": "gte", "value": 1}],
            },
            (1, 1),
        ),
    ],
)
def test_a_preview_tells_whom_it_would_have_met(
    alice: Shop, owner: Api, clock: ManualClock, asked: dict[str, Any], met: tuple[int, int]
) -> None:
    program = coffee_shop(alice)
    anna = guest(alice, program, birthday="04-15")
    guest(alice, program, birthday="12-24")
    for _ in range(4):
        stamp(alice, anna)
    clock.advance(days=60)
    told = owner.post(path(program, "/preview"), json=asked).json()
    assert told == {"days": 90, "cards": met[0], "occasions": met[1], "is_truncated": False}
    assert owner.get(path(program)).json()["items"] == []


def test_results_compare_who_came_back_with_who_was_held_out(
    context: Context, alice: Shop, owner: Api, clock: ManualClock
) -> None:
    program = coffee_shop(alice)
    cake = shelf.reward(alice, program.id, points_required=None, value_minor=450)
    cards = [guest(alice, program, birthday="05-17") for _ in range(20)]
    given = {"action": "grant", "points": None, "reward_id": cake.id, "hold_out_percent": 50}
    row = automation(alice, program.id, **given)
    clock.set(at("2026-05-17T10:00+02:00"))
    work(context)
    acted = [run for run in runs(context) if run.state == "acted"]
    held_out = [run for run in runs(context) if run.state == "held_out"]
    clock.advance(days=3)
    for run in (*acted[:2], held_out[0]):
        stamp(alice, run.card_id)
    collect = {"card": acted[0].card_id}
    assert owner.post("/vendor/loyalty/grants/redeem", json=collect).status_code == 201
    young = owner.get(path(program, f"/{row.id}/results")).json()
    assert (young["acted"]["watched"], young["difference"]) == (0, None)
    clock.advance(days=40)
    stamp(alice, acted[3].card_id)
    told = owner.get(path(program, f"/{row.id}/results")).json()
    shares = 2 / len(acted), 1 / len(held_out)
    assert told["acted"] == {
        "occasions": len(acted),
        "watched": len(acted),
        "came_back": 2,
        "share": f"{shares[0]:.3f}",
    }
    assert told["held_out"]["came_back"] == 1
    assert told["difference"] == f"{shares[0] - shares[1]:.3f}"
    assert (told["grants"], told["grants_used"], told["cost_minor"]) == (len(acted), 1, 450)
    assert len(acted) + len(held_out) == len(cards)


def test_points_and_stamps_cost_what_they_buy(
    context: Context, alice: Shop, owner: Api, clock: ManualClock
) -> None:
    program = coffee_shop(alice)
    guest(alice, program, birthday="05-17")
    points = automation(alice, program.id, points=10)
    stamps = automation(alice, program.id, action="stamps", points=None, stamps=2)
    clock.set(at("2026-05-17T10:00+02:00"))
    work(context)
    unknown = owner.get(path(program, f"/{points.id}/results")).json()
    assert (unknown["points"], unknown["cost_minor"]) == (10, None)
    shelf.reward(alice, program.id, points_required=100, value_minor=455)
    told = owner.get(path(program, f"/{points.id}/results")).json()
    assert told["cost_minor"] == 46
    told = owner.get(path(program, f"/{stamps.id}/results")).json()
    assert (told["stamps"], told["cost_minor"]) == (2, 70)


def test_a_reward_that_is_given_by_itself_stays_in_the_catalogue(alice: Shop, owner: Api) -> None:
    program = coffee_shop(alice)
    cake, tart = (shelf.reward(alice, program.id, name=name) for name in ("A cake", "A tart"))
    gives = {"action": "grant", "points": None, "reward_id": cake.id}
    row = automation(alice, program.id, **gives)
    promise = {"referral": {"friend": {"reward_id": tart.id}}}
    assert owner.patch(f"/vendor/loyalty/programs/{program.id}", json=promise).status_code == 200
    for reward, code in ((cake, "reward_given_by_automation"), (tart, "reward_promised")):
        refused = owner.delete(f"/vendor/loyalty/rewards/{reward.id}")
        assert (refused.status_code, refused.json()["code"]) == (409, code)
    end(alice, row)
    owner.patch(f"/vendor/loyalty/programs/{program.id}", json={"referral": None})
    for reward in (cake, tart):
        assert owner.delete(f"/vendor/loyalty/rewards/{reward.id}").status_code == 204
