"""Hand scanners at the terminal: every keyboard, every pace, and keys that must go nowhere."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from playwright._impl._driver import compute_driver_executable
from playwright.sync_api import Page, expect

from tests.journeys.support.scanner import scanning
from tests.journeys.support.visits import Visits
from tests.support.cast import Shop
from tests.support.drivers.terminal import (
    LEA,
    find_card,
    open_shift,
    open_terminal_driver,
    open_till,
    pair,
)
from tests.support.http import Api

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

_KEYBOARDS = Path(__file__).parents[1] / "js" / "support" / "keyboards.js"
_SCANNERS = [("us", device) for device in ("french", "belgian", "german", "swissFrench", "uk")]
_SCANNERS += [("french", "us"), ("german", "spanish"), ("us", "italian"), ("swissGerman", "us")]

_PRESS = """
async ([strokes, ending, pause]) => {
    for (const stroke of [...strokes, ...ending]) {
        const target = document.activeElement ?? document.body;
        const told = {bubbles: true, cancelable: true, ...stroke, shiftKey: stroke.shift};
        const goesOn = target.dispatchEvent(new KeyboardEvent("keydown", told));
        if (goesOn && stroke.key.length === 1 && target instanceof HTMLInputElement)
            target.value += stroke.key;
        if (pause) await new Promise(done => setTimeout(done, pause));
    }
}
"""
_ENTER: dict[str, Any] = {"key": "Enter", "code": "Enter", "shift": False}


Scan = tuple[str, str, str]
"""A text, the layout of the scanner, and that of the device."""


def scan_as(page: Page, strokes: list[dict[str, Any]]) -> None:
    """Press the keys of a scanner, as they arrive on the device."""
    page.evaluate(_PRESS, [strokes, [_ENTER], 0])


def strokes_of(scans: list[Scan]) -> list[list[dict[str, Any]]]:
    """Return what arrives of each scan where scanner and device have layouts of their own."""
    node, _ = compute_driver_executable()
    program = (
        f"import {{ pressed }} from {json.dumps(_KEYBOARDS.as_uri())};"
        f"console.log(JSON.stringify({json.dumps(scans)}.map(scan => pressed(...scan))))"
    )
    told = subprocess.run(
        [node, "--input-type=module", "--eval", program],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    found: list[list[dict[str, Any]]] = json.loads(told.stdout)
    return found


def test_a_scanner_of_one_layout_is_read_on_a_device_of_another(
    visits: Visits, api: Api, alice: Shop
) -> None:
    _counter, card, page = open_till(visits, api, alice)
    token = card["public_url"].rsplit("/", 1)[-1]
    texts = (card["number"], card["public_url"], token)
    scans = [(text, *layouts) for layouts in _SCANNERS for text in texts]
    for scan, strokes in zip(scans, strokes_of(scans), strict=True):
        scan_as(page, strokes)
        _expect_anna(page, "{} by a scanner of {} on a device of {}".format(*scan))
        _go_on_scanning(page)


def test_a_scanner_is_heard_at_its_own_pace(visits: Visits, api: Api, alice: Shop) -> None:
    _counter, card, page = open_till(visits, api, alice)
    for delay in (5, 40, 80, 120):
        page.get_by_role("button", name="Scan with the camera").focus()
        page.keyboard.type(card["number"], delay=delay)
        page.keyboard.press("Enter")
        _expect_anna(page, f"{delay} ms from key to key")
        expect(page.locator(".camera")).to_have_count(0)
        _go_on_scanning(page)


def _expect_anna(page: Page, what: str) -> None:
    expect(page.locator(".till-card h1"), what).to_have_text("Anna")


def _go_on_scanning(page: Page) -> None:
    page.locator(".bar .place").click()
    expect(page.locator(".scan")).to_be_visible()


def test_a_scanner_that_ends_with_tab_and_sends_a_prefix_is_heard(
    visits: Visits, api: Api, alice: Shop
) -> None:
    _counter, card, page = open_till(visits, api, alice)
    page.keyboard.type(f"]Q1{card['number']}")
    page.keyboard.press("Tab")
    expect(page.locator(".till-card h1")).to_have_text("Anna")


def test_a_scan_presses_no_button_of_a_card_and_shows_the_next_card(
    visits: Visits, api: Api, alice: Shop
) -> None:
    counter, card, page = open_till(visits, api, alice)
    other = counter.card(name="Ben")
    find_card(page, card)
    expect(page.locator(".stamp-it")).to_be_focused()
    page.keyboard.type(other["number"], delay=30)
    page.keyboard.press("Enter")
    expect(page.locator(".till-card h1")).to_have_text("Ben")
    assert counter.types(card) == counter.types(other) == []


def test_a_scan_while_a_form_is_filled_in_types_into_no_field_and_sends_nothing(
    visits: Visits, api: Api, alice: Shop
) -> None:
    _counter, card, page = open_till(visits, api, alice)
    page.get_by_role("button", name="New customer").click()
    page.get_by_label("Name").fill("Ben")
    page.get_by_label("The customer agrees").check()
    page.get_by_label("Name").focus()
    page.keyboard.type(card["number"], delay=20)
    page.keyboard.press("Enter")
    expect(page.locator(".problems .notice")).to_contain_text("A card was scanned.")
    expect(page.get_by_label("Name")).to_have_value("Ben")
    expect(page.locator("form.enrol")).to_be_visible()


def test_a_scan_on_the_pads_is_neither_an_amount_nor_a_pin(
    visits: Visits, api: Api, alice: Shop
) -> None:
    counter = open_terminal_driver(api, alice, type="points", points_per_currency_unit=10)
    card = counter.card()
    page = visits.open()
    pair(page, counter)
    page.locator(".person", has_text=LEA[0]).click()
    page.keyboard.type("12")
    page.keyboard.type(card["number"], delay=20)
    page.keyboard.press("Enter")
    expect(page.locator("#said")).to_contain_text("Enter your PIN first")
    expect(page.locator(".pin-dots .full")).to_have_count(0)
    page.get_by_role("button", name="Someone else").click()
    open_shift(page)

    find_card(page, card)
    page.get_by_role("button", name="Purchase: add points").click()
    page.locator("dialog").wait_for()
    page.keyboard.type(card["number"], delay=20)
    page.keyboard.press("Enter")
    expect(page.locator("#said")).to_contain_text("Close this window first")
    expect(page.locator("dialog")).to_be_visible()
    expect(page.get_by_role("button", name="Add the points")).to_be_disabled()
    assert counter.types(card) == []


def test_digits_typed_just_before_a_slow_scan_hide_no_card_and_are_no_pin_and_no_amount(
    visits: Visits, api: Api, alice: Shop
) -> None:
    counter = open_terminal_driver(api, alice, type="points", points_per_currency_unit=10)
    card = counter.card()
    page = visits.open()
    pair(page, counter)
    page.locator(".person", has_text=LEA[0]).click()
    page.keyboard.type(f"12{card['number']}", delay=200)
    page.keyboard.press("Enter")
    expect(page.locator("#said")).to_contain_text("Enter your PIN first")
    expect(page.locator(".pin-dots .full")).to_have_count(0)
    page.get_by_role("button", name="Someone else").click()
    open_shift(page)

    page.keyboard.type(f"12{card['number']}", delay=200)
    page.keyboard.press("Enter")
    expect(page.locator(".till-card h1")).to_have_text("Anna")
    page.get_by_role("button", name="Purchase: add points").click()
    page.locator("dialog").wait_for()
    page.keyboard.type(f"12{card['number']}", delay=200)
    page.keyboard.press("Tab")
    expect(page.locator("#said")).to_contain_text("Close this window first")
    expect(page.get_by_role("button", name="Add the points")).to_be_disabled()

    page.keyboard.type("1234567", delay=20)
    page.keyboard.press("Backspace")
    for _ in range(6):
        page.keyboard.press("Backspace")
    page.keyboard.type("999999", delay=20)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Correct the amount")).to_be_visible()
    assert counter.types(card) == []


def test_a_pairing_code_is_scanned_by_hand_too(visits: Visits, api: Api, alice: Shop) -> None:
    counter = open_terminal_driver(api, alice)
    page = visits.open()
    page.goto("/terminal")
    page.locator("input.code").wait_for()
    code = counter.pairing_code()
    [strokes] = strokes_of([(f"{visits.address}/terminal#pair={code}", "us", "swissFrench")])
    with scanning(page):
        scan_as(page, strokes)
    expect(page.locator("input.code")).to_have_value(code)
    page.keyboard.press("Enter")
    expect(page.locator(".people")).to_be_visible()


@pytest.mark.parametrize("is_new", [False, True], ids=["as it was", "after an upgrade"])
def test_a_pairing_link_fills_the_code_in_a_tab_that_is_open_already(
    visits: Visits, api: Api, alice: Shop, *, is_new: bool
) -> None:
    counter = open_terminal_driver(api, alice)
    page = visits.open()
    page.goto("/terminal")
    page.evaluate("navigator.serviceWorker.ready")
    page.reload()
    page.locator("input.code").wait_for()
    page.wait_for_function("navigator.serviceWorker.controller !== null")
    if is_new:
        # The server was upgraded meanwhile: the tab takes the new version when it comes to a pause.
        page.evaluate("navigator.serviceWorker.dispatchEvent(new Event('controllerchange'))")
    code = counter.pairing_code()
    page.evaluate(f"location.hash = 'pair={code}'")
    expect(page.locator("input.code")).to_have_value(code)
    page.locator("form button[type=submit]").click()
    expect(page.locator(".people")).to_be_visible()


def test_the_longest_pause_is_set_on_the_device(visits: Visits, api: Api, alice: Shop) -> None:
    _counter, card, page = open_till(visits, api, alice)
    page.get_by_role("button", name="Options").click()
    page.get_by_label("Hand scanner").select_option("300")
    page.get_by_role("button", name="Back", exact=True).click()
    page.keyboard.type(card["number"], delay=220)
    page.keyboard.press("Enter")
    expect(page.locator(".till-card h1")).to_have_text("Anna")
