"""Signing in by the operator's identity provider: there and back in a browser, or not."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from punchcard.accounts.admin_service import create_admin
from punchcard.accounts.vocabulary import Role
from punchcard.context import Context
from punchcard.fakes.oidc import Account, FakeProvider
from punchcard.fakes.serving import served
from punchcard.kit.settings import Settings
from tests.journeys.support.axe import assert_no_axe_violations
from tests.journeys.support.clocks import FlowingClock
from tests.journeys.support.visits import Visits
from tests.support.cast import PASSWORD, Shop, by_operator

OPERATOR = "operator@platform.example"
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def provider(clock: FlowingClock) -> Iterator[FakeProvider]:
    """Serve a provider at which nobody is signed in yet."""
    fake = FakeProvider(now=clock.now)
    with served(fake.app()) as address:
        fake.issuer = address
        yield fake


@pytest.fixture
def settings(settings: Settings, provider: FakeProvider) -> Settings:
    """Set the provider up."""
    return replace(
        settings,
        oidc_issuer=provider.issuer,
        oidc_client_id=provider.client_id,
        oidc_client_secret=provider.client_secret,
        oidc_name="Acme",
    )


def go_there(page: Page) -> None:
    """Open the sign-in page, and press the provider's button."""
    page.goto("/sign-in?lang=en")
    page.get_by_role("button", name="Sign in with Acme").click()


def link(page: Page, email: str, home: str = "/console") -> None:
    """Come by the provider for the first time, type the password, and link the two."""
    go_there(page)
    expect(page.get_by_role("status")).to_contain_text(f"Acme knows you as {email}.")
    expect(page.get_by_label("E\u2011mail address")).to_have_value(email)
    assert_no_axe_violations(page)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(f"**{home}/account")
    page.goto(f"{home}/account?lang=en")
    assert_no_axe_violations(page)
    page.get_by_role("button", name="Link this account").click()
    page.goto(f"{home}/account?lang=en")
    expect(page.get_by_text(f"Linked with {email}.")).to_be_visible()
    assert_no_axe_violations(page)


@pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "no scripts"])
def test_an_owner_links_once_and_then_needs_no_password(
    visits: Visits, provider: FakeProvider, alice: Shop, javascript: bool
) -> None:
    provider.account = Account("acme|1", alice.email("owner"))
    page = visits.open(javascript=javascript)
    link(page, alice.email("owner"))

    # At another machine, and out of it again, there too.
    visits.advance(minutes=1)
    other = visits.open(width=1440, javascript=javascript)
    go_there(other)
    other.wait_for_url("**/console")
    other.goto("/console/account?lang=en")
    other.get_by_role("button", name="Sign out", exact=True).first.click()
    other.wait_for_url("**/sign-in")
    other.goto("/sign-in?lang=en")
    expect(other.get_by_role("link", name="Sign out of Acme as well")).to_be_visible()
    assert_no_axe_violations(other)


def test_an_admin_links_and_confirms_there(
    visits: Visits, context: Context, provider: FakeProvider
) -> None:
    hashed = context.accounts.sign_in.hash_password(PASSWORD)
    with context.database.write() as session:
        create_admin(session, by_operator(context), email=OPERATOR, name="Op", password_hash=hashed)
    provider.account = Account("acme|op", OPERATOR)
    page = visits.open(width=820)
    link(page, OPERATOR, "/admin")

    visits.advance(minutes=20)
    page.goto("/admin/account/confirm?next=/admin/vendors&lang=en")
    page.get_by_role("button", name="Confirm with Acme").click()
    page.wait_for_url("**/admin/vendors")


def test_an_owner_takes_the_link_from_a_colleague(
    visits: Visits, provider: FakeProvider, alice: Shop
) -> None:
    user_id = alice.hire(Role.MANAGER)
    provider.account = Account("acme|m", alice.email("manager"))
    colleague = visits.open()
    link(colleague, alice.email("manager"))

    owner = visits.open(width=1440)
    visits.sign_in(owner, alice.token())
    owner.goto(f"/console/people/{user_id}?lang=en")
    assert_no_axe_violations(owner)
    owner.once("dialog", lambda dialog: dialog.accept())
    owner.get_by_role("button", name="Remove the link").click()
    owner.wait_for_url("**/console/people")

    colleague.goto("/console")
    assert "/sign-in" in colleague.url
    visits.advance(minutes=1)
    go_there(colleague)
    expect(colleague.get_by_label("Password")).to_be_visible()
    # Who changed it stands among what the shop's owner may read, in words.
    owner.goto("/console/settings/changes?lang=en")
    told = "Account of another sign-in removed The manager"
    expect(owner.get_by_role("cell", name=told)).to_be_visible()


def test_a_provider_in_trouble_leaves_the_password(
    visits: Visits, provider: FakeProvider, alice: Shop
) -> None:
    visits.watch.allow("answered 503")
    page = visits.open()
    # Nobody is signed in there: they went back.
    go_there(page)
    expect(page.get_by_text("The other sign-in was left, or it did not")).to_be_visible()
    assert_no_axe_violations(page)
    # It gives an account that nobody has confirmed.
    provider.account = Account("acme|2", alice.email("owner"), email_verified=False)
    go_there(page)
    expect(page.get_by_text("That account may not sign in here")).to_be_visible()
    # It is away, and the server has to ask it anew.
    provider.is_down = True
    visits.advance(minutes=61)
    go_there(page)
    expect(page.get_by_text("The other sign-in cannot be reached at the moment.")).to_be_visible()
    assert_no_axe_violations(page)

    page.get_by_label("E\u2011mail address").fill(alice.email("owner"))
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/console")
