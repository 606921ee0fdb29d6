"""The terminal by keyboard and hand scanner alone, in each language, at each width."""

from itertools import count

import pytest
from playwright.sync_api import expect

from punchcard.kit.i18n import translate
from tests.journeys.support.axe import assert_no_axe_violations, assert_usable
from tests.journeys.support.scanner import scanning
from tests.journeys.support.visits import Visits
from tests.support.cast import Shop
from tests.support.drivers.terminal import (
    LEA,
    find_card,
    open_shift,
    open_terminal_driver,
    pair,
    stamp,
    type_pin,
)
from tests.support.http import Api

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@ON_SQLITE
def test_the_terminal_works_by_keyboard_and_hand_scanner_alone(
    visits: Visits, api: Api, alice: Shop
) -> None:
    counter = open_terminal_driver(api, alice)
    card = counter.card()
    page = visits.open(width=1440)
    page.goto(f"/terminal#pair={counter.pairing_code()}")
    expect(page.locator("form button[type=submit]")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".person").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".keypad")).to_be_visible()
    page.keyboard.type(LEA[1])
    page.keyboard.press("Enter")
    expect(page.locator(".scan")).to_be_visible()
    with scanning(page):
        page.keyboard.type(card["public_url"])
        page.keyboard.press("Enter")
    expect(page.locator(".stamp-it")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".notice.good")).to_contain_text("Stamped: 1 of 10.")
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_role("button", name="Undo")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(page.locator(".notice.good")).to_contain_text("Undone.")
    page.keyboard.press("Escape")
    expect(page.locator(".scan")).to_be_visible()
    assert counter.types(card) == ["stamp_earned", "voided"]
    page.locator(".chip.line").click()
    expect(page.locator(".waiting .entries li")).to_contain_text("taken back")


@ON_SQLITE
@pytest.mark.parametrize("language", ["fr", "lb"])
def test_the_terminal_speaks_the_language_of_the_device(
    visits: Visits, api: Api, alice: Shop, language: str
) -> None:
    counter = open_terminal_driver(api, alice)
    card = counter.card()
    page = visits.open(locale=language)
    pair(page, counter)
    expect(page.locator("html")).to_have_attribute("lang", language)
    expect(page.locator("h1")).to_have_text(translate("Who is at the till?", language))
    open_shift(page)
    find_card(page, card)
    stamp(page)
    other = counter.card(name="Ben")
    done = translate("Stamped: {n} of {target}.", language).format(n=1, target=10)
    expect(page.locator(".notice.good")).to_contain_text(done)
    find_card(page, other)
    counter.stamp(other)
    stamp(page)
    refused = translate("Too soon: the next stamp is possible at {time}.", language)
    expect(page.locator(".notice.bad")).to_contain_text(refused.format(time="10:16"))
    assert_no_axe_violations(page)


@ON_SQLITE
def test_the_language_is_chosen_on_the_device_and_stays(
    visits: Visits, api: Api, alice: Shop
) -> None:
    page = visits.open()
    page.goto("/terminal")
    page.get_by_role("button", name="Deutsch").click()
    expect(page.locator("html")).to_have_attribute("lang", "de")
    page.reload()
    expect(page.locator("h1")).to_have_text(translate("Set up this terminal", "de"))


@ON_SQLITE
@pytest.mark.parametrize("width", [360, 820, 1440])
def test_no_screen_of_the_terminal_shuts_anybody_out(
    visits: Visits, api: Api, alice: Shop, width: int
) -> None:
    counter = open_terminal_driver(api, alice, type="hybrid")
    counter.reward("A cake", 100)
    card = counter.card()
    page = visits.open(width=width)
    numbers = count(1)

    def look() -> None:
        assert_usable(page, name=f"terminal {next(numbers)}", width=width)

    page.goto("/terminal")
    page.locator("form").wait_for()
    look()
    pair(page, counter)
    look()
    page.locator(".person", has_text="Léa").click()
    type_pin(page, "1357")
    page.locator(".notice.bad").wait_for()
    look()
    type_pin(page, LEA[1])
    page.locator(".scan").wait_for()
    look()
    find_card(page, card)
    stamp(page)
    page.locator(".notice.good").wait_for()
    look()
    page.get_by_role("button", name="Purchase: add points").click()
    page.locator("dialog").wait_for()
    look()
    page.keyboard.press("Escape")
    page.locator(".chip.line").click()
    page.locator(".entries").wait_for()
    look()
    page.get_by_role("button", name="Options").click()
    page.locator(".language-choice").wait_for()
    look()
    page.locator(".bar .place").click()
    page.get_by_role("button", name="New customer").click()
    page.locator("form.enrol").wait_for()
    look()


_CUT = """
select => {
    const pen = document.createElement("canvas").getContext("2d");
    const style = getComputedStyle(select);
    pen.font = style.font;
    const [before, behind] = [style.paddingLeft, style.paddingRight].map(parseFloat);
    const room = select.clientWidth - before - behind;
    return [...select.options].map(({ text }) => text).filter(
        text => pen.measureText(text).width > room
    );
}
"""


@ON_SQLITE
@pytest.mark.parametrize("language", ["en", "fr", "de", "lb"])
def test_everything_fits_on_a_small_phone(
    visits: Visits, api: Api, alice: Shop, language: str
) -> None:
    counter = open_terminal_driver(api, alice)
    page = visits.open(width=360, locale=language)
    pair(page, counter)
    open_shift(page)
    over = "document.scrollingElement.scrollHeight - window.innerHeight"
    assert page.evaluate(over) == 0, "a short screen has a scroll bar"

    page.get_by_role("button", name=translate("Options", language)).click()
    for name in ("#option-idle_ms", "#option-scanner_pause_ms"):
        assert page.locator(name).evaluate(_CUT) == []


@ON_SQLITE
def test_stamps_bear_the_symbol_that_the_program_chose(
    visits: Visits, api: Api, alice: Shop
) -> None:
    counter = open_terminal_driver(api, alice, branding={"stamp_symbol": "croissant"})
    card = counter.card()
    page = visits.open()
    pair(page, counter)
    open_shift(page)
    find_card(page, card)
    stamp(page)

    expect(page.locator(".till-card .full svg.lucide-croissant")).to_have_count(1)
