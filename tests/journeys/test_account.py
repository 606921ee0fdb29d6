"""One's own account: a forgotten password, sessions elsewhere, and a terminal that is paired."""

import base64
import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import expect
from sqlalchemy import select, update

from punchcard.accounts.models import OutgoingMail, User
from punchcard.context import Context, build_context
from punchcard.db.database import Database
from punchcard.kit.ids import SystemIds
from punchcard.kit.secrets import totp
from punchcard.kit.settings import Settings
from tests.journeys.support.axe import assert_no_axe_violations
from tests.journeys.support.clocks import FlowingClock
from tests.journeys.support.visits import Visits
from tests.support.cast import PASSWORD, Shop
from tests.support.http import Api

NEW = "a password of my own"
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def context(
    database: Database, settings: Settings, clock: FlowingClock, ids: SystemIds
) -> Iterator[Context]:
    """Build a context whose mails stay where they are left: no worker sends them."""
    mailing = replace(settings, smtp_url="log:")
    with closing(build_context(mailing, clock=clock, ids=ids, database=database)) as built:
        yield built


def mailed_link(context: Context) -> str:
    with context.database.read() as session:
        mail_id = session.scalars(select(OutgoingMail.id).order_by(OutgoingMail.id.desc())).first()
        assert mail_id is not None
        mail = context.accounts.mail_queue.find(session, mail_id)
    assert mail is not None
    return mail.facts["link"]


@pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "no scripts"])
def test_a_forgotten_password_is_chosen_anew_by_the_link_of_a_mail(
    visits: Visits, context: Context, alice: Shop, javascript: bool
) -> None:
    page = visits.open(javascript=javascript)
    page.goto("/sign-in")
    page.get_by_role("link", name="Forgot your password?").click()
    page.get_by_label("E\u2011mail address").fill(alice.email("owner"))
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_role("heading")).to_have_text("Check your e\u2011mail")
    assert_no_axe_violations(page)

    page.goto(mailed_link(context))
    assert page.url.endswith("/reset-password")
    assert_no_axe_violations(page)
    page.get_by_label("New password", exact=True).fill(NEW)
    page.get_by_label("Repeat the new password").fill(NEW)
    page.get_by_role("button", name="Set the password").click()
    expect(page.get_by_role("status")).to_have_text("The password is set. Please sign in with it.")
    page.get_by_label("E\u2011mail address").fill(alice.email("owner"))
    page.get_by_label("Password").fill(NEW)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/console")


def test_an_owner_ends_the_session_of_a_lost_phone(
    visits: Visits, context: Context, alice: Shop
) -> None:
    laptop, phone = visits.open(width=1440), visits.open(width=360)
    visits.sign_in(laptop, alice.token())
    visits.sign_in(phone, alice.token())
    laptop.goto("/console/account?lang=en")
    laptop.get_by_role("combobox", name="Language").select_option("en")
    laptop.get_by_role("button", name="Save").click()
    expect(laptop.get_by_role("status")).to_have_text("Saved.")
    laptop.get_by_role("button", name="out, signed in since").click()
    expect(laptop.get_by_role("status")).to_have_text("That session has ended.")
    phone.goto("/console/account")
    assert "/sign-in" in phone.url


def test_the_page_with_the_code_notices_the_terminal_that_was_paired(
    visits: Visits, api: Api, alice: Shop
) -> None:
    page = visits.open(width=820)
    visits.sign_in(page, alice.token())
    page.goto("/console/account?lang=en")
    page.get_by_role("combobox", name="Language").select_option("en")
    page.get_by_role("button", name="Save").click()
    page.goto("/console/terminals")
    page.get_by_role("button", name="Show the code").click()
    code = (page.locator("#pairing-code").text_content() or "").replace(" ", "")
    expect(page.locator("#paired")).to_contain_text("Waiting for the terminal")
    assert_no_axe_violations(page)

    paired = api.post("/devices/pair", {"code": code, "name": "The counter"})
    assert paired.status_code == 201
    visits.advance(seconds=3)
    expect(page.locator("#paired")).to_contain_text("The counter is paired.")
    # The code is used up: nobody is invited to scan or type it again.
    for part in ("#pairing-qr", "#pairing-code", "#pairing-end"):
        expect(page.locator(part)).to_have_count(0)
    # A new shop has steps before the poster: it is led on to the first of them.
    page.get_by_role("button", name="Continue to the poster").click()
    expect(page).to_have_url(re.compile("/console/guide/"))
    page.goto("/console")
    expect(page.locator("#step-terminal")).to_have_class("done")
    page.goto("/console/terminals")
    expect(page.get_by_role("link", name="The counter")).to_be_visible()


