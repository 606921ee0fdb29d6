"""Staff at the terminal, from pairing it to undoing a stamp."""

import pytest
from playwright.sync_api import Route, expect

from tests.journeys.support.camera import Camera
from tests.journeys.support.visits import Visits
from tests.support.cast import Shop
from tests.support.drivers.terminal import (
    HUGO,
    LEA,
    LOYALTY,
    find,
    find_card,
    open_shift,
    open_terminal,
    open_terminal_driver,
    open_till,
    pair,
    stamp,
    type_pin,
)
from tests.support.http import Api

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.mark.one_in(1)
def test_staff_pair_scan_stamp_are_refused_too_soon_redeem_and_undo(
    visits: Visits, api: Api, alice: Shop, camera: Camera
) -> None:
    counter = open_terminal_driver(api, alice, stamps_target=2)
    card = counter.card()
    camera.show(card["public_url"])
    page = visits.open(camera=True)
    open_terminal(page, counter)
    page.get_by_role("button", name="Scan with the camera").click()
    expect(page.locator(".till-card h1")).to_have_text("Anna")

    stamp(page)
    expect(page.locator(".notice.good")).to_contain_text("Stamped: 1 of 2.")
    # What must be refused cannot be asked for, and the card says how long that is so.
    expect(page.locator(".stamp-it")).to_be_disabled()
    expect(page.locator(".wait .countdown")).to_contain_text("14:")
    expect(page.get_by_role("button", name="Next customer")).to_be_focused()

    visits.advance(minutes=15)
    expect(page.locator(".keypad")).to_be_visible()
    type_pin(page, LEA[1])
    # The camera is open again by itself, and the card is still before it.
    expect(page.locator(".till-card h1")).to_have_text("Anna")
    stamp(page)
    expect(page.locator(".till-card")).to_contain_text("Reward ready")
    page.get_by_role("button", name="Redeem: A coffee").click()
    expect(page.locator(".notice.good")).to_contain_text("Redeemed")
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("button", name="Wrong card").click()
    expect(page.locator(".notice.good")).to_contain_text("Undone.")
    expect(page.locator(".till-card")).to_contain_text("2 of 2 stamps")

    entries = counter.entries(card)
    assert [one["type"] for one in entries] == [
        "stamp_earned",
        "stamp_earned",
        "stamps_redeemed",
        "voided",
    ]
    assert {one["staff"]["name"] for one in entries} == {"Léa"}
    assert {one["actor"]["kind"] for one in entries} == {"device"}


@ON_SQLITE
def test_a_stamp_another_till_came_before_is_refused_and_the_last_one_can_be_undone(
    visits: Visits, api: Api, alice: Shop
) -> None:
    counter, card, page = open_till(visits, api, alice)
    find_card(page, card)
    counter.stamp(card)
    stamp(page)
    refusal = page.locator(".notice.bad")
    expect(refusal).to_contain_text("Too soon: the next stamp is possible at 10:16.")
    expect(refusal.locator(".countdown")).to_contain_text("14:")
    expect(page.locator(".stamp-it")).to_be_disabled()
    visits.advance(minutes=15)
    type_pin(page, LEA[1])
    find_card(page, card)
    stamp(page)
    expect(page.locator(".notice.good")).to_contain_text("Stamped: 2 of 10.")
    # A touch too many is just when one wants to take the one before back.
    expect(page.get_by_role("button", name="Undo")).to_be_visible()


@ON_SQLITE
def test_a_lost_answer_leaves_only_the_same_question_and_gives_one_reward(
    visits: Visits, api: Api, alice: Shop
) -> None:
    counter = open_terminal_driver(api, alice, type="points", points_per_currency_unit=10)
    counter.reward("A cake", 100)
    card = counter.card()
    page = visits.open()
    visits.watch.allow(r"points/redeem")
    open_terminal(page, counter)
    find_card(page, card)
    earned = {"card": card["id"], "amount_minor": 3000, "staff_pin": LEA[1]}
    assert counter.api.post("/vendor/loyalty/points/earn", earned).status_code == 201

    def lose_the_answer(route: Route) -> None:
        route.fetch()
        route.abort("connectionreset")

    page.route("**/points/redeem", lose_the_answer, times=1)
    find_card(page, card)
    page.locator(".reward-row", has_text="A cake").click()

    again = page.get_by_role("button", name="Try again")
    expect(again).to_be_visible()
    expect(page.locator(".reward-row")).to_have_count(0)
    again.click()

    expect(page.locator(".notice.good")).to_contain_text("Redeemed: A cake")
    assert counter.types(card) == ["points_earned", "points_redeemed"]


