"""Plans over the API: limits that refuse with a reason, usage, and the operator's bills."""

from datetime import UTC, datetime

import pytest

from punchcard.context import Context
from punchcard.kit.clock import ManualClock
from tests.contract.problems import check_problem
from tests.loyalty import shelf
from tests.support import cast
from tests.support.cast import Shop
from tests.support.http import Api
from tests.support.plans_given import give_plan

PLANS = "/admin/loyalty/plans"
PLAN = """id name is_default cards locations users staff_pins programs webhook_endpoints
    mails_per_month own_domain white_label created_at updated_at"""
MONTH = """vendor_id slug month open_cards new_cards active_cards entries mails
    webhook_deliveries closed_at"""


@pytest.fixture
def admin(api: Api, context: Context) -> Api:
    """Call the API as an admin."""
    return api.with_token(cast.make_admin(context))


def test_a_plan_has_these_fields_and_no_limits_of_its_own(admin: Api) -> None:
    made = admin.post(PLANS, {"name": "Free"})
    assert made.status_code == 201
    plan = made.json()
    assert set(plan) == set(PLAN.split())
    limits = set(PLAN.split()) - {"id", "name", "is_default", "created_at", "updated_at"}
    flags = {"own_domain", "white_label"}
    assert {plan[name] for name in flags} == {False}
    assert {plan[name] for name in limits - flags} == {None}
    assert admin.get(f"{PLANS}/{plan['id']}").json() == plan
    assert admin.get(PLANS).json()["items"] == [plan]
    check_problem(admin.post(PLANS, {"name": "Free"}), 409, code="plan_name_taken")
    check_problem(admin.get(f"{PLANS}/none"), 404, code="plan_not_found")


def test_above_the_limit_a_card_is_refused_with_a_reason_in_four_languages(
    owner: Api, alice: Shop
) -> None:
    program = shelf.program(alice, status="active")
    give_plan(alice, cards=1)
    body = {"program_id": program.id}
    card = owner.post("/vendor/loyalty/cards", body)
    assert card.status_code == 201
    said = set()
    for language in ("en", "fr", "de", "lb"):
        headers = {"Accept-Language": language}
        refused = owner.call("POST", "/vendor/loyalty/cards", json=body, headers=headers)
        problem = check_problem(refused, 409, code="plan_limit_reached")
        assert (problem["limit"], problem["maximum"]) == ("cards", 1)
        assert "{" not in problem["detail"]
        said.add(problem["detail"])
    assert len(said) == 4


def test_the_public_learns_nothing_of_the_plan(api: Api, alice: Shop) -> None:
    shelf.program(alice, status="active", slug="coffee")
    give_plan(alice, cards=0)
    refused = api.post("/loyalty/programs/coffee/enroll", {"accept_terms": True})
    problem = check_problem(refused, 409, code="plan_limit_reached")
    assert not {"limit", "maximum"} & problem.keys()
    assert "plan" not in problem["detail"]


def test_a_vendor_gets_a_plan_and_sees_what_it_uses(admin: Api, owner: Api, alice: Shop) -> None:
    plan = admin.post(PLANS, {"name": "Small", "locations": 1}).json()
    path = f"/admin/vendors/{alice.id}"
    given = admin.call("PUT", f"{path}/plan", json={"plan_id": plan["id"]})
    assert given.status_code == 200, given.text
    usage = owner.get("/vendor/loyalty/usage").json()
    assert usage == given.json() == admin.get(f"{path}/usage").json()
    assert (usage["plan_id"], usage["plan_name"]) == (plan["id"], "Small")
    places = next(one for one in usage["limits"] if one["limit"] == "locations")
    told = {"used": 1, "maximum": 1, "percent": 100, "is_near": True, "is_reached": True}
    assert places == {"limit": "locations", **told}
    refused = owner.post("/vendor/locations", {"name": "The kiosk"})
    check_problem(refused, 409, code="plan_limit_reached")
    check_problem(admin.delete(f"{PLANS}/{plan['id']}"), 409, code="plan_in_use")
    admin.call("PUT", f"{path}/plan", json={"plan_id": None})
    assert admin.delete(f"{PLANS}/{plan['id']}").status_code == 204
    assert owner.post("/vendor/locations", {"name": "The kiosk"}).status_code == 201


def test_bills_are_listed_and_saved_the_last_month_first(
    admin: Api, alice: Shop, bob: Shop, clock: ManualClock
) -> None:
    shelf.opened_card(alice, shelf.program(alice, status="active"))
    clock.advance(seconds=(datetime(2026, 4, 5, tzinfo=UTC) - clock.now()).total_seconds())
    token = cast.sign_in(alice.context, "admin@platform.example")
    caller = admin.with_token(token)
    first = caller.get("/admin/loyalty/usage", params={"limit": 1}).json()
    assert set(first["items"][0]) == set(MONTH.split())
    assert (first["items"][0]["slug"], first["items"][0]["month"]) == ("cafe-alice", "2026-03")
    rest = {"limit": 1, "cursor": first["next_cursor"], "month": "2026-03"}
    [second] = caller.get("/admin/loyalty/usage", params=rest).json()["items"]
    assert (second["slug"], second["new_cards"]) == ("boulangerie-bob", 0)
    file = caller.get("/admin/loyalty/usage/months.csv")
    assert file.headers["content-type"] == "text/csv; charset=utf-8"
    assert len(file.text.splitlines()) == 3
    wrong = caller.get("/admin/loyalty/usage", params={"month": "2026-13"})
    assert check_problem(wrong, 422)["errors"][0]["loc"] == ["query", "month"]
