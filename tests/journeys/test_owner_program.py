"""An owner changes a program and sees the card change while typing."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.support.visits import Visits
from tests.loyalty import shelf
from tests.support.cast import Shop

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
CARD = "#preview-card .card-face"


def open_program(visits: Visits, page: Page, shop: Shop) -> str:
    """Sign the owner in before a program that has one card."""
    program = shelf.program(shop, status="active")
    shelf.opened_card(shop, program)
    visits.sign_in(page, shop.token())
    page.goto(f"/console/programs/{program.id}")
    return program.id


def test_the_card_changes_while_the_owner_types(visits: Visits, alice: Shop) -> None:
    page = visits.open(width=1440)
    open_program(visits, page, alice)
    page.locator("#card_name").fill("Alices Karte")
    expect(page.locator(f"{CARD} .card-name")).to_have_text("Alices Karte")
    page.locator("#background_color").fill("#14594b")
    expect(page.locator(CARD)).to_have_css("background-color", "rgb(20, 89, 75)")
    page.locator("input[name=preview_language][value=lb]").check()
    expect(page.locator(CARD)).to_have_attribute("lang", "lb")
    page.reload()
    expect(page.locator(f"{CARD} .card-name")).to_have_text("Coffee card")


def test_a_smaller_card_is_told_to_concern_customers_before_it_does(
    visits: Visits, alice: Shop
) -> None:
    page = visits.open(width=820)
    program_id = open_program(visits, page, alice)
    page.locator("#stamps_target").fill("8")
    page.locator("#save").click()
    expect(page.locator("#impacts .impact")).to_have_count(1)
    page.locator("#confirm").click()
    expect(page).to_have_url(re.compile(f"/console/programs/{program_id}"))
    expect(page.locator("#stamps_target")).to_have_value("8")
    page.goto(f"/console/programs/{program_id}/changes")
    expect(page.locator(".changes ins")).to_have_text(["8"])


@ON_SQLITE
def test_without_scripts_a_button_shows_the_card(visits: Visits, alice: Shop) -> None:
    page = visits.open(javascript=False)
    open_program(visits, page, alice)
    page.locator("#card_name").fill("Alices Karte")
    page.locator("input[name=preview_language][value=de]").check()
    page.locator("#show-preview").click()
    expect(page.locator(f"{CARD} .card-name")).to_have_text("Alices Karte")
    expect(page.locator(CARD)).to_have_attribute("lang", "de")
    expect(page.locator("#card_name")).to_have_value("Alices Karte")


def test_the_overview_draws_what_its_table_says(visits: Visits, alice: Shop) -> None:
    page = visits.open(width=1440, scheme="dark")
    open_program(visits, page, alice)
    page.goto("/console?days=30")
    expect(page.locator("[data-chart] canvas")).to_have_count(3)
    page.locator(".chart-table summary").click()
    expect(page.locator(".chart-table tbody tr")).to_have_count(30)
