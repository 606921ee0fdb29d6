"""The way round the console: its menu, with scripts and without, on every width."""

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.owner_steps import sign_in
from tests.journeys.support.axe import assert_no_axe_violations
from tests.journeys.support.visits import WIDTHS, Visits
from tests.support.cast import Shop

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def assert_the_menu_leads_on(page: Page) -> None:
    page.locator('nav a[href="/console/settings"]').click()
    expect(page.locator('nav a[href="/console/settings"]')).to_have_attribute(
        "aria-current", "page"
    )
    page.locator('form[action="/sign-out"] button').click()
    expect(page.locator("#email")).to_be_visible()


@pytest.mark.parametrize("width", WIDTHS)
def test_without_scripts_the_menu_is_there(visits: Visits, alice: Shop, width: int) -> None:
    page = visits.open(width=width, javascript=False)
    sign_in(page, alice)
    assert_the_menu_leads_on(page)


@pytest.mark.parametrize("width", [360, 1440])
def test_when_scripts_do_not_come_the_menu_is_there(
    visits: Visits, alice: Shop, width: int
) -> None:
    page = visits.open(width=width)
    visits.watch.allow("ERR_FAILED")
    page.route("**/*.js", lambda route: route.abort())
    sign_in(page, alice)
    assert_the_menu_leads_on(page)


def test_on_a_phone_the_menu_is_shut_until_it_is_asked_for(visits: Visits, alice: Shop) -> None:
    page = visits.open(width=360)
    sign_in(page, alice)
    link = page.locator('nav a[href="/console/settings"]')
    expect(link).to_be_hidden()
    page.locator(".menu > summary").click()
    expect(link).to_be_visible()
    assert_no_axe_violations(page)


def test_the_language_is_changed_from_the_menu_and_the_page_stays(
    visits: Visits, alice: Shop
) -> None:
    page = visits.open(width=1440)
    sign_in(page, alice)
    page.goto("/console/ledger")
    page.locator('.menu .languages [value="de"]').click()
    expect(page.locator("html")).to_have_attribute("lang", "de")
    assert page.url.endswith("/console/ledger")
