"""A passkey in a real browser, whose device is the browser's own virtual one."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import update

from punchcard.accounts.models import User
from punchcard.context import Context
from punchcard.kit.settings import Settings
from tests.journeys.support.axe import assert_no_axe_violations
from tests.journeys.support.engine import Engine
from tests.journeys.support.visits import Visits
from tests.support.cast import PASSWORD, Shop

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
FACTOR = "/console/account/second-factor?lang=en"


@pytest.fixture
def settings(settings: Settings, port: int) -> Settings:
    """Give the shop a name: browsers have no passkeys for an address."""
    return replace(settings, base_url=f"http://localhost:{port}")


@pytest.fixture
def browser(engine: Engine) -> Iterator[Browser]:
    """Start a browser that finds `localhost`, which the others do not."""
    with engine.awake():
        running = engine.launch(names="localhost")
    yield running
    with engine.awake():
        running.close()


@pytest.fixture
def address(address: str, port: int) -> str:
    """Go to the shop by its name."""
    return address.replace("127.0.0.1", "localhost")


def plug_in(page: Page) -> None:
    """Give the page's browser a device that agrees to everything."""
    devices = page.context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    devices.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )


def look_at(page: Page) -> None:
    """Look at the same page with axe, in a tab of its own: that halts a page's scripts."""
    tab = page.context.new_page()
    tab.goto(page.url)
    assert_no_axe_violations(tab)
    tab.close()
    page.bring_to_front()


def read_english(context: Context, shop: Shop) -> None:
    with context.database.write() as session:
        session.execute(update(User).where(User.vendor_id == shop.id).values(language="en"))


def to_second_step(page: Page, alice: Shop) -> None:
    page.goto("/sign-in?lang=en")
    page.get_by_label("E\u2011mail address").fill(alice.email("owner"))
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()


def test_a_passkey_is_added_and_signs_in_and_codes_stand_in_for_it(
    visits: Visits, context: Context, alice: Shop
) -> None:
    read_english(context, alice)
    page = visits.open(width=1440)
    plug_in(page)
    visits.sign_in(page, alice.token())
    page.goto(FACTOR)
    look_at(page)
    page.get_by_label("What do you call it?").fill("My computer")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    codes = page.locator("li code").all_inner_texts()
    page.goto(FACTOR)
    expect(page.get_by_role("listitem").filter(has_text="My computer")).to_be_visible()
    look_at(page)

    page.context.clear_cookies()
    visits.advance(seconds=1)
    to_second_step(page, alice)
    look_at(page)
    page.get_by_role("button", name="Use your passkey").click()
    page.wait_for_url("**/console")

    page.context.clear_cookies()
    visits.advance(seconds=1)
    page.goto("/sign-in?lang=en")
    look_at(page)
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url("**/console")

    stranger = visits.open(width=360)
    # A device without the passkey: the person is told, and may type a code.
    plug_in(stranger)
    to_second_step(stranger, alice)
    stranger.get_by_role("button", name="Use your passkey").click()
    expect(stranger.get_by_role("alert")).to_contain_text("Nothing came of it")
    assert_no_axe_violations(stranger)
    stranger.get_by_label("Code").fill(codes[0])
    stranger.get_by_role("button", name="Sign in", exact=True).click()
    stranger.wait_for_url("**/console")


def test_without_a_script_a_code_is_needed_and_the_page_says_so(
    visits: Visits, context: Context, alice: Shop
) -> None:
    read_english(context, alice)
    page, plain = visits.open(width=820), visits.open(javascript=False)
    plug_in(page)
    visits.sign_in(page, alice.token())
    page.goto(FACTOR)
    page.get_by_label("What do you call it?").fill("My computer")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    codes = page.locator("li code").all_inner_texts()

    to_second_step(plain, alice)
    expect(plain.get_by_text("a code is needed")).to_be_visible()
    expect(plain.get_by_role("button", name="Use your passkey")).to_be_hidden()
    plain.get_by_label("Code").fill(codes[0])
    plain.get_by_role("button", name="Sign in", exact=True).click()
    plain.wait_for_url("**/console")
