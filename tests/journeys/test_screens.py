"""Every screen can be used by everybody, at every width, in light and dark."""

from collections import Counter
from contextlib import closing

import pytest
from playwright.sync_api import Browser

from tests.journeys.screens import SCREENS, Screen
from tests.journeys.support.axe import assert_usable
from tests.journeys.support.engine import Engine
from tests.journeys.support.town import Town
from tests.journeys.support.visits import WIDTHS, Visits


def test_every_screen_has_a_name_of_its_own() -> None:
    assert {n: c for n, c in Counter(screen.name for screen in SCREENS).items() if c > 1} == {}


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.name)
def test_a_screen_shuts_nobody_out_at_any_width(
    engine: Engine, browser: Browser, town: Town, screen: Screen
) -> None:
    visits = Visits(engine, browser, town.address, town.clock)
    with engine.awake(), closing(visits):
        page = visits.open(width=WIDTHS[-1])
        if screen.who is not None:
            visits.sign_in(page, town.token(screen.who))
        screen.open(page, town, "en")
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            assert_usable(page, name=screen.name, width=width, exclude=screen.others)
    assert visits.watch.verdict() == []
