"""What went wrong with a form is where the eye is, with the focus, also on a small phone."""

import pytest
from playwright.sync_api import Page, expect

from punchcard.loyalty.operations import Actor, OperationMetadata
from punchcard.loyalty.till import stamp_service
from punchcard.loyalty.vocabulary import ActorKind
from tests.journeys.owner_steps import sign_in
from tests.journeys.support.axe import assert_no_axe_violations
from tests.journeys.support.visits import Visits
from tests.loyalty import shelf
from tests.support.cast import Shop

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def expect_fault_in_sight(page: Page, name: str) -> None:
    """Expect that the field has the focus, and that it and its sentence can be seen whole."""
    field = page.locator(f"#{name}")
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_be_in_viewport(ratio=1)
    expect(page.locator(f"#{name}-fault")).to_be_in_viewport(ratio=1)


@ON_SQLITE
@pytest.mark.parametrize("javascript", [True, False])
def test_a_mistyped_number_on_the_page_of_joining(
    visits: Visits, alice: Shop, javascript: bool
) -> None:
    program = shelf.program(alice, status="active")
    page = visits.open(width=360, javascript=javascript)
    page.goto(f"/join/{program.slug}")
    page.locator("details", has=page.locator("#phone")).locator("summary").click()
    page.locator("#phone").fill("621")
    page.locator("form[action^='/join/'] > button").click()
    expect_fault_in_sight(page, "phone")
    assert_no_axe_violations(page)


@ON_SQLITE
def test_too_many_stamps_in_the_form_of_a_program(visits: Visits, alice: Shop) -> None:
    program = shelf.program(alice, status="active")
    page = visits.open(width=360)
    sign_in(page, alice)
    page.goto(f"/console/programs/{program.id}")
    page.locator("#stamps_target").fill("51")
    page.locator(".save-bar button:not(.secondary)").first.click()
    expect_fault_in_sight(page, "stamps_target")
    assert_no_axe_violations(page)


@ON_SQLITE
def test_a_word_too_long_in_another_language(visits: Visits, alice: Shop) -> None:
    program = shelf.program(alice, status="active")
    page = visits.open(width=360)
    sign_in(page, alice)
    page.goto(f"/console/programs/{program.id}")
    page.locator("#lb-name").evaluate("field => field.removeAttribute('maxlength')")
    page.locator("details:has(#lb-name) summary").click()
    page.locator("#lb-name").fill("x" * 121)
    page.locator(".save-bar button:not(.secondary)").first.click()
    expect_fault_in_sight(page, "lb-name")


@ON_SQLITE
def test_the_poster_scanned_again_opens_the_card_of_this_phone(visits: Visits, alice: Shop) -> None:
    program = shelf.program(alice, status="active")
    page = visits.open(width=360)
    page.goto(f"/join/{program.slug}")
    button = page.locator("form[action^='/join/'] > button")
    button.click()
    expect(page.locator("#front")).to_be_visible()
    card = page.url.split("?")[0]
    page.go_back()
    page.locator("form[action^='/join/'] > button, #front").first.wait_for()
    if button.is_visible():
        button.click()
    expect(page.locator("#front")).to_be_visible()
    assert page.url.split("?")[0] == card
    page.goto(f"/join/{program.slug}")
    assert page.url.split("?")[0] == card
    assert_no_axe_violations(page)


@ON_SQLITE
def test_a_refused_void_says_why_before_the_eyes(visits: Visits, alice: Shop) -> None:
    program = shelf.program(alice, status="active", pin_policy="optional")
    card = shelf.opened_card(alice, program)
    by: OperationMetadata = {"vendor_id": alice.id, "actor": Actor(ActorKind.SYSTEM, None)}
    stamp_service.add_stamp(alice.context.loyalty.till, card, **by)
    page = visits.open(width=360)
    sign_in(page, alice)
    page.goto(f"/console/members/{card}")
    form = page.locator("details", has=page.locator("[name=void_reason]")).first
    form.locator("summary").click()
    form.locator("[name=void_reason]").fill("Wrong card")
    form.locator("[name=staff_pin]").fill("12")
    form.locator("button").click()
    notice = page.locator(".notice.bad")
    expect(notice).to_be_focused()
    expect(notice).to_be_in_viewport(ratio=1)
    expect(form.locator("[name=void_reason]")).to_have_value("Wrong card")
    assert_no_axe_violations(page)


@ON_SQLITE
def test_a_deed_for_no_row_is_a_fault_before_the_eyes(visits: Visits, alice: Shop) -> None:
    shelf.opened_card(alice, shelf.program(alice, status="active"))
    page = visits.open(width=360)
    sign_in(page, alice)
    page.goto("/console/members")
    page.locator(".bulk-bar button").first.click()
    expect(page.locator("#refusal")).to_be_focused()
    expect(page.locator("#refusal")).to_be_in_viewport(ratio=1)
    expect(page.locator(".notice.good")).to_have_count(0)
    assert_no_axe_violations(page)
