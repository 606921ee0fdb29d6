"""The overview and the monthly report in a browser: filters without scripts, one sheet of A4."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from punchcard.loyalty.operations import Actor, OperationMetadata
from punchcard.loyalty.till import stamp_service
from punchcard.loyalty.vocabulary import ActorKind
from tests.journeys.owner_steps import PAGES_OF_A_PDF, PAPER, POINTS_A_MILLIMETRE, sign_in
from tests.journeys.support.axe import assert_no_axe_violations
from tests.journeys.support.visits import Visits
from tests.loyalty import shelf
from tests.support.cast import Shop

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def stamped(shop: Shop, quantity: int) -> None:
    program = shelf.program(shop, status="active", pin_policy="off")
    card = shelf.opened_card(shop, program)
    by: OperationMetadata = {"vendor_id": shop.id, "actor": Actor(ActorKind.SYSTEM, None)}
    stamp_service.add_stamp(shop.context.loyalty.till, card, quantity=quantity, **by)


@pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "no scripts"])
def test_the_period_changes_the_tiles_too(visits: Visits, alice: Shop, javascript: bool) -> None:
    stamped(alice, 3)
    page = visits.open(width=1440, javascript=javascript)
    sign_in(page, alice)
    page.locator("#days").select_option("7")
    page.locator("form.filters button").click()
    expect(page).to_have_url(re.compile("days=7"))
    expect(page.locator(".tile", has_text="3").first).to_be_visible()
    assert_no_axe_violations(page)


def test_the_monthly_report_is_one_sheet_of_a4(visits: Visits, alice: Shop, tmp_path: Path) -> None:
    stamped(alice, 3)
    page = visits.open(width=1440, scheme="dark")
    sign_in(page, alice)
    page.locator('nav a[href="/console/month-report"]').click()
    page.locator("#lang").select_option("lb")
    page.locator("form.filters button").click()
    expect(page.locator("#sheet h2")).to_contain_text("Rapport fir")
    assert_no_axe_violations(page)
    printed = page.pdf(path=tmp_path / "report.pdf", prefer_css_page_size=True)
    assert len(PAGES_OF_A_PDF.findall(printed)) == 1
    (paper,) = PAPER.findall(printed)
    width, height = (round(float(side) / POINTS_A_MILLIMETRE) for side in paper)
    assert (width, height) == (210, 297)
