"""Visits to the shop's pages: each a browser's context with a look of its own."""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Browser, BrowserContext, Error, Page

from punchcard.kit.clock import Clock, ManualClock
from punchcard.web.page_visitors import SESSION_COOKIE
from tests.journeys.support.engine import Engine
from tests.journeys.support.watch import Watch

WIDTHS = (360, 820, 1440)
SCHEMES = ("light", "dark")
LOCALES = {"en": "en-GB", "fr": "fr-LU", "de": "de-LU", "lb": "lb-LU"}
ACTION_TIMEOUT_MS = 15_000
NAVIGATION_TIMEOUT_MS = 30_000

_HEIGHTS = {360: 740, 820: 1180, 1440: 900}
_TOUCHED = 1000
"""Below this width, in pixels, fingers touch the screen."""


@dataclass(frozen=True)
class Look:
    """How a visitor sees pages: width in pixels, colours, language, with scripts or without."""

    width: int = 360
    scheme: Literal["light", "dark"] = "light"
    locale: str = "en"
    javascript: bool = True

    def options(self, address: str) -> dict[str, Any]:
        """Return the options of a browser's context for pages at `address`."""
        is_touched = self.width < _TOUCHED
        return {
            "base_url": address,
            "viewport": {"width": self.width, "height": _HEIGHTS.get(self.width, 900)},
            "is_mobile": is_touched,
            "has_touch": is_touched,
            "color_scheme": self.scheme,
            "locale": LOCALES[self.locale],
            "java_script_enabled": self.javascript,
            "reduced_motion": "reduce",
            "timezone_id": "Europe/Luxembourg",
        }


@dataclass
class Visits:
    """Opens visits at one address, all watched by `watch`."""

    engine: Engine
    browser: Browser
    address: str
    clock: ManualClock
    watch: Watch = field(default_factory=Watch)
    _contexts: list[BrowserContext] = field(default_factory=list)

    def open(self, look: Look | None = None, *, camera: bool = False, **changes: Any) -> Page:
        """Open an empty page for a new visitor; `open(width=820, locale="fr")` says how.

        Its clock stands at the test's, `camera` lets pages see what the camera fixture shows.
        Paths are below the shop's address: `page.goto("/docs")`.
        """
        wanted = look or Look(**changes)
        browser = self.engine.with_camera() if camera else self.browser
        context = browser.new_context(**wanted.options(self.address))
        return self._prepared(context, camera=camera).new_page()

    def open_at_home(self, home: Path, look: Look | None = None, **changes: Any) -> Page:
        """Open a page of a browser of its own whose stores outlive it, in the folder `home`.

        After `kill_browser(home)`, or after its context was closed, `home` can be opened again:
        IndexedDB, caches and service workers are there.
        """
        wanted = look or Look(**changes)
        context = self.engine.launch_at_home(home, **wanted.options(self.address))
        self._prepared(context)
        return context.pages[0]

    def sign_in(self, page: Page, token: str) -> None:
        """Give the visitor of `page` the session of an access token (`alice.token("manager")`)."""
        sign_in(page.context, self.address, token)

    def advance(self, **duration: float) -> None:
        """Move the server's clock, and that of every open page, by `minutes=5` or the like.

        What a page has set a timer for in that time happens once.
        """
        self.clock.advance(**duration)
        milliseconds = int(timedelta(**duration) / timedelta(milliseconds=1))
        for context in self._contexts:
            if context.pages:
                context.clock.fast_forward(milliseconds)

    def close(self) -> None:
        """End every visit."""
        for context in self._contexts:
            # A browser that a test killed has nothing left to close.
            with suppress(Error):
                context.close()

    def _prepared(self, context: BrowserContext, *, camera: bool = False) -> BrowserContext:
        self._contexts.append(context)
        prepare(context, self.clock)
        if camera:
            context.grant_permissions(["camera"], origin=self.address)
        self.watch.attach(context)
        return context


def prepare(context: BrowserContext, clock: Clock) -> None:
    """Bound every wait, and set the browser's clock to the test's."""
    context.set_default_timeout(ACTION_TIMEOUT_MS)
    context.set_default_navigation_timeout(NAVIGATION_TIMEOUT_MS)
    context.clock.install(time=clock.now())


def sign_in(context: BrowserContext, address: str, token: str) -> None:
    """Let a browser's context hold the session of an access token at `address`."""
    context.add_cookies([{"name": SESSION_COOKIE, "value": token, "url": address}])
