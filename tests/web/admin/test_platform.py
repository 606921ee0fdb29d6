"""What an admin sees and does: vendors, programs, health, who changed what."""

import re
from collections.abc import Callable

import pytest

from punchcard.context import Context
from punchcard.db import outbox
from punchcard.db.outbox import WorkStatus
from punchcard.loyalty.operations import Actor, OperationMetadata
from punchcard.loyalty.till import stamp_service
from punchcard.loyalty.vocabulary import ActorKind
from tests.loyalty import shelf
from tests.support.cast import PASSWORD, Shop, make_admin
from tests.support.pages import Visitor, text_of

Visitors = Callable[..., Visitor]
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
CARLA = {
    "name": "Chez Carla",
    "slug": "chez-carla",
    "language": "fr",
    "currency": "EUR",
    "timezone": "Europe/Paris",
    "owner_name": "Carla",
    "owner_email": "carla@carla.example",
    "password": PASSWORD,
}


@pytest.fixture
def admin(visitors: Visitors, context: Context) -> Visitor:
    """Sign an admin in."""
    make_admin(context)
    visitor = visitors()
    visitor.sign_in("admin@platform.example", PASSWORD)
    return visitor


def test_a_vendor_is_opened_with_an_owner_who_can_sign_in(
    admin: Visitor, visitors: Visitors
) -> None:
    admin.get("/admin/vendors/new")
    opened = admin.follow(admin.post("/admin/vendors/new", **CARLA))
    assert "Chez Carla is open." in opened.text
    assert visitors().sign_in("carla@carla.example", PASSWORD).headers["location"] == "/console"


@ON_SQLITE
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("slug", "No Slug"),
        ("language", "xx"),
        ("currency", "??"),
        ("timezone", "Nowhere"),
        ("owner_name", ""),
        ("owner_email", "carla"),
        ("password", ""),
        ("password", "short"),
        ("slug", "cafe-alice"),
        ("owner_email", "owner@cafe-alice.example"),
    ],
)
def test_what_a_vendor_lacks_is_told_and_nothing_is_opened(
    admin: Visitor, alice: Shop, field: str, value: str
) -> None:
    admin.get("/admin/vendors/new")
    answer = admin.post("/admin/vendors/new", **{**CARLA, field: value})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert PASSWORD not in answer.text
    assert "Chez Carla" not in admin.get("/admin/vendors").text


def test_vendors_are_found_by_name_and_status(admin: Visitor, alice: Shop, bob: Shop) -> None:
    assert "Boulangerie Bob" not in admin.get("/admin/vendors?query=alice").text
    for query in ("CAFÉ", "cafe", "Alice Cafe", "cafe\u0301"):
        assert "Café Alice" in admin.get("/admin/vendors", params={"query": query}).text
    assert "No matching vendor" in admin.get("/admin/vendors?status=suspended").text
    both = admin.get("/admin/vendors?status=unheard-of&query=").text
    assert "Café Alice" in both
    assert "Boulangerie Bob" in both


def test_a_vendor_is_suspended_and_resumed(admin: Visitor, visitors: Visitors, alice: Shop) -> None:
    owner = visitors(alice)
    admin.get(f"/admin/vendors/{alice.id}")
    done = admin.follow(admin.post(f"/admin/vendors/{alice.id}/suspend"))
    assert "The vendor is suspended." in done.text
    assert owner.get("/console").status_code == 403
    admin.follow(admin.post(f"/admin/vendors/{alice.id}/resume"))
    assert visitors(alice).get("/console/account").status_code == 200


def test_a_vendor_is_renamed_and_the_audit_trail_says_by_whom(
    admin: Visitor, alice: Shop, bob: Shop
) -> None:
    admin.get(f"/admin/vendors/{alice.id}")
    habits = {"slug": "chez-alice", "language": "de", "currency": "EUR", "timezone": "Europe/Rome"}
    saved = admin.post(f"/admin/vendors/{alice.id}", name="Chez Alice", **habits)
    assert "Saved." in admin.follow(saved).text
    events = text_of(admin.get("/admin/audit?vendor=chez-alice"))
    assert "The admin" in events
    assert "Chez Alice" in events
    assert "Boulangerie Bob" not in events
    assert "Chez Alice" not in text_of(admin.get("/admin/audit?vendor=nobody-has-this"))


