"""The terminal at a busy counter: finding people, going back, errors in sight, no PINs at all."""

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.journeys.support.visits import Visits
from tests.support.cast import Shop
from tests.support.drivers.terminal import (
    LEA,
    LOYALTY,
    TerminalDriver,
    find,
    find_card,
    open_terminal,
    open_terminal_driver,
    open_till,
    pair,
    stamp,
    type_pin,
)
from tests.support.http import Api

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

_IN_SIGHT = """
element => {
    const {top, bottom} = element.getBoundingClientRect();
    const at = document.elementFromPoint(innerWidth / 2, (top + bottom) / 2);
    return top >= 0 && bottom <= innerHeight && (element.contains(at) || at.contains(element));
}
"""
_CONTRAST = """
element => {
    const parse = colour => colour.match(/[\\d.]+/g).map(Number);
    const light = colour => {
        const [r, g, b] = parse(colour).map(part => part / 255)
            .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const ground = () => {
        for (let up = element.parentElement; up; up = up.parentElement) {
            const colour = getComputedStyle(up).backgroundColor;
            if ((parse(colour)[3] ?? 1) === 1) return colour;
        }
        return "rgb(255, 255, 255)";
    };
    const [dark, bright] = [getComputedStyle(element).borderTopColor, ground()]
        .map(light).sort((one, other) => one - other);
    return (bright + 0.05) / (dark + 0.05);
}
"""


def in_sight(locator: Locator) -> bool:
    """Tell whether an element can be seen whole without scrolling, with nothing over it."""
    return bool(locator.evaluate(_IN_SIGHT))


def open_free_shop(api: Api, alice: Shop, **program: Any) -> TerminalDriver:
    """Open a program that asks for no PIN, in a shop where nobody has one."""
    counter = TerminalDriver(api.with_token(alice.token()))
    counter.open_program(pin_policy="off", **program)
    return counter


def pair_free(page: Page, counter: TerminalDriver) -> None:
    """Pair a device of a shop without PINs."""
    page.goto(f"/terminal#pair={counter.pairing_code()}")
    page.locator("form button[type=submit]").click()


def test_a_shop_without_pins_stamps_as_soon_as_it_is_paired(
    visits: Visits, api: Api, alice: Shop
) -> None:
    counter = open_free_shop(api, alice)
    card, page = counter.card(), visits.open()
    pair_free(page, counter)
    expect(page.locator(".scan")).to_be_visible()
    find_card(page, card)
    stamp(page)
    expect(page.locator(".notice.good")).to_contain_text("Stamped: 1 of 10.")
    page.reload()
    expect(page.locator(".scan")).to_be_visible()


def test_a_shop_that_gave_no_pins_works_with_the_program_that_needs_none(
    visits: Visits, api: Api, alice: Shop
) -> None:
    counter = open_free_shop(api, alice)
    card = counter.card()
    counter.open_program(name="Tea card")
    page = visits.open()
    pair_free(page, counter)
    find_card(page, card)
    stamp(page)
    expect(page.locator(".notice.good")).to_be_visible()


def test_who_waits_for_the_first_pin_goes_on_without_reading_the_page_anew(
    visits: Visits, api: Api, alice: Shop
) -> None:
    counter = TerminalDriver(api.with_token(alice.token()))
    counter.open_program()
    page = visits.open()
    pair_free(page, counter)
    expect(page.locator(".notice.warn")).to_contain_text("Nobody has a PIN yet.")
    counter.hire(*LEA)
    page.get_by_role("button", name="Reload programs and names").click()
    page.locator(".person", has_text="Léa").click()
    type_pin(page, LEA[1])
    expect(page.locator(".scan")).to_be_visible()


@pytest.mark.parametrize("text", ["http://shop.example/r/7HK2M9QRT4", "7hk2m-9qrt4"])
def test_a_receipts_code_is_told_from_a_cards_and_sent_nowhere(
    visits: Visits, api: Api, alice: Shop, text: str
) -> None:
    _counter, _card, page = open_till(visits, api, alice)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    find(page, text)
    told = page.locator(".found .notice.warn")
    expect(told).to_contain_text("This is a receipt: its holder puts it on a card")
    expect(page.get_by_role("button", name="New customer")).to_have_count(0)
    assert not [url for url in asked if "/cards" in url]
    find(page, "Nobody of this name")
    expect(page.get_by_role("button", name="New customer").first).to_be_visible()


def test_when_pins_are_switched_off_somebody_else_is_nobody_asked_for_one(
    visits: Visits, api: Api, alice: Shop
) -> None:
    counter, _card, page = open_till(visits, api, alice)
    path = f"{LOYALTY}/programs/{counter.program['id']}"
    assert counter.api.patch(path, {"pin_policy": "off"}).status_code == 200
    page.get_by_role("button", name="Options").click()
    page.get_by_role("button", name="Reload programs and names").click()
    page.locator(".chip.who").click()
    page.get_by_role("button", name="Someone else").click()
    expect(page.locator(".scan")).to_be_visible()


