"""Who runs the platform: opens a vendor, sees all of them, stops one."""

import pytest
from playwright.sync_api import expect

from punchcard.context import Context
from tests.journeys.support.axe import assert_no_axe_violations
from tests.journeys.support.visits import Visits
from tests.support.cast import PASSWORD, Shop, make_admin

NEW = "a password of my own"
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@ON_SQLITE
@pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "no scripts"])
def test_an_admin_opens_a_vendor_whose_owner_makes_the_account_their_own(
    visits: Visits, context: Context, javascript: bool
) -> None:
    admin = visits.open(width=1440, javascript=javascript)
    visits.sign_in(admin, make_admin(context))
    admin.goto("/admin/vendors")
    admin.get_by_role("button", name="New vendor").click()
    admin.get_by_label("Name of the shop").fill("Chez Carla <b>&</b> 🥐")
    admin.get_by_label("Short name").fill("chez-carla")
    admin.get_by_label("Name", exact=True).fill("Carla")
    admin.get_by_label("E\u2011mail address").fill("carla@carla.example")
    admin.get_by_label("First password").fill(PASSWORD)
    admin.get_by_role("button", name="Open the vendor").click()
    expect(admin.get_by_role("status")).to_contain_text("Chez Carla <b>&</b> 🥐 is open.")
    expect(admin.get_by_role("link", name="Chez Carla <b>&</b> 🥐")).to_be_visible()

    tablet, phone = (visits.open(width=width, javascript=javascript) for width in (820, 360))
    for page in (tablet, phone):
        page.goto("/console/account")
        page.get_by_label("E\u2011mail address").fill("carla@carla.example")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Se connecter").or_(
            page.get_by_role("button", name="Sign in")
        ).click()
        page.wait_for_url("**/console/account")
    phone.goto("/console/account?lang=en")
    phone.get_by_label("Current password").first.fill(PASSWORD)
    phone.get_by_label("New password", exact=True).fill(NEW)
    phone.get_by_label("Repeat the new password").fill(NEW)
    phone.get_by_role("button", name="Change password").click()
    phone.wait_for_url("**/console/account")
    expect(phone.locator(".notice.good")).to_be_visible()

    tablet.goto("/console/account")
    assert "/sign-in" in tablet.url


def test_an_admin_stops_a_vendor_and_lets_it_go_on(
    visits: Visits, context: Context, alice: Shop
) -> None:
    owner, admin = visits.open(), visits.open(width=820, scheme="dark")
    visits.sign_in(owner, alice.token())
    visits.sign_in(admin, make_admin(context))
    admin.goto("/admin/vendors?query=alice")
    # Of a search nothing is needed, so no field says of itself that it is not.
    searched = admin.get_by_role("searchbox", name="Name or short name", exact=True)
    expect(searched).to_have_value("alice")
    admin.get_by_role("link", name="Café Alice").click()
    admin.once("dialog", lambda dialog: dialog.accept())
    admin.get_by_role("button", name="Suspend").click()
    expect(admin.get_by_role("status")).to_contain_text("The vendor is suspended.")
    owner.goto("/console?lang=en")
    expect(owner.locator("main")).to_contain_text("This shop is suspended.")

    admin.get_by_role("button", name="Resume").click()
    expect(admin.get_by_role("status")).to_contain_text("The vendor is active again.")
    admin.get_by_role("button", name="Audit events").click()
    expect(admin.locator("tbody")).to_contain_text("Shop suspended")
    assert_no_axe_violations(admin)


@ON_SQLITE
def test_the_health_of_the_platform_is_seen_at_a_glance(visits: Visits, context: Context) -> None:
    admin = visits.open(width=360)
    visits.sign_in(admin, make_admin(context))
    admin.goto("/admin/health")
    expect(admin.get_by_role("heading", name="Queue and wallets")).to_be_visible()
    expect(admin.locator(".tiles")).to_contain_text("SQLite")
    assert_no_axe_violations(admin)
