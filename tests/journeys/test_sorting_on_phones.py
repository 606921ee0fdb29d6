"""Lists whose headings make room on phones can be ordered there all the same."""

from contextlib import closing
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser

from tests.journeys.screen_paths import OWNER
from tests.journeys.support.engine import Engine
from tests.journeys.support.town import Town
from tests.journeys.support.visits import Visits


def test_a_long_state_leaves_room_for_the_name(
    engine: Engine, browser: Browser, town: Town
) -> None:
    visits = Visits(engine, browser, town.address, town.clock)
    with engine.awake(), closing(visits):
        page = visits.open(width=360)
        visits.sign_in(page, town.token(OWNER))
        page.goto("/console/members?lang=en")
        rows = page.locator("tbody tr").filter(has=page.locator(".badge.accent"))
        for row in rows.all():
            name, whole = row.locator("td").first.bounding_box(), row.bounding_box()
            assert name is not None
            assert whole is not None
            assert name["width"] > whole["width"] / 3
        assert rows.count() > 0
    assert visits.watch.verdict() == []


@pytest.mark.parametrize("path", ["/console/members", "/console/pins", "/console/ledger"])
def test_a_list_on_a_phone_is_turned_round_with_a_thumb(
    engine: Engine, browser: Browser, town: Town, path: str
) -> None:
    visits = Visits(engine, browser, town.address, town.clock)
    with engine.awake(), closing(visits):
        page = visits.open(width=360)
        visits.sign_in(page, town.token(OWNER))
        page.goto(f"{path}?lang=en")
        first = page.locator("thead .sort").first
        box = first.bounding_box()
        assert box is not None
        assert box["height"] >= 44
        assert (
            page.locator("thead tr").evaluate("row => getComputedStyle(row, '::before').content")
            == '"Sort by"'
        )
        first.click()
        page.wait_for_url("**sort=**")
        assert parse_qs(urlsplit(page.url).query)["sort"]
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert visits.watch.verdict() == []
