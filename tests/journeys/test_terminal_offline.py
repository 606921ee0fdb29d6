"""The terminal without a line: nothing is lost, nothing is done twice."""

import re
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from punchcard.context import Context
from tests.journeys.support.mishaps import kill_tab, offline
from tests.journeys.support.slow_line import measure
from tests.journeys.support.visits import Visits
from tests.support.cast import Shop
from tests.support.drivers.terminal import (
    HUGO,
    LEA,
    LOYALTY,
    find,
    find_card,
    find_card_offline,
    kept_by_worker,
    open_shift,
    open_terminal,
    open_terminal_driver,
    open_till,
    queue_is,
    stamp,
    stamp_offline,
    told_kept,
    type_pin,
)
from tests.support.http import Api

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture(autouse=True)
def _lines_may_be_cut(visits: Visits) -> None:
    visits.watch.allow("ERR_INTERNET_DISCONNECTED")


@pytest.mark.one_in(1)
def test_five_operations_outlive_the_line_and_the_tab_and_are_done_once(
    visits: Visits, api: Api, alice: Shop
) -> None:
    counter = open_terminal_driver(api, alice, type="hybrid", points_per_currency_unit=1)
    cards = [counter.card(name=name) for name in ("Anna", "Ben", "Cleo")]
    page = visits.open(width=820)
    open_terminal(page, counter)
    kept_by_worker(page)
    find_card(page, cards[0])

    with offline(page):
        for card in cards:
            stamp_offline(page, card["number"])
        for keys in ("900", "4,5"):
            page.get_by_role("button", name="Purchase: add points").click()
            page.keyboard.type(keys)
            page.keyboard.press("Enter")
            expect(page.locator("dialog")).to_have_count(0)
        queue_is(page, 5)
        page = kill_tab(page)
        page.goto("/terminal")
        expect(page.locator(".chip.line")).to_contain_text("waiting: 5")

    queue_is(page, 0)
    assert [counter.types(card) for card in cards] == [
        ["stamp_earned"],
        ["stamp_earned"],
        ["stamp_earned", "points_earned", "points_earned"],
    ]
    assert [one["points_delta"] for one in counter.entries(cards[2])] == [0, 9, 4]
    entries = [entry for card in cards for entry in counter.entries(card)]
    assert len({entry["idempotency_key"] for entry in entries}) == 5
    assert {entry["staff"]["name"] for entry in entries} == {"Léa"}


def test_each_result_is_shown_and_a_refusal_says_why(visits: Visits, api: Api, alice: Shop) -> None:
    counter, card, page = open_till(visits, api, alice)
    other = counter.card(name="Ben")
    find_card(page, card)
    with offline(page):
        for each in (card, other):
            stamp_offline(page, each["number"])
        counter.stamp(card)
        queue_is(page, 2)
        page.locator(".bar .place").click()
    queue_is(page, 0)
    expect(page.locator(".chip.line")).to_have_class(re.compile("bad"))
    page.locator(".chip.line").click()
    accepted, refused = page.locator(".entries li").all()
    expect(accepted).to_contain_text("accepted")
    expect(refused).to_contain_text("Too soon: the next stamp is possible at 10:16.")
    assert counter.types(card) == ["stamp_earned"]


@ON_SQLITE
def test_without_a_line_the_card_shows_what_waits_and_what_would_be_refused(
    visits: Visits, api: Api, alice: Shop
) -> None:
    counter, card, page = open_till(visits, api, alice, max_daily_stamps=2)
    find_card(page, card)
    with offline(page):
        page.get_by_role("button", name="One stamp more").click()
        stamp(page)
        told_kept(page)
        expect(page.locator(".till-card")).to_contain_text("2 of 10 stamps")
        expect(page.locator(".unsent")).to_contain_text("Not sent yet: 2 stamps")
        expect(page.locator(".stamp-it")).to_be_disabled()
        # The day's two are used up: the next one is possible tomorrow, 14 hours on.
        expect(page.locator(".wait .countdown")).to_contain_text("13:59:")
        find_card_offline(page, card["number"])
        expect(page.locator(".till-card")).to_contain_text("2 of 10 stamps")
        expect(page.locator(".stamp-it")).to_be_disabled()
    expect(page.locator(".unsent")).to_have_count(0)
    expect(page.locator(".till-card")).to_contain_text("2 of 10 stamps")
    assert [one["stamps_delta"] for one in counter.entries(card)] == [2]


@ON_SQLITE
def test_what_became_of_a_stamp_is_told_on_its_card_when_the_line_is_back(
    visits: Visits, api: Api, alice: Shop
) -> None:
    counter, card, page = open_till(visits, api, alice)
    find_card(page, card)
    with offline(page):
        stamp_offline(page, card["number"])
    expect(page.locator(".notice.good")).to_contain_text("Stamped: 1 of 10.")
    other = counter.card(name="Ben")
    find_card(page, other)
    with offline(page):
        stamp_offline(page, other["number"])
        counter.stamp(other)
    expect(page.locator(".notice.bad")).to_contain_text("Too soon")
    with offline(page):
        # What was learned when the line was back is what the device knows now.
        find_card_offline(page, card["number"])
        expect(page.locator(".till-card")).to_contain_text("1 of 10 stamps")
        expect(page.locator(".stamp-it")).to_be_disabled()