@ON_SQLITE
def test_a_lost_answer_to_an_undo_is_asked_for_again_and_says_that_it_is_undone(
    visits: Visits, api: Api, alice: Shop
) -> None:
    counter, card, page = open_till(visits, api, alice)
    visits.watch.allow(r"transactions/.*/void")

    def lose_the_answer(route: Route) -> None:
        route.fetch()
        route.abort("connectionreset")

    page.route("**/transactions/*/void", lose_the_answer, times=1)
    find_card(page, card)
    stamp(page)
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("button", name="Wrong card").click()
    page.get_by_role("button", name="Try again").click()

    expect(page.locator(".notice.good")).to_contain_text("Undone.")
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)
    assert counter.types(card) == ["stamp_earned", "voided"]


@ON_SQLITE
def test_five_wrong_pins_lock_one_person_and_nobody_else(
    visits: Visits, api: Api, alice: Shop
) -> None:
    page = visits.open()
    counter = open_terminal_driver(api, alice)
    pair(page, counter)
    page.locator(".person", has_text="Léa").click()
    for left in (4, 3, 2, 1):
        type_pin(page, "1357")
        expect(page.locator(".notice.bad")).to_contain_text(f"Attempts left: {left}.")
    type_pin(page, "1357")
    expect(page.locator(".notice.bad")).to_contain_text("Locked until 10:31.")
    expect(page.locator(".notice.bad .countdown")).to_contain_text("29:")
    type_pin(page, LEA[1])
    expect(page.locator(".notice.bad")).to_contain_text("Too many wrong PINs.")
    page.get_by_role("button", name="Someone else").click()
    open_shift(page, HUGO)
    expect(page.locator(".chip.who")).to_contain_text("Hugo")


@ON_SQLITE
def test_a_shift_locks_itself_after_two_idle_minutes_and_opens_with_its_pin(
    visits: Visits, api: Api, alice: Shop
) -> None:
    page = visits.open(width=820)
    counter = open_terminal_driver(api, alice)
    open_terminal(page, counter)
    visits.advance(minutes=1)
    page.locator("#code").click()
    visits.advance(minutes=1, seconds=30)
    expect(page.locator(".scan")).to_be_visible()
    visits.advance(minutes=1)
    expect(page.locator("h1")).to_have_text("Léa")
    page.reload()
    expect(page.locator(".keypad")).to_be_visible()
    type_pin(page, LEA[1])
    expect(page.locator(".scan")).to_be_visible()


@ON_SQLITE
def test_a_purchase_earns_points_that_buy_a_reward(visits: Visits, api: Api, alice: Shop) -> None:
    counter = open_terminal_driver(api, alice, type="points", points_per_currency_unit=10)
    counter.reward("A cake", 100)
    counter.reward("A whole cake", 1000)
    card = counter.card()
    page = visits.open(width=1440)
    open_terminal(page, counter)
    find_card(page, card)
    page.get_by_role("button", name="Purchase: add points").click()
    for key in "1250":
        page.locator(".keypad .key", has_text=key).click()
    expect(page.locator("output")).to_have_text("€12.50")
    page.get_by_role("button", name="Add the points").click()
    expect(page.locator(".notice.good")).to_contain_text("€12.50: +125 points, 125 in total.")
    expect(page.locator(".reward-row", has_text="A whole cake")).to_be_disabled()
    expect(page.locator(".reward-row", has_text="A whole cake")).to_contain_text("875")
    affordable = page.locator(".reward-row", has_text="A cake")
    expect(affordable.get_by_text("100 points")).to_have_count(1)
    affordable.click()
    expect(page.locator(".notice.good")).to_contain_text("Redeemed: A cake")
    expect(page.locator(".till-card .big")).to_have_text("25 points")
    assert counter.types(card) == ["points_earned", "points_redeemed"]


