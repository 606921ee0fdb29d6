"""Every screen can be used by everybody, at every width, in light and dark."""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page

from punchcard.web.permissions import ACCESS
from tests.journeys.screens import SCREENS, WITHOUT_SCREEN, Screen
from tests.journeys.support.axe import assert_fits, assert_usable
from tests.journeys.support.engine import Engine
from tests.journeys.support.town import Town
from tests.journeys.support.visits import LOCALES, WIDTHS, Visits
from tests.support.draw import DRAW, drawn

OTHERS = tuple(language for language in LOCALES if language != "en")


@pytest.mark.one_in(1)
def test_every_screen_has_a_name_of_its_own() -> None:
    assert {n: c for n, c in Counter(screen.name for screen in SCREENS).items() if c > 1} == {}


@pytest.mark.one_in(1)
def test_every_page_is_a_screen_or_says_why_not(town: Town) -> None:
    """A page that is missing here is looked at by nobody: not its widths, not its languages."""
    pages = [path for method, path in ACCESS if method == "GET"]
    shown = {page_at(urlsplit(screen.address(town)).path, pages) for screen in SCREENS}
    assert set(pages) - shown - WITHOUT_SCREEN.keys() == set()
    assert WITHOUT_SCREEN.keys() - (set(pages) - shown) == set()


def page_at(path: str, pages: list[str]) -> str | None:
    """Return the page that answers a path: of several, the one that names most of it."""
    fits = [
        page for page in pages if re.fullmatch(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(page)), path)
    ]
    return min(fits, key=lambda page: page.count("{"), default=None)


Kept = list[tuple[Visits, Page]]


@pytest.fixture(scope="module")
def kept(engine: Engine) -> Iterator[Kept]:
    """Keep the window of the screen before: to make another takes longer than to show most."""
    windows: Kept = []
    yield windows
    with engine.awake():
        for visits, _ in windows:
            visits.close()
            assert visits.watch.verdict() == []


@pytest.mark.one_in(5)
@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.name)
def test_a_screen_shuts_nobody_out_at_any_width(
    engine: Engine, browser: Browser, town: Town, kept: Kept, screen: Screen
) -> None:
    with engine.awake(), ExitStack() as stack:
        # An app leaves itself in the browser, and a fault whatever there was: each has its own.
        if kept and screen.is_whole:
            visits, page = kept.pop()
        else:
            visits = Visits(engine, browser, town.address, town.clock)
            page = visits.open(width=WIDTHS[-1])
        stack.callback(visits.close)
        page.context.clear_cookies()
        page.emulate_media(color_scheme="light")
        page.set_viewport_size({"width": WIDTHS[-1], "height": 900})
        if screen.who is not None:
            visits.sign_in(page, town.token(screen.who))
        screen.open(page, town, "en")
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            assert_usable(page, name=screen.name, width=width, exclude=screen.others)
        if screen.is_whole:
            # Words are longer in other languages, and no window is narrower.
            page.set_viewport_size({"width": WIDTHS[0], "height": 900})
            for language in (drawn(screen.name, OTHERS),) if DRAW else OTHERS:
                screen.open(page, town, language)
                assert_fits(page, name=f"{screen.name} ({language})", width=WIDTHS[0])
        assert visits.watch.verdict() == []
        if screen.is_whole:
            stack.pop_all()
            kept.append((visits, page))
