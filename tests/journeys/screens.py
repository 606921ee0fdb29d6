"""Every screen there is, for `make screenshots`, for axe, and for the pictures of docs/journeys.md.

A new page is a new line here: then it is drawn and looked at with every width, colours, language.
"""

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page

from tests.journeys import terminal_screens
from tests.journeys.support.town import Town

ADMIN = "admin@punchcard.example"
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