def test_a_new_address_is_confirmed_on_the_phone_it_was_mailed_to(
    visits: Visits, context: Context, alice: Shop
) -> None:
    page, phone = visits.open(width=1440), visits.open()
    visits.sign_in(page, alice.token())
    page.goto("/console/account?lang=en")
    page.get_by_label("New e\u2011mail address").fill("new@alice.example")
    page.get_by_label("Current password").last.fill(PASSWORD)
    page.get_by_role("button", name="Send a link").click()
    page.wait_for_url("**/console/account")

    phone.goto(mailed_link(context))
    assert phone.url.endswith("/verify-email")
    assert_no_axe_violations(phone)
    phone.get_by_role("button", name="Confirm my address").click()
    expect(phone.get_by_role("status")).to_contain_text("sign in with the new address")
    # Whoever was signed in with the address of before is asked who they are.
    page.reload()
    page.get_by_label("E\u2011mail address").fill("new@alice.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("main")).to_contain_text("new@alice.example")


def test_a_second_factor_is_set_up_and_asked_for_without_javascript_too(
    visits: Visits, context: Context, alice: Shop
) -> None:
    reads_english(context, alice)
    page = visits.open(width=1440)
    visits.sign_in(page, alice.token())
    page.goto("/console/account/second-factor?lang=en")
    assert_no_axe_violations(page)
    key = base64.b32decode(page.locator("code").inner_text())
    page.get_by_label("Code", exact=True).fill(code_of(key, context))
    page.get_by_role("button", name="Set it up").click()
    assert_no_axe_violations(page)
    codes = page.locator("li code").all_inner_texts()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    assert Path(download.value.path()).read_text().split() == codes

    phone = visits.open(javascript=False)
    phone.goto("/sign-in?lang=en")
    phone.get_by_label("E\u2011mail address").fill(alice.email("owner"))
    phone.get_by_label("Password").fill(PASSWORD)
    phone.get_by_role("button", name="Sign in").click()
    expect(phone.get_by_role("heading", name="One more step")).to_be_visible()
    phone.get_by_label("Code").fill(codes[0])
    phone.get_by_role("button", name="Sign in").click()
    phone.wait_for_url("**/console")


def test_who_signs_in_right_after_setting_it_up_waits_for_the_next_code(
    visits: Visits, context: Context, alice: Shop
) -> None:
    reads_english(context, alice)
    page = visits.open(width=1440)
    visits.sign_in(page, alice.token())
    page.goto("/console/account/second-factor?lang=en")
    key = base64.b32decode(page.locator("code").inner_text())
    shown = code_of(key, context)
    page.get_by_label("Code", exact=True).fill(shown)
    page.get_by_role("button", name="Set it up").click()
    page.locator("li code").first.wait_for()

    phone = visits.open()
    phone.goto("/sign-in?lang=en")
    phone.get_by_label("E\u2011mail address").fill(alice.email("owner"))
    phone.get_by_label("Password").fill(PASSWORD)
    phone.get_by_role("button", name="Sign in").click()
    # The app still shows what was typed to set it up.
    phone.get_by_label("Code").fill(shown)
    phone.get_by_role("button", name="Sign in").click()
    expect(phone.get_by_role("alert")).to_contain_text("it was used already. Wait for the next one")
    assert_no_axe_violations(phone)
    visits.advance(seconds=30)
    phone.get_by_label("Code").fill(code_of(key, context))
    phone.get_by_role("button", name="Sign in").click()
    phone.wait_for_url("**/console")


def test_what_was_typed_is_still_there_after_the_password_was_asked_again(
    visits: Visits, context: Context, alice: Shop
) -> None:
    reads_english(context, alice)
    page = visits.open(width=1440)
    visits.sign_in(page, alice.token())
    page.goto("/console/api-keys?lang=en")
    visits.advance(minutes=context.settings.confirm_minutes + 1)
    page.get_by_label("What is it for?").fill("Web shop")
    page.get_by_role("button", name="Create the key").click()

    expect(page.get_by_role("heading", name="Is it you?")).to_be_visible()
    assert_no_axe_violations(page)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()

    expect(page.locator("main")).to_contain_text("Your new key")
    expect(page.locator("main")).to_contain_text("Web shop")


def reads_english(context: Context, shop: Shop) -> None:
    with context.database.write() as session:
        session.execute(update(User).where(User.vendor_id == shop.id).values(language="en"))


def code_of(key: bytes, context: Context) -> str:
    """Return what an app with this key shows."""
    return totp(key, int(context.clock.now().timestamp()) // 30, 6)
