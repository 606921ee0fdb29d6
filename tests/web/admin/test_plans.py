"""Plans on pages: made and given by an admin, seen by the shop, told politely to its customers."""

from collections.abc import Callable

import pytest

from punchcard.context import Context
from punchcard.kit.clock import ManualClock
from tests.loyalty import shelf
from tests.support.cast import PASSWORD, Shop, make_admin
from tests.support.pages import Visitor, text_of
from tests.support.plans_given import give_plan, open_cards

Visitors = Callable[..., Visitor]
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def admin(visitor: Visitor, context: Context) -> Visitor:
    """Sign an admin in."""
    make_admin(context)
    visitor.sign_in("admin@platform.example", PASSWORD)
    return visitor


def test_an_admin_makes_a_plan_gives_it_and_takes_it_back(
    admin: Visitor, visitors: Visitors, alice: Shop
) -> None:
    owner = visitors(alice)
    assert "Your shop has no limits." in text_of(owner.get("/console/plan"))
    admin.get("/admin/plans")
    made = admin.follow(admin.post("/admin/plans", name="Small", cards="2", locations="1"))
    assert "The plan is there." in made.text
    plan_id = made.text.partition('href="/admin/plans/')[2].partition('"')[0]
    vendor = f"/admin/vendors/{alice.id}"
    admin.get(vendor)
    assert "Saved." in admin.follow(admin.post(f"{vendor}/plan", plan_id=plan_id)).text
    page = text_of(owner.get("/console/plan"))
    assert "Your shop has the plan Small." in page
    assert "Limit reached" in page
    admin.get(f"/admin/plans/{plan_id}")
    refused = admin.post(f"/admin/plans/{plan_id}/delete")
    assert refused.status_code == 409
    assert "Shops have this plan: 1." in text_of(refused)
    admin.post(f"{vendor}/plan", plan_id="")
    assert "The plan is deleted." in admin.follow(admin.post(f"/admin/plans/{plan_id}/delete")).text


def test_what_a_plan_has_stands_apart_in_the_list(admin: Visitor) -> None:
    admin.get("/admin/plans")
    every = {"is_default": "on", "own_domain": "on", "white_label": "on"}
    listed = admin.follow(admin.post("/admin/plans", name="Large", **every)).text
    row = listed.partition(">Large</a>")[2].partition("</td>")[0]
    assert row.count('class="badge') == 3
    assert '</span><span class="badge' not in row
    assert row.startswith(" <span")


def test_what_happens_to_plans_is_told_in_words(admin: Visitor, alice: Shop) -> None:
    admin.get("/admin/plans")
    limits = {"staff_pins": "3", "webhook_endpoints": "4", "mails_per_month": "5", "users": "6"}
    made = admin.follow(admin.post("/admin/plans", name="Small", locations="2", **limits))
    plan_id = made.text.partition('href="/admin/plans/')[2].partition('"')[0]
    admin.get(f"/admin/vendors/{alice.id}")
    admin.post(f"/admin/vendors/{alice.id}/plan", plan_id=plan_id)
    told = " ".join(text_of(admin.get("/admin/audit?lang=en")).split())
    assert "Plan – → Small" in told
    words = ("Staff PINs 3", "Webhooks 4", "Mails a month 5", "Team 6", "Locations 2")
    assert [one for one in (*words, "New vendors get this plan no") if one not in told] == []
    assert [raw for raw in ("plan_id", "is_default", *limits) if raw in told] == []


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("name", "", "Please fill this in."),
        ("cards", "many", "A whole number from 0 to 1,000,000,000."),
        ("users", "0", "A whole number from 1 to 1,000,000,000."),
    ],
)
def test_a_plan_says_at_its_field_what_is_wrong(
    admin: Visitor, field: str, value: str, told: str
) -> None:
    admin.get("/admin/plans")
    answer = admin.post("/admin/plans", **{"name": "Small", field: value})
    assert answer.status_code == 422
    assert told in text_of(answer)


def test_a_plan_is_changed_for_all_who_have_it(admin: Visitor, alice: Shop) -> None:
    plan = give_plan(alice, cards=2)
    page = f"/admin/plans/{plan.id}"
    admin.get(page)
    admin.post(page, name="Small", cards="", is_default="on")
    listed = text_of(admin.get("/admin/plans"))
    assert "New vendors" in listed
    program = shelf.program(alice, status="active")
    for _ in range(3):
        shelf.opened_card(alice, program)
    assert open_cards(alice) == 3


def test_an_owner_is_warned_before_a_limit_is_reached(visitors: Visitors, alice: Shop) -> None:
    program = shelf.program(alice, status="active")
    give_plan(alice, cards=5)
    owner = visitors(alice)
    for _ in range(3):
        shelf.opened_card(alice, program)
    assert "that your plan allows" not in text_of(owner.get("/console"))
    shelf.opened_card(alice, program)
    told = "Open cards: 4 of the 5 that your plan allows are in use."
    assert told in text_of(owner.get("/console"))
    assert "Nearly used up" in text_of(owner.get("/console/plan"))


def test_who_wants_a_card_is_told_politely_that_there_is_none(
    visitor: Visitor, alice: Shop
) -> None:
    program = shelf.program(alice, status="active", slug="coffee")
    page = visitor.get(f"/join/{program.slug}")
    assert "Get my card" in page.text
    give_plan(alice, cards=0)
    told = "This shop takes no new cards at the moment."
    answer = visitor.post(f"/join/{program.slug}", name="Chloé")
    assert (answer.status_code, told in text_of(answer)) == (409, True)
    closed = text_of(visitor.get(f"/join/{program.slug}"))
    assert told in closed
    assert "Get my card" not in closed
    assert "plan" not in closed.casefold()


def test_what_vendors_used_is_listed_and_taken_along(
    admin: Visitor, alice: Shop, bob: Shop, clock: ManualClock
) -> None:
    shelf.opened_card(alice, shelf.program(alice, status="active"))
    listed = text_of(admin.get("/admin/usage?month=2026-03"))
    assert "not yet" in listed
    assert "Café Alice" in listed
    file = admin.get("/admin/usage/months.csv?month=2026-03")
    assert file.headers["content-type"].startswith("text/csv")
    assert f"{alice.id},cafe-alice,2026-03,1,1,1,1,0,0,\r\n" in file.text
    assert "February 2026" in text_of(admin.get("/admin/usage?month=nonsense&lang=en"))