def test_all_programs_are_listed_with_whose_they_are(
    admin: Visitor, alice: Shop, bob: Shop
) -> None:
    for shop, name in ((alice, "Coffee card"), (bob, "Bread card")):
        answer = admin.client.post(
            "/api/v1/vendor/loyalty/programs",
            json={"name": name, "type": "stamps"},
            headers={"Authorization": f"Bearer {shop.token()}"},
        )
        assert answer.status_code == 201
    listed = text_of(admin.get("/admin/programs"))
    assert re.search(r"Coffee card.*Café Alice", listed, re.DOTALL)
    assert "Bread card" in listed
    assert "Bread card" not in admin.get("/admin/programs?query=coffee").text
    assert "No matching program" in admin.get("/admin/programs?status=active").text


def test_what_was_given_up_is_shown_with_its_reason_and_tried_again(
    admin: Visitor, context: Context
) -> None:
    with context.database.write() as session:
        outbox.enqueue(session, "card.changed", "0" * 36, context.clock.now())
        row = session.query(outbox.OutboxRow).one()
        row.status, row.last_error = WorkStatus.PARKED, "Google said no <b>today</b>"
    assert "Something needs you" in admin.get("/admin").text
    page = admin.get("/admin/health")
    assert "Google said no <b>today</b>" in text_of(page)
    tried = admin.follow(admin.post("/admin/health/retry"))
    assert "To be tried again: 1" in tried.text
    assert "Google said no" not in tried.text


@ON_SQLITE
def test_the_platforms_figures_stand_on_its_first_page(admin: Visitor, alice: Shop) -> None:
    page = text_of(admin.get("/admin"))
    assert "Active programs" in page
    assert "The last 90 days" in page


@ON_SQLITE
@pytest.mark.parametrize(
    "path",
    [
        "/admin/vendors?after=nonsense",
        "/admin/programs?after=%00",
        "/admin/audit?before=x",
        "/admin/vendors?query=%00%FF",
        "/admin/programs?query=%25_%5C",
        "/admin/audit?vendor=%00",
    ],
)
def test_a_list_bears_any_address(admin: Visitor, path: str) -> None:
    assert admin.get(path).status_code in (200, 404)


def test_audit_events_are_found_by_the_names_people_read(
    admin: Visitor, alice: Shop, bob: Shop
) -> None:
    for vendor in (alice, bob):
        admin.get(f"/admin/vendors/{vendor.id}")
        admin.post(f"/admin/vendors/{vendor.id}/suspend")

    def rows(query: str) -> str:
        page = text_of(admin.get(f"/admin/audit?{query}&lang=en"))
        return page[page.index("Before → after") :]

    assert "Café Alice" in rows("vendor=alice")
    assert "Boulangerie Bob" not in rows("vendor=Café+Alice")
    by_action = rows("action=vendor.suspended")
    assert by_action.count("Shop suspended") == 2
    assert "Shop opened" not in by_action
    assert "Shop opened" in rows("action=no-such-action")
    nobody = rows("vendor=nobody")
    assert "Shop" not in nobody


def test_a_vendors_page_says_whose_it_is_and_how_it_does(
    admin: Visitor, visitors: Visitors, alice: Shop
) -> None:
    program = shelf.program(alice, status="active", pin_policy="off")
    shelf.opened_card(alice, program)
    alice.device()

    def page() -> str:
        return " ".join(text_of(admin.get(f"/admin/vendors/{alice.id}?lang=en")).split())

    assert "Cards 1 1 active in 30 days" in page()
    assert "Last activity 2 Mar 2026" in page()
    assert "Terminals 1" in page()
    assert f"{alice.email('owner')} has not signed in yet" in page()
    visitors(alice)
    assert "signed in 1 second ago" in page()


def test_the_platforms_chart_has_a_name_a_total_and_a_scale(admin: Visitor, alice: Shop) -> None:
    program = shelf.program(alice, status="active", pin_policy="off")
    card = shelf.opened_card(alice, program)
    by: OperationMetadata = {"vendor_id": alice.id, "actor": Actor(ActorKind.SYSTEM, None)}
    stamp_service.add_stamp(alice.context.loyalty.till, card, quantity=4, **by)
    page = " ".join(text_of(admin.get("/admin?lang=en")).split())
    assert "Stamps and purchases per day The last 90 days · Together: 4" in page
    assert "Most on one day: 4" in page