@ON_SQLITE
def test_an_unseen_card_is_not_stamped_twice_without_a_line(
    visits: Visits, api: Api, alice: Shop
) -> None:
    counter, card, page = open_till(visits, api, alice)
    with offline(page):
        stamp_offline(page, card["public_url"])
        expect(page.locator(".stamp-it")).to_be_disabled()
    queue_is(page, 0)
    assert counter.types(card) == ["stamp_earned"]


@ON_SQLITE
def test_people_this_device_has_seen_are_found_by_name_without_a_line(
    visits: Visits, api: Api, alice: Shop
) -> None:
    counter, card, page = open_till(visits, api, alice)
    counter.card(name="Ben")
    find_card(page, card)
    with offline(page):
        find(page, "ANNA")
        page.locator(".choice-card", has_text="Anna").click()
        expect(page.locator(".stale")).to_contain_text("Last seen at")
        find(page, "Ben")
        expect(page.locator(".notice.warn")).to_contain_text("Only cards this device has seen")


@ON_SQLITE
def test_a_replaced_card_is_known_as_such_without_a_line(
    visits: Visits, api: Api, alice: Shop
) -> None:
    counter, card, page = open_till(visits, api, alice)
    find_card(page, card)
    assert counter.api.post(f"{LOYALTY}/cards/{card['id']}/replace").status_code == 200
    find(page, card["number"])
    expect(page.locator(".found .notice")).to_contain_text("This card was replaced")
    with offline(page):
        find(page, card["number"])
        expect(page.locator(".found .notice")).to_contain_text("This card was replaced")


@ON_SQLITE
def test_a_card_nobody_has_seen_is_queued_by_its_code(
    visits: Visits, api: Api, alice: Shop
) -> None:
    counter, card, page = open_till(visits, api, alice)
    with offline(page):
        find(page, card["public_url"])
        expect(page.locator(".till-card h1")).to_have_text("Unknown card")
        stamp(page)
        told_kept(page)
        find(page, "anna@example.lu")
        expect(page.locator(".notice.warn")).to_contain_text("none by phone")
    queue_is(page, 0)
    assert counter.types(card) == ["stamp_earned"]


@ON_SQLITE
def test_a_card_that_was_seen_shows_its_last_state_and_redeems_nothing(
    visits: Visits, api: Api, alice: Shop
) -> None:
    counter, card, page = open_till(visits, api, alice, stamps_target=1)
    find_card(page, card)
    stamp(page)
    expect(page.locator(".notice.good")).to_be_visible()
    with offline(page):
        find_card(page, card)
        expect(page.locator(".stale")).to_contain_text("Last seen at 10:00")
        expect(page.locator("button.reward")).to_be_disabled()
    assert counter.types(card) == ["stamp_earned"]


@ON_SQLITE
def test_what_was_not_sent_yet_can_be_taken_back(visits: Visits, api: Api, alice: Shop) -> None:
    counter, card, page = open_till(visits, api, alice)
    with offline(page):
        # The first try is what finds out that the line is down; the second is never sent.
        find_card_offline(page, card["number"])
        stamp(page)
        told_kept(page)
        page.get_by_role("button", name="Undo").click()
        expect(page.locator(".told")).to_contain_text("scan the card again")
        queue_is(page, 1)
    queue_is(page, 0)
    assert counter.types(card) == ["stamp_earned"]


@ON_SQLITE
def test_two_tabs_of_one_device_send_each_operation_once(
    visits: Visits, api: Api, alice: Shop
) -> None:
    counter = open_terminal_driver(api, alice)
    cards = [counter.card(name=name) for name in ("Anna", "Ben")]
    page = visits.open(width=1440)
    open_terminal(page, counter)
    other = page.context.new_page()
    other.goto("/terminal")
    expect(other.locator(".scan")).to_be_visible()
    with offline(page):
        for tab, card in zip((page, other), cards, strict=True):
            stamp_offline(tab, card["number"])
        queue_is(page, 2)
        expect(page.locator(".chip.line")).to_contain_text("waiting: 2")
    queue_is(page, 0)
    assert [counter.types(card) for card in cards] == [["stamp_earned"], ["stamp_earned"]]


def stamp_as_lea_after_a_lock(visits: Visits, page: Page, card: dict[str, Any]) -> None:
    """Without a line, let the till lock itself, go on by the name alone, and stamp."""
    with offline(page):
        find_card_offline(page, card["number"])
        visits.advance(minutes=3)
        page.get_by_role("button", name="Continue as Léa").click()
        stamp_offline(page, card["number"])


