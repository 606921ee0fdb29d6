"""At the terminal: a happy hour's bonus, a given reward, a part of a purchase that comes back."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.support.axe import assert_no_axe_violations
from tests.journeys.support.mishaps import offline
from tests.journeys.support.visits import Visits
from tests.support.cast import Shop
from tests.support.drivers.terminal import (
    LEA,
    LOYALTY,
    TerminalDriver,
    find_card,
    open_terminal,
    open_terminal_driver,
)
from tests.support.http import Api

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

HAPPY_HOUR: dict[str, Any] = {
    "name": "Happy hour",
    "effect": {"kind": "multiply", "factor": "2.000"},
    "windows": [{"weekdays": [1], "from": "09:00", "to": "12:00"}],
    "status": "active",
}


def open_bakery(api: Api, alice: Shop) -> TerminalDriver:
    """Open stamps and points on one card, on a Monday morning with a happy hour."""
    counter = open_terminal_driver(
        api,
        alice,
        type="hybrid",
        points_expiry={"kind": "fixed", "months": 1},
        expiry_notice_days=[40, 7],
        stamps_target=5,
    )
    path = f"{LOYALTY}/programs/{counter.program['id']}/promotions"
    assert counter.api.post(path, HAPPY_HOUR).status_code == 201
    return counter


def type_amount(page: Page, minor: str) -> None:
    """Type an amount on the pad, by the keyboard."""
    expect(page.locator("dialog.pad")).to_be_visible()
    page.keyboard.type(minor)


def test_one_purchase_earns_its_stamp_its_points_and_the_happy_hours_bonus(
    visits: Visits, api: Api, alice: Shop
) -> None:
    counter = open_bakery(api, alice)
    card, page = counter.card(), visits.open()
    open_terminal(page, counter)
    find_card(page, card)
    expect(page.locator(".till-card .held")).to_have_text("Happy hour until 12:00")

    page.get_by_role("button", name="Purchase: add points").click()
    type_amount(page, "1250")
    expect(page.locator(".points-of")).to_have_text(
        "Points: 25 (purchase +12 · Stamps: 1, Happy hour +13)"
    )
    assert_no_axe_violations(page)
    page.get_by_role("button", name="Add the points").click()

    told = page.locator(".notice.good")
    expect(told).to_contain_text("€12.50: +25 points, 25 in total. Stamped: 1 of 5.")
    expect(page.locator(".till-card .held").first).to_have_text("25 points end on 2 Apr 2026")
    [visit] = counter.entries(card)
    assert (visit["type"], visit["stamps_delta"], visit["points_delta"]) == (
        "visit_recorded",
        1,
        25,
    )

    # The next stamp has to wait: the purchase goes without one.
    page.get_by_role("button", name="Purchase: add points").click()
    expect(page.locator(".with-stamp")).to_have_count(0)


def test_a_tier_is_named_by_the_purchase_that_reaches_it(
    visits: Visits, api: Api, alice: Shop
) -> None:
    tiers = [
        {"key": "regular", "name": "Regular", "threshold": 0},
        {"key": "gold", "name": "Gold", "threshold": 100},
    ]
    counter = open_terminal_driver(api, alice, type="points", stamp_reward=None, tiers=tiers)
    card, page = counter.card(), visits.open(width=360)
    open_terminal(page, counter)
    find_card(page, card)
    told = page.locator(".notice.good")
    for minor, words in (
        ("4000", "€40.00: +40 points, 40 in total."),
        ("6000", "€60.00: +60 points, 100 in total. Gold reached."),
        ("1000", "€10.00: +10 points, 110 in total."),
    ):
        page.get_by_role("button", name="Purchase: add points").click()
        type_amount(page, minor)
        page.get_by_role("button", name="Add the points").click()
        expect(told.locator("p")).to_have_text(words)
    assert_no_axe_violations(page)


def test_without_a_line_the_base_is_told_and_the_bonus_follows(
    visits: Visits, api: Api, alice: Shop
) -> None:
    counter = open_bakery(api, alice)
    card, page = counter.card(), visits.open()
    visits.watch.allow("ERR_INTERNET_DISCONNECTED")
    open_terminal(page, counter)
    find_card(page, card)
    with offline(page):
        expect(page.get_by_text("You need to be online to refund.")).to_be_visible()
        page.get_by_role("button", name="Purchase: add points").click()
        type_amount(page, "1000")
        expect(page.locator(".points-of")).to_have_text(
            "Points: about 10. The bonus follows once you are back online."
        )
        page.get_by_role("button", name="Add the points").click()
        expect(page.locator(".notice.warn")).to_contain_text("Saved on this device.")
    expect(page.locator(".notice.good")).to_contain_text("€10.00: +20 points, 20 in total.")
    [visit] = counter.entries(card)
    assert (visit["stamps_delta"], visit["points_delta"]) == (1, 20)


def test_a_given_reward_is_handed_out_with_one_press(visits: Visits, api: Api, alice: Shop) -> None:
    counter = open_bakery(api, alice)
    card, page = counter.card(), visits.open()
    cake = counter.reward("A cake", 100)
    given = {"card": card["id"], "reward_id": cake["id"], "reason": "birthday"}
    given |= {"expires_on": "2026-05-31"}
    assert counter.api.post(f"{LOYALTY}/grants", given).status_code == 201
    open_terminal(page, counter)
    find_card(page, card)
    expect(page.locator(".till-card .ready")).to_contain_text("Given to this card until")
    expect(page.locator(".till-card .ready")).to_contain_text("31")
    expect(page.locator(".till-card .ready")).to_contain_text(": A cake")
    hand_out = page.get_by_role("button", name="Hand out: A cake")
    hand_out.click()
    expect(page.locator(".notice.good")).to_contain_text("Redeemed: A cake")
    expect(hand_out).to_have_count(0)
    assert counter.types(card)[-1] == "grant_redeemed"


@pytest.mark.parametrize("kind", ["stamps", "points"])
def test_a_given_reward_is_called_as_the_device_speaks(
    visits: Visits, api: Api, alice: Shop, kind: str
) -> None:
    fields = {} if kind == "stamps" else {"type": kind, "stamp_reward": None}
    counter = open_terminal_driver(api, alice, **fields)
    card, page = counter.card(), visits.open(locale="de")
    cake = counter.reward("A cake", None)
    path = f"{LOYALTY}/rewards/{cake['id']}"
    in_german = {"texts": {"de": {"name": "Ein Kuchen"}}}
    assert counter.api.patch(path, in_german).status_code == 200
    given = {"card": card["id"], "reward_id": cake["id"], "reason": "birthday"}
    assert counter.api.post(f"{LOYALTY}/grants", given).status_code == 201
    open_terminal(page, counter)
    find_card(page, card)
    expect(page.locator(".till-card .ready")).to_contain_text("Ein Kuchen")
    expect(page.get_by_role("button", name="Ausgeben: Ein Kuchen")).to_be_visible()


def test_a_part_of_a_purchase_comes_back_with_its_points_and_no_more_than_there_is(
    visits: Visits, api: Api, alice: Shop
) -> None:
    counter = open_bakery(api, alice)
    card, page = counter.card(), visits.open()
    open_terminal(page, counter)
    find_card(page, card)
    page.get_by_role("button", name="Purchase: add points").click()
    type_amount(page, "2000")
    page.get_by_role("button", name="Add the points").click()
    expect(page.locator(".notice.good")).to_contain_text("+40 points")

    page.get_by_role("button", name="Refund a part of a purchase").click()
    page.locator("dialog .choices button").click()
    type_amount(page, "9900")
    expect(page.locator(".amount-question")).to_contain_text("At most €20.00.")
    expect(page.get_by_role("button", name="Take the points back")).to_be_disabled()
    for _digit in range(4):
        page.keyboard.press("Backspace")
    page.keyboard.type("500")
    assert_no_axe_violations(page)
    page.get_by_role("button", name="Take the points back").click()
    # What is chosen with one touch are reasons of refunds, not those for undoing.
    expect(page.get_by_role("button", name="Wrong card")).to_have_count(0)
    page.get_by_role("button", name="Too much was charged").click()
    expect(page.locator(".notice.good")).to_contain_text(
        "€5.00 taken back: −10 points, 30 in total."
    )
    expect(page.locator(".till-card .big").last).to_have_text("30 points")
    assert counter.types(card)[-1] == "points_refunded"
    # A refund is final: nothing offers what would be refused.
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)

    page.get_by_role("button", name="Refund a part of a purchase").click()
    expect(page.locator("dialog .choices button")).to_contain_text("€15.00 of it left")


def test_what_became_of_a_press_far_down_the_screen_of_a_phone_is_in_sight(
    visits: Visits, api: Api, alice: Shop
) -> None:
    counter = open_bakery(api, alice)
    card, page = counter.card(), visits.open()
    for points in range(10, 40, 10):
        counter.reward(f"Cake number {points}", points)
    given = {"card": card["id"], "reward_id": counter.reward("A cake", None)["id"]}
    assert counter.api.post(f"{LOYALTY}/grants", given | {"reason": "birthday"}).status_code == 201
    bought = {"card": card["id"], "amount_minor": 4000, "staff_pin": LEA[1]}
    assert counter.api.post(f"{LOYALTY}/points/earn", bought).status_code == 201
    open_terminal(page, counter)
    find_card(page, card)
    page.get_by_role("button", name="Refund a part of a purchase").click()
    page.locator("dialog .choices button").click()
    type_amount(page, "500")
    page.get_by_role("button", name="Take the points back").click()
    page.get_by_role("button", name="Refund for this reason").click()
    expect(page.locator(".field-fault")).to_have_text("Choose a reason above, or type one.")
    assert_no_axe_violations(page)
    page.get_by_label("Another reason").fill("A loaf was stale")
    page.get_by_role("button", name="Refund for this reason").click()
    expect(page.locator(".notice.good")).to_contain_text("€5.00 taken back: −10 points")
    notice, bar = (page.locator(one).bounding_box() for one in (".notice.good", ".bar"))
    assert notice is not None
    assert bar is not None
    assert bar["y"] + bar["height"] <= notice["y"]