@ON_SQLITE
def test_the_pad_counts_cents_takes_what_is_typed_or_pasted_and_asks_at_far_more(
    visits: Visits, api: Api, alice: Shop
) -> None:
    counter = open_terminal_driver(
        api, alice, type="points", currency="HUF", points_per_amount_minor=10_000
    )
    card = counter.card()
    page = visits.open(locale="de")
    open_terminal(page, counter)
    find_card(page, card)

    def open_pad() -> None:
        page.locator(".deeds > button.big").last.click()
        expect(page.locator("output")).to_contain_text("0,00")

    open_pad()
    page.keyboard.type("500000")
    expect(page.locator("output")).to_contain_text("5.000,00")
    expect(page.locator(".points-of")).to_contain_text("50")
    for _digit in range(6):
        page.keyboard.press("Backspace")
    page.keyboard.type("12,50")
    expect(page.locator("output")).to_contain_text("12,50")
    page.evaluate(
        """() => {
            const data = new DataTransfer();
            data.setData("text", "1.234,50 HUF");
            dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, cancelable: true }));
        }"""
    )
    expect(page.locator("output")).to_contain_text("1.234,50")

    # Beyond ten times what is usual somebody must say yes, and Enter alone does not.
    page.keyboard.press("Enter")
    question = page.locator(".amount-question")
    expect(question).to_contain_text("1.234,50")
    expect(question.locator("button").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(question.locator("button")).to_have_count(0)
    expect(page.locator("dialog.pad")).to_be_visible()
    page.keyboard.press("Enter")
    question.locator("button").last.click()

    expect(page.locator(".notice.good")).to_contain_text("1.234,50")
    [entry] = [one for one in counter.entries(card) if one["type"] == "points_earned"]
    assert (entry["amount_minor"], entry["points_delta"]) == (123_450, 12)


@ON_SQLITE
def test_a_customer_is_enrolled_at_the_till_and_takes_the_card_home(
    visits: Visits, api: Api, alice: Shop
) -> None:
    counter = open_terminal_driver(api, alice)
    page = visits.open()
    open_terminal(page, counter)
    find(page, "anna@example.lu")
    expect(page.locator(".notice.warn")).to_contain_text("No card was found.")
    page.locator(".found").get_by_role("button", name="New customer").click()
    expect(page.get_by_label("E\u2011mail")).to_have_value("anna@example.lu")
    page.get_by_label("Name").fill("Anna <b>Weber</b> 🥐")
    page.get_by_label("The customer agrees").check()
    page.get_by_role("button", name="Open the card").click()
    expect(page.get_by_role("img", name="QR code of the card's page")).to_be_visible()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy the link").click()
    expect(page.get_by_role("button", name="Copied.")).to_be_visible()
    link = page.evaluate("navigator.clipboard.readText()")
    assert "/h/" in link
    phone = visits.open(width=360)
    phone.goto(link)
    expect(phone.locator("body")).not_to_contain_text("Weber")
    phone.get_by_role("button", name="Open my card").click()
    expect(phone.locator(".card-face")).to_contain_text("Anna <b>Weber</b> 🥐")
    phone.goto(link)
    expect(phone.get_by_role("heading")).to_have_text("This code no longer works")
    page.get_by_role("button", name="Continue with this card").click()
    expect(page.locator(".till-card h1")).to_have_text("Anna <b>Weber</b> 🥐")
    stamp(page)
    expect(page.locator(".notice.good")).to_be_visible()
    found = counter.api.get(f"{LOYALTY}/cards/lookup?code=anna@example.lu").json()["items"]
    assert [(one["stamps"], one["customer"]["marketing_consent"]) for one in found] == [(1, False)]


@ON_SQLITE
def test_several_cards_of_one_contact_are_offered(visits: Visits, api: Api, alice: Shop) -> None:
    counter = open_terminal_driver(api, alice)
    first = counter.card(email="anna@example.lu")
    counter.open_program(name="Tea card")
    second = counter.card(email="anna@example.lu")
    page = visits.open()
    open_terminal(page, counter)
    find(page, "anna@example.lu")
    expect(page.locator(".choice-card")).to_have_count(2)
    page.locator(".choice-card", has_text="Tea card").click()
    expect(page.locator(".till-card")).to_contain_text(second["number"][:4])
    assert first["number"] != second["number"]
