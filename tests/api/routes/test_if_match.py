"""Changes on a condition: what was read is named by its ETag, and If-Match holds to it."""

from typing import Any

import pytest

from punchcard.accounts.vocabulary import Role
from punchcard.api.http.permissions import ACCESS
from punchcard.context import Context
from tests.connect import webhook_shop
from tests.engage.engaged import automation
from tests.loyalty import shelf
from tests.support import cast
from tests.support.cast import Shop
from tests.support.http import Api
from tests.support.plans_given import make_plan

V = "/vendor"
CHANGES: dict[str, dict[str, Any]] = {
    V: {"name": "Café A"},
    f"{V}/users/{{user_id}}": {"name": "Marc"},
    f"{V}/members/{{user_id}}": {"name": "Marc"},
    f"{V}/locations/{{location_id}}": {"name": "Gare"},
    f"{V}/devices/{{device_id}}": {"name": "Till 9"},
    f"{V}/loyalty/programs/{{program_id}}": {"name": "Coffee club"},
    f"{V}/loyalty/rewards/{{reward_id}}": {"name": "A tart"},
    f"{V}/loyalty/programs/{{program_id}}/promotions/{{promotion_id}}": {"name": "Triple"},
    f"{V}/loyalty/programs/{{program_id}}/automations/{{automation_id}}": {"name": "A cake"},
    f"{V}/webhook-endpoints/{{endpoint_id}}": {"description": "The till"},
    f"{V}/integrations/{{integration_id}}": {"name": "The till"},
    f"{V}/loyalty/cards/{{card_id}}": {"customer": {"name": "Marie"}},
    f"{V}/loyalty/pins/{{pin_id}}": {"name": "Lea"},
    "/admin/loyalty/plans/{plan_id}": {"name": "Large"},
    "/admin/vendors/{vendor_id}": {"name": "Café B"},
}
"""A change for every route that changes something by its fields."""


def test_every_route_that_changes_fields_is_tried_here() -> None:
    prefix = "/api/v1"
    # What people change of themselves, one name of a passkey, two never change at once.
    own = f"{prefix}/auth/"
    changing = {p for method, p in ACCESS if method == "PATCH" and not p.startswith(own)}
    assert {prefix + path for path in CHANGES} == changing


@pytest.fixture
def things(alice: Shop, owner: Api) -> dict[str, str]:
    """Put one of everything into the shop; return the ids by the names in paths."""
    alice.device()
    program = shelf.program(alice, status="active")
    bread = shelf.program(alice, name="Bread", type="points", stamp_reward=None)
    return {
        "vendor_id": alice.id,
        "plan_id": make_plan(alice),
        "user_id": alice.hire(Role.STAFF),
        "location_id": owner.get("/vendor/locations").json()["items"][0]["id"],
        "device_id": owner.get("/vendor/devices").json()["items"][0]["id"],
        "program_id": program.id,
        "reward_id": shelf.reward(alice, bread.id).id,
        "promotion_id": shelf.promotion(alice, program.id, **shelf.MORE_STAMPS).id,
        "automation_id": automation(alice, program.id, action="stamps", stamps=1, points=...).id,
        "endpoint_id": webhook_shop.endpoint(alice)[1],
        "integration_id": owner.post(
            "/vendor/integrations", {"program_id": bread.id, "kind": "woocommerce"}
        ).json()["id"],
        "card_id": shelf.opened_card(alice, program),
        "pin_id": shelf.pin(alice).id,
    }


@pytest.fixture
def admin(api: Api, context: Context) -> Api:
    """Call the API as an admin."""
    return api.with_token(cast.make_admin(context))


@pytest.mark.parametrize("pattern", CHANGES)
def test_a_change_waits_for_nobody_elses(
    owner: Api, admin: Api, things: dict[str, str], pattern: str
) -> None:
    caller = admin if pattern.startswith("/admin") else owner
    path, change = pattern.format(**things), CHANGES[pattern]
    read = caller.get(path)
    first = read.headers["etag"]

    changed = caller.patch(path, change, if_match=first)
    assert changed.status_code == 200, changed.text
    second = changed.headers["etag"]
    assert second != first
    assert caller.get(path).headers["etag"] == second

    late = caller.patch(path, change, if_match=first)
    assert (late.status_code, late.json()["code"]) == (412, "changed_meanwhile")
    assert caller.get(path).headers["etag"] == second
    for right in (None, "*", second, f'"another", {second}'):
        assert caller.patch(path, change, if_match=right).status_code == 200


@pytest.mark.parametrize("if_match", ["", "no tag", '"', 'W/"{}"', '"{}x"'])
def test_what_names_no_state_of_it_changes_nothing(owner: Api, if_match: str) -> None:
    tag = owner.get("/vendor").headers["etag"].strip('"')

    answer = owner.patch("/vendor", {"name": "Café A"}, if_match=if_match.format(tag))

    assert answer.status_code == 412
    assert owner.get("/vendor").json()["name"] != "Café A"


def test_a_stamp_and_a_used_pin_make_no_change_stale(owner: Api, things: dict[str, str]) -> None:
    card, pin = (
        f"/vendor/loyalty/cards/{things['card_id']}",
        f"/vendor/loyalty/pins/{things['pin_id']}",
    )
    before = owner.get(card).headers["etag"], owner.get(pin).headers["etag"]

    stamp = {"card": things["card_id"], "staff_pin": "4711"}
    assert owner.post("/vendor/loyalty/stamp", stamp).status_code == 201

    assert (owner.get(card).headers["etag"], owner.get(pin).headers["etag"]) == before
