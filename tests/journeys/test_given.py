"""A manager gives a card a reward, hands it out, and takes the points of a returned part back."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from punchcard.accounts.vocabulary import Role
from tests.journeys.support.axe import assert_no_axe_violations
from tests.journeys.support.visits import Visits
from tests.support.cast import Shop
from tests.support.drivers.terminal import LOYALTY, TerminalDriver, open_terminal_driver
from tests.support.http import Api


@pytest.fixture
def counter(api: Api, alice: Shop) -> TerminalDriver:
    """Open Café Alice's points, which ask for no PIN."""
    return open_terminal_driver(
        api, alice, name="Bread", type="points", stamp_reward=None, pin_policy="off"
    )


def manager(visits: Visits, counter: TerminalDriver, alice: Shop, **look: Any) -> Page:
    """Sign the manager in, who reads English."""
    user_id = alice.hire(Role.MANAGER)
    assert counter.api.patch(f"/vendor/users/{user_id}", {"language": "en"}).status_code == 200
    page = visits.open(**look)
    visits.sign_in(page, alice.token("manager"))
    return page


def test_a_reward_is_given_with_its_last_day_and_handed_out(
    visits: Visits, counter: TerminalDriver, alice: Shop
) -> None:
    card = counter.card(name="Marie Schmit")
    counter.reward("A cake", None)
    page = manager(visits, counter, alice, width=360)
    page.goto(f"/console/members/{card['id']}")
    given = page.locator("#given")
    given.get_by_text("Give a reward").click()
    given.get_by_label("Why").select_option(label="An apology")
    given.get_by_label("Last day").fill("2026-04-30")
    given.get_by_label("Note").fill("Waited long")
    assert_no_axe_violations(page)
    given.get_by_role("button", name="Give it").click()

    line = given.get_by_role("listitem")
    expect(line).to_contain_text("A cake")
    expect(line).to_contain_text("An apology")
    expect(line).to_contain_text(re.compile(r"Until (30 Apr|Apr 30)"))
    line.locator("summary", has_text="Hand out").click()
    line.get_by_role("button", name="Hand out").click()
    expect(page.locator("#given").get_by_role("listitem")).to_contain_text("collected")
    assert counter.types(card)[-2:] == ["reward_granted", "grant_redeemed"]


@pytest.mark.parametrize("width", [820, 1440])
def test_what_takes_an_entry_back_is_in_sight_whole(
    visits: Visits, api: Api, alice: Shop, width: int
) -> None:
    counter = open_terminal_driver(api, alice, type="hybrid", welcome_points=10, welcome_stamps=1)
    card = counter.card(name="Marie-Antoinette Steichen-Oberweis")
    earned = {"card": card["id"], "amount_minor": 123_450, "staff_pin": "2968"}
    assert counter.api.post(f"{LOYALTY}/points/earn", earned).status_code == 201
    page = visits.open(width=width, locale="lb")
    visits.sign_in(page, alice.token())
    page.goto(f"/console/members/{card['id']}?lang=lb")
    for form in ("refund", "void"):
        page.locator(f'details:has(form[action$="/{form}"]) > summary').first.click()
        expect(page.locator(f'form[action$="/{form}"] button').first).to_be_visible()
    table = page.locator(".history .table-wrap")
    assert table.evaluate("one => one.scrollWidth - one.clientWidth") <= 1


def test_a_part_of_a_purchase_is_refunded_and_too_much_is_told_at_its_field(
    visits: Visits, counter: TerminalDriver, alice: Shop
) -> None:
    card = counter.card(name="Jang Weber")
    earned = {"card": card["id"], "amount_minor": 2_000}
    assert counter.api.post(f"{LOYALTY}/points/earn", earned).status_code == 201
    page = manager(visits, counter, alice, width=820)
    page.goto(f"/console/members/{card['id']}")
    refund = page.locator('form[action$="/refund"]')
    page.locator("summary", has_text="Refund a part").first.click()
    refund.get_by_label("How much comes back").fill("20.01")
    refund.get_by_role("button", name="Take the points back").click()
    expect(page.locator("[id^=refund-fault], .notice.bad").first).to_be_visible()
    refund.get_by_label("How much comes back").fill("5.00")
    refund.get_by_label("Reason").fill("A loaf was stale")
    assert_no_axe_violations(page)
    refund.get_by_role("button", name="Take the points back").click()
    expect(page.locator(".history")).to_contain_text("Points of a refund")
    assert counter.entries(card)[-1]["points_after"] == 15