@pytest.mark.parametrize(
    "typed", ["Kovács Zsófia", "kovacs", "ZSÓFIA", "06 30 123 4567", "30 123 4567"]
)
def test_people_are_found_as_they_are_typed(
    visits: Visits, api: Api, alice: Shop, typed: str
) -> None:
    counter = open_terminal_driver(api, alice)
    assert counter.api.patch("/vendor", {"country": "HU"}).status_code == 200
    counter.card(name="Kovács Zsófia", phone="+36301234567")
    counter.card(name="Ben")
    page = visits.open()
    open_terminal(page, counter)
    find(page, typed)
    found = page.locator(".choice-card, .till-card h1").first
    expect(found).to_contain_text("Kovács Zsófia")


def test_a_search_by_name_asks_which_card_before_it_opens_one(
    visits: Visits, api: Api, alice: Shop
) -> None:
    counter = open_terminal_driver(api, alice)
    own = {"texts": {"en": {"name": "Coffee with us"}}}
    assert counter.api.patch(f"{LOYALTY}/programs/{counter.program['id']}", own).status_code == 200
    for phone in ("+352621111001", "+352621222002"):
        counter.card(name="Anna Weber", phone=phone)
    page = visits.open()
    open_terminal(page, counter)
    find(page, "weber")
    expect(page.locator(".choice-card")).to_have_count(2)
    # By its name in the language of the device, as the card itself bears it.
    expect(page.locator(".choice-card").first).to_contain_text("Coffee with us")
    page.locator(".choice-card", has_text="… 002").click()
    expect(page.locator(".till-card h1")).to_have_text("Anna Weber")


def test_a_wrong_digit_is_told_as_one_and_no_second_card_is_offered(
    visits: Visits, api: Api, alice: Shop
) -> None:
    _counter, card, page = open_till(visits, api, alice)
    number = card["number"]
    wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
    find(page, f"{wrong[:4]} {wrong[4:8]} {wrong[8:]}")
    expect(page.locator(".found .notice")).to_contain_text("A digit of this card number is wrong.")
    expect(page.get_by_role("button", name="New customer")).to_have_count(0)
    expect(page.locator("#code")).to_be_focused()


def test_a_replaced_card_says_so_and_the_new_one_is_found_by_name(
    visits: Visits, api: Api, alice: Shop
) -> None:
    counter, card, page = open_till(visits, api, alice)
    new = counter.api.post(f"{LOYALTY}/cards/{card['id']}/replace").json()
    for old in (card["number"], card["public_url"]):
        find(page, old)
        told = page.locator(".found .notice")
        expect(told).to_contain_text("This card was replaced by another one")
        expect(told).to_be_focused()
        expect(page.get_by_role("button", name="New customer")).to_have_count(0)
        expect(page.locator("#screen")).not_to_contain_text(new["number"][:4])
    find(page, "Anna")
    page.locator(".choice-card").click()
    expect(page.locator(".till-card")).to_contain_text(new["number"][:4])


def test_back_leads_to_the_scanner_and_never_out_of_the_till(
    visits: Visits, api: Api, alice: Shop
) -> None:
    counter = open_terminal_driver(api, alice, type="hybrid")
    card, page = counter.card(), visits.open()
    open_terminal(page, counter)
    find_card(page, card)
    page.evaluate("history.back()")
    expect(page.locator(".scan")).to_be_visible()
    for selector in (".scan-side > button", ".bar button.icon", ".chip.line"):
        page.locator(selector).click()
        expect(page.locator(".scan")).to_have_count(0)
        page.evaluate("history.back()")
        expect(page.locator(".scan")).to_be_visible()
    for _press in range(3):
        page.evaluate("history.back()")
        page.wait_for_function("history.state?.depth === 1")
        expect(page.locator(".scan")).to_be_visible()
    find_card(page, card)
    page.get_by_role("button", name="Purchase: add points").click()
    page.evaluate("history.back()")
    expect(page.locator("dialog")).to_have_count(0)
    expect(page.locator(".till-card h1")).to_be_visible()
    page.get_by_role("button", name="Next customer").click()
    expect(page.locator(".scan")).to_be_visible()


def test_what_is_wrong_with_a_new_customer_is_said_before_the_eyes(
    visits: Visits, api: Api, alice: Shop
) -> None:
    _counter, _card, page = open_till(visits, api, alice)
    page.get_by_role("button", name="New customer").click()
    page.get_by_label("Phone").fill("12")
    page.get_by_label("The customer agrees").check()
    page.get_by_role("button", name="Open the card").click()
    field = page.get_by_label("Phone")
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-invalid", "true")
    fault = page.locator(".field-fault")
    expect(fault).to_be_visible()
    assert in_sight(field)
    assert in_sight(fault)
    expect(page.get_by_role("alert")).to_be_visible()
    field.fill("+352 621 111 001")
    page.get_by_role("button", name="Open the card").click()
    expect(page.get_by_role("heading", name="The card is open")).to_be_visible()