@ON_SQLITE
def test_a_locked_shift_goes_on_without_a_line_and_asks_for_the_pin_when_it_is_back(
    visits: Visits, api: Api, alice: Shop
) -> None:
    counter, card, page = open_till(visits, api, alice)
    stamp_as_lea_after_a_lock(visits, page, card)
    expect(page.locator(".keypad")).to_be_visible()
    # Nobody has proved yet who that was.
    queue_is(page, 1)
    assert counter.types(card) == []
    type_pin(page, LEA[1])
    expect(page.locator(".scan")).to_be_visible()
    queue_is(page, 0)
    (entry,) = counter.entries(card)
    assert (entry["type"], entry["staff"]["name"]) == ("stamp_earned", "Léa")


@ON_SQLITE
def test_what_was_done_without_a_pin_needs_one_whoever_unlocks_the_till(
    visits: Visits, api: Api, alice: Shop
) -> None:
    counter, card, page = open_till(visits, api, alice)
    stamp_as_lea_after_a_lock(visits, page, card)
    page.get_by_role("button", name="Someone else").click()
    open_shift(page, HUGO)
    queue_is(page, 1)
    page.locator(".chip.line").click()
    expect(page.locator(".entries li")).to_contain_text("waits for the PIN")
    page.get_by_role("button", name="Send as Hugo").click()
    queue_is(page, 0)
    assert [one["staff"]["name"] for one in counter.entries(card)] == ["Hugo"]


@ON_SQLITE
def test_stamps_of_a_long_outage_count_although_the_shift_ended_meanwhile(
    visits: Visits, api: Api, alice: Shop, context: Context
) -> None:
    counter, card, page = open_till(visits, api, alice)
    with offline(page):
        stamp_offline(page, card["number"])
        visits.advance(hours=12)
        alice_again = api.with_token(alice.token())
    queue_is(page, 0)
    counter.api = alice_again
    (entry,) = counter.entries(card)
    waited = timedelta(hours=11, minutes=59)
    assert entry["occurred_at"] < (context.clock.now() - waited).isoformat()
    assert entry["staff"]["name"] == "Léa"


@ON_SQLITE
def test_a_removed_device_says_so_keeps_its_queue_and_sends_it_when_paired_again(
    visits: Visits, api: Api, alice: Shop, context: Context
) -> None:
    counter, card, page = open_till(visits, api, alice)
    with offline(page):
        stamp_offline(page, card["number"])
        (device,) = counter.api.get("/vendor/devices").json()["items"]
        assert counter.api.delete(f"/vendor/devices/{device['id']}").status_code == 204
    expect(page.locator(".notice.bad")).to_contain_text("no longer paired")
    expect(page.locator(".notice.bad")).to_contain_text("Still waiting here, not lost: 1.")
    page.get_by_role("button", name="Show what is waiting").last.click()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save as a file").click()
    text = saved.value.path().read_text()
    assert card["number"] in text
    assert "st_" not in text

    page.evaluate(f"location.hash = 'pair={counter.pairing_code()}'")
    page.locator("form button[type=submit]").click()
    # Léa's token was lent to the device that is gone, so someone has to vouch.
    open_shift(page, HUGO)
    queue_is(page, 0)
    page.locator(".chip.line").click()
    page.get_by_role("button", name="Send again as Hugo").click()
    expect(page.locator(".entries li.accepted")).to_have_count(1)
    assert [one["staff"]["name"] for one in counter.entries(card)] == ["Hugo"]


@ON_SQLITE
def test_a_till_whose_clock_is_hours_off_writes_down_the_server_s_time(
    visits: Visits, api: Api, alice: Shop, context: Context
) -> None:
    counter = open_terminal_driver(api, alice)
    card = counter.card()
    page = visits.open()

    def with_date(route: Route) -> None:
        answer = route.fetch()
        now = context.clock.now().strftime("%a, %d %b %Y %H:%M:%S GMT")
        route.fulfill(response=answer, headers={**answer.headers, "Date": now})

    page.route("**/api/v1/**", with_date)
    page.context.clock.set_system_time(context.clock.now() - timedelta(hours=5))
    open_terminal(page, counter)
    find_card(page, card)
    stamp(page)
    expect(page.locator(".notice.good")).to_be_visible()
    (entry,) = counter.entries(card)
    assert entry["occurred_at"] > (context.clock.now() - timedelta(minutes=1)).isoformat()


@ON_SQLITE
def test_the_app_opens_from_the_browser_s_cache_alone(
    visits: Visits, api: Api, alice: Shop
) -> None:
    counter = open_terminal_driver(api, alice)
    page = visits.open()
    open_terminal(page, counter)
    kept_by_worker(page)
    page.close()
    again = page.context.new_page()
    cost = measure(again, "/terminal")
    expect(again.locator(".scan")).to_be_visible()
    of_the_shell = {url: size for url, size in cost.sizes.items() if "/api/" not in url}
    assert {url: size for url, size in of_the_shell.items() if size} == {}
    assert len(of_the_shell) > 20
    assert cost.interactive_ms == 0
    with offline(again):
        third = again.context.new_page()
        third.goto("/terminal")
        expect(third.locator(".scan")).to_be_visible()
