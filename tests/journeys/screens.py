"""Every screen there is, for `make screenshots`, for axe, and for the pictures of docs/journeys.md.

A new page is a new line here: then it is drawn and looked at with every width, colours, language.
"""

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page

from tests.journeys import terminal_screens
from tests.journeys.support.town import Town

ADMIN = "admin@punchcard.example"
BAKER = "bob@boulangerie-bob.example"
OWNER = "alice@cafe-alice.example"
"""Her pages speak the browser's language: she has chosen none."""


@dataclass(frozen=True)
class Screen:
    """One screen of the town.

    `path` is below the server's address, or finds it out from the town. `who` is the e-mail address
    of who is signed in. `prepare` brings the loaded page into the state that is shown; it runs
    again for each width and language, so it changes nothing for good. `others` are CSS selectors of
    parts that are not ours.
    """

    name: str
    path: str | Callable[[Town], str]
    who: str | None = None
    prepare: Callable[[Page, Town], None] | None = None
    is_whole: bool = True
    """Whether the picture shows the whole page, or what fits the window, as of an app."""
    others: tuple[str, ...] = ()

    def open(self, page: Page, town: Town, language: str) -> None:
        """Bring `page`, whose context has signed `who` in, to this screen."""
        path = self.path if isinstance(self.path, str) else self.path(town)
        page.goto(f"{path}{'&' if '?' in path else '?'}lang={language}", wait_until="load")
        if self.prepare is not None:
            self.prepare(page, town)


def _until_the_reference_is_there(page: Page, _town: Town) -> None:
    # The document is written when it is first asked for, which takes a busy machine long.
    page.locator(".swagger-ui .opblock-tag").first.wait_for(timeout=60_000)


def _program(below: str = "", email: str = OWNER) -> Callable[[Town], str]:
    """Return what finds a page of somebody's only program."""

    def path(town: Town) -> str:
        return f"/console/programs/{_first(town, email, 'programs')}{below}"

    return path


def _reward(town: Town) -> str:
    program = _first(town, BAKER, "programs")
    reward = _first(town, BAKER, f"programs/{program}/rewards")
    return f"/console/programs/{program}/rewards/{reward}"


def _first(town: Town, email: str, what: str) -> str:
    return str(town.api(email).get(f"/vendor/loyalty/{what}").json()["items"][0]["id"])


SCREENS: tuple[Screen, ...] = (
    Screen(
        "docs",
        "/docs",
        prepare=_until_the_reference_is_there,
        is_whole=False,
        others=(".swagger-ui",),
    ),
    Screen("sign-in", "/sign-in"),
    Screen("join", "/join/cafe-alice"),
    Screen("overview", "/console", OWNER),
    Screen("guide-shop", "/console/guide/shop", OWNER),
    Screen("guide-pins", "/console/guide/pins", OWNER),
    Screen("programs", "/console/programs", OWNER),
    Screen("program-new", "/console/programs/new", OWNER),
    Screen("program", _program(), OWNER),
    Screen("program-hybrid", _program(email=BAKER), BAKER),
    Screen("program-changes", _program("/changes"), OWNER),
    Screen("reward", _reward, BAKER),
    Screen("poster", _program("/poster?languages=fr&languages=lb"), OWNER),
    Screen("table-card", _program("/poster?format=tent"), OWNER),
    Screen("terminal-pair", "/terminal", is_whole=False),
    *(
        Screen(f"terminal-{prepare.__name__}", "/terminal", prepare=prepare, is_whole=False)
        for prepare in (
            *(terminal_screens.people, terminal_screens.pin, terminal_screens.scan),
            *(terminal_screens.card, terminal_screens.amount, terminal_screens.waiting),
            *(terminal_screens.enrol, terminal_screens.options),
        )
    ),
)