def test_a_wrong_pin_and_an_unknown_card_are_told_before_the_eyes(
    visits: Visits, api: Api, alice: Shop
) -> None:
    _counter, _card, page = open_till(visits, api, alice)
    find(page, "nobody at all")
    told = page.locator(".found .notice")
    expect(told).to_be_focused()
    assert in_sight(told)
    page.locator(".chip.who").click()
    type_pin(page, "1357")
    wrong = page.locator(".problems .notice")
    expect(wrong).to_contain_text("Attempts left: 4.")
    assert in_sight(wrong)


def test_the_next_customer_is_one_touch_away_below_a_long_list_of_rewards(
    visits: Visits, api: Api, alice: Shop
) -> None:
    counter = open_terminal_driver(api, alice, type="hybrid")
    for points in range(100, 900, 100):
        counter.reward(f"A cake of {points}", points)
    card, page = counter.card(), visits.open(width=360)
    open_terminal(page, counter)
    find_card(page, card)
    next_customer = page.get_by_role("button", name="Next customer")
    assert in_sight(next_customer)
    stamp(page)
    expect(page.locator(".notice.good")).to_be_visible()
    assert in_sight(next_customer)


def test_how_long_a_shift_stays_open_is_set_on_the_device(
    visits: Visits, api: Api, alice: Shop
) -> None:
    _counter, _card, page = open_till(visits, api, alice)
    page.get_by_role("button", name="Options").click()
    page.get_by_label("The shift locks itself after").select_option(label="5 minutes")
    page.locator(".bar .place").click()
    visits.advance(minutes=4)
    page.locator("#code").click()
    expect(page.locator(".scan")).to_be_visible()
    visits.advance(minutes=6)
    expect(page.locator(".keypad")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_keys_stand_out_from_the_page_in_the_sun(
    visits: Visits, api: Api, alice: Shop, scheme: str
) -> None:
    counter = open_terminal_driver(api, alice, type="points")
    counter.reward("A cake", 100)
    card, page = counter.card(), visits.open(scheme=scheme)
    page.goto(f"/terminal#pair={counter.pairing_code()}")
    page.locator("form button[type=submit]").click()

    def assert_stands_out(selector: str) -> None:
        assert page.locator(selector).first.evaluate(_CONTRAST) >= 3, selector

    page.locator(".person").first.wait_for()
    assert_stands_out(".person")
    page.locator(".person", has_text="Léa").click()
    assert_stands_out(".keypad .key")
    type_pin(page, LEA[1])
    page.locator(".scan").wait_for()
    for selector in (".chip.line", ".chip.who", "#code", ".scan-side > button"):
        assert_stands_out(selector)
    find(page, "Anna")
    page.locator(".choice-card").first.wait_for()
    assert_stands_out(".choice-card")
    find_card(page, card)
    assert_stands_out(".reward-row")


def test_a_reward_is_called_ready_beside_what_it_is_for(
    visits: Visits, api: Api, alice: Shop
) -> None:
    counter = open_terminal_driver(api, alice, type="hybrid", stamps_target=2, cooldown_minutes=0)
    counter.reward("A croissant", 20)
    card, page = counter.card(), visits.open()
    earned = {"card": card["id"], "amount_minor": 9900, "staff_pin": LEA[1]}
    assert counter.api.post(f"{LOYALTY}/points/earn", earned).status_code == 201
    open_terminal(page, counter)
    find_card(page, card)
    expect(page.locator(".reward-row", has_text="A croissant")).to_be_enabled()
    expect(page.locator(".till-card")).not_to_contain_text("Reward ready: A coffee")
    for _stamp in range(2):
        stamp(page)
        expect(page.locator(".stamp-it")).to_be_enabled()
    expect(page.locator(".till-card")).to_contain_text("Reward ready: A coffee")
    page.get_by_role("button", name="Redeem: A coffee").click()
    expect(page.locator(".till-card")).to_contain_text("0 of 2 stamps")
    expect(page.locator(".till-card")).not_to_contain_text("Reward ready: A coffee")


def test_enter_after_tapped_digits_means_the_whole_and_not_the_last_digit_again(
    visits: Visits, api: Api, alice: Shop
) -> None:
    counter = open_terminal_driver(api, alice, type="points", points_per_currency_unit=10)
    card = counter.card()
    page = visits.open()
    pair(page, counter)
    page.locator(".person", has_text=LEA[0]).click()
    for digit in LEA[1]:
        page.locator(".keypad .key", has_text=digit).click()
    page.keyboard.press("Enter")
    expect(page.locator(".scan")).to_be_visible()
    find_card(page, card)
    page.get_by_role("button", name="Purchase: add points").click()
    for digit in "1250":
        page.locator(".keypad .key", has_text=digit).click()
    page.keyboard.press("Enter")
    expect(page.locator(".notice.good")).to_contain_text("€12.50: +125 points")
    assert [one["amount_minor"] for one in counter.entries(card)] == [1250]
