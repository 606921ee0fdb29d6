"""A till without a line prints receipts, and guests put them on their cards with a phone."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from punchcard.accounts.models import User
from punchcard.connect.claims import receipt_keys
from punchcard.connect.claims.codes import claim_url
from punchcard.connect.claims.receipt_texts import receipt_text
from punchcard.context import Context
from punchcard.kit.i18n import LANGUAGES, translate
from tests.journeys.owner_steps import PAGES_OF_A_PDF, PAPER, POINTS_A_MILLIMETRE, sign_in
from tests.journeys.support.axe import assert_no_axe_violations
from tests.journeys.support.visits import Visits
from tests.loyalty import shelf
from tests.support.cast import Shop, by_operator

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def receipt(context: Context, alice: Shop) -> str:
    """Open a points program and print a signed receipt over €12.50; returns what its code says."""
    program = shelf.program(alice, type="points", status="active", stamp_reward=None)
    with context.database.write() as session:
        secret, key = receipt_keys.create_key(
            session,
            by_operator(context),
            alice.id,
            context.connect.receipt_secrets,
            program_id=program.id,
            location_id=None,
            name="Till 1",
            limit=5,
        )
        printed = receipt_text(
            key.code, secret, amount_minor=1250, reference="R-1042", occurred_at=context.clock.now()
        )
    return claim_url(context.settings.base_url, printed)


def scan(page: Page, receipt: str, *, is_checked: bool) -> None:
    page.goto(receipt)
    expect(page.locator("h1")).to_contain_text("Café Alice")
    if is_checked:
        assert_no_axe_violations(page)


@pytest.mark.parametrize("language", ["en", "lb"])
@pytest.mark.parametrize("has_scripts", [True, False])
def test_a_guest_without_a_card_scans_a_receipt_and_has_the_points(
    visits: Visits, receipt: str, language: str, has_scripts: bool
) -> None:
    def say(sentence: str) -> str:
        return translate(sentence, language)

    phone = visits.open(width=360, locale=language, javascript=has_scripts)
    scan(phone, receipt, is_checked=has_scripts)
    expect(phone.get_by_text(say("{n} points").format(n=12))).to_be_visible()
    phone.get_by_role("button", name=say("Get a card for it")).click()
    phone.get_by_role("button", name=say("Get my card")).click()
    expect(phone.get_by_text(say("Your receipt is on your card."))).to_be_visible()
    expect(phone.locator("#front")).to_contain_text("12")
    scan(phone, receipt, is_checked=has_scripts)
    expect(phone.get_by_text(say("This receipt is on your card already."))).to_be_visible()

    friend = visits.open(width=360, locale=language, javascript=has_scripts)
    scan(friend, receipt, is_checked=has_scripts)
    expect(friend.get_by_text(say("This receipt has been used already."))).to_be_visible()
    expect(friend.get_by_role("button", name=say("Put it on my card"))).to_have_count(0)


@pytest.mark.parametrize("language", LANGUAGES)
def test_how_a_till_prints_receipts_is_one_sheet_of_a4_without_the_secret(
    visits: Visits, context: Context, alice: Shop, tmp_path: Path, language: str
) -> None:
    shelf.program(alice, type="points", status="active", stamp_reward=None)
    with context.database.write() as session:
        session.query(User).filter(User.vendor_id == alice.id).one().language = language
    page = visits.open(width=1440, scheme="dark", locale=language)
    sign_in(page, alice)
    page.goto("/console/receipts")
    page.locator("#name").fill("The till beside the door, of Café Alice in Esch-sur-Alzette")
    page.locator('form[action="/console/receipts/keys"] button').click()
    secret = page.locator("#new-secret")
    expect(secret).to_have_text(re.compile("^prk_"))
    assert_no_axe_violations(page)

    page.emulate_media(media="print")
    expect(secret).to_be_hidden()
    expect(page.locator("#test-receipt")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", language)
    printed = page.pdf(path=tmp_path / f"{language}.pdf", prefer_css_page_size=True)

    assert len(PAGES_OF_A_PDF.findall(printed)) == 1
    (paper,) = PAPER.findall(printed)
    assert [round(float(side) / POINTS_A_MILLIMETRE) for side in paper] == [210, 297]
