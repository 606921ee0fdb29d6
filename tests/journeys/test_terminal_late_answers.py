"""An answer that comes after somebody has gone on moves nobody, and loses nothing."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, Route, expect

from tests.journeys.support.visits import Visits
from tests.support.cast import Shop
from tests.support.drivers.terminal import (
    LEA,
    find_card,
    open_terminal_driver,
    open_till,
    pair,
    stamp,
    type_pin,
)
from tests.support.http import Api

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@contextmanager
def answered_late(page: Page, pattern: str) -> Iterator[None]:
    """Hold what the server is asked at `pattern` until the block ends, then let the answer come."""
    held: list[Route] = []
    page.route(pattern, lambda route: held.append(route))  # noqa: PLW0108, takes no builtin
    with page.expect_request(pattern):
        yield
    while not held:
        page.evaluate("'whatever lets the page be heard'")
    with page.expect_response(pattern):
        held[0].continue_()
    page.unroute(pattern)


def test_a_pin_answered_late_opens_the_shift_and_leaves_one_where_one_is(
    visits: Visits, api: Api, alice: Shop
) -> None:
    page = visits.open()
    pair(page, open_terminal_driver(api, alice))
    page.locator(".person", has_text=LEA[0]).click()
    with answered_late(page, "**/pins/verify"):
        type_pin(page, LEA[1])
        page.get_by_role("button", name="Options").click()
    expect(page.locator(".chip.who")).to_contain_text(LEA[0])
    expect(page.get_by_role("heading", name="Options")).to_be_visible()


def test_a_refusal_that_comes_after_the_card_was_left_is_still_told(
    visits: Visits, api: Api, alice: Shop
) -> None:
    counter, card, page = open_till(visits, api, alice)
    find_card(page, card)
    counter.stamp(card)
    with answered_late(page, "**/operations"):
        stamp(page)
        page.locator(".bar .place").click()
    find_card(page, card)
    expect(page.locator(".chip.line")).to_contain_text("refused: 1")
    page.locator(".chip.line").click()
    expect(page.locator(".entries")).to_contain_text("Too soon")


def test_a_card_opened_late_does_not_take_the_place_of_another_screen(
    visits: Visits, api: Api, alice: Shop
) -> None:
    _counter, _card, page = open_till(visits, api, alice)
    page.get_by_role("button", name="New customer").click()
    page.locator("[name=name]").fill("Béatrice")
    page.locator("[name=consent]").check()
    with answered_late(page, "**/cards"):
        page.get_by_role("button", name="Open the card").click()
        page.locator(".bar .place").click()
    page.locator("#code").fill("Béatrice")
    page.locator("#code").press("Enter")
    expect(page.locator(".choice-card")).to_contain_text("Béatrice")
