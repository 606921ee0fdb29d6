"""`make screenshots`: draw every screen at three widths, light and dark, in four languages.

`python -m tools.screenshots docs sign-in --width 360 --language lb --scheme dark` draws a few. The
pictures are build/screenshots/NAME-WIDTH-SCHEME-LANGUAGE.png.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from playwright.sync_api import Browser, Error, Page
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TimeRemainingColumn

from tests.journeys.screens import SCREENS, Screen
from tests.journeys.support.camera import Camera
from tests.journeys.support.engine import film_folder, running_engine
from tests.journeys.support.town import Town, open_town
from tests.journeys.support.visits import LOCALES, SCHEMES, WIDTHS, Look, prepare, sign_in

FOLDER = Path(__file__).parent.parent / "build" / "screenshots"
DAYS = 90


def main(arguments: list[str] | None = None) -> int:
    """Draw what is asked for; returns 1, and names them, when screens could not be drawn."""
    asked = _parser().parse_args(arguments)
    screens = [s for s in SCREENS if not asked.screens or s.name in asked.screens]
    if unknown := set(asked.screens) - {s.name for s in screens}:
        known = ", ".join(s.name for s in SCREENS)
        print(f"no such screen: {', '.join(sorted(unknown))}; there are: {known}", file=sys.stderr)
        return 1
    FOLDER.mkdir(parents=True, exist_ok=True)
    looks = [Look(width=w, locale=lang) for w in asked.width for lang in asked.language]
    columns = ("[progress.description]{task.description}", BarColumn(), MofNCompleteColumn())
    with (
        Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True)) as progress,
        tempfile.TemporaryDirectory(prefix="punchcard-town-") as folder,
    ):
        days = progress.add_task("Days of three shops", total=DAYS + 1)
        with open_town(
            Path(folder), days=DAYS, progress=lambda done: progress.update(days, completed=done)
        ) as town:
            pictures = progress.add_task("Pictures", total=len(looks) * len(screens))
            artist = _Artist(town, asked.scheme, progress, pictures)
            artist.draw(screens, looks)
    for failure in artist.failures:
        print(f"not drawn: {failure}", file=sys.stderr)
    print(f"{artist.drawn} pictures in {FOLDER.relative_to(Path.cwd())}")
    return 1 if artist.failures else 0


class _Artist:
    """Draws screens of a town; what cannot be drawn within the bounds is noted and passed over."""

    def __init__(
        self, town: Town, schemes: Iterable[str], progress: Progress, task: TaskID
    ) -> None:
        self.failures: list[str] = []
        self.drawn = 0
        self._town = town
        self._schemes = tuple(schemes)
        self._progress = progress
        self._task = task

    def draw(self, screens: list[Screen], looks: list[Look]) -> None:
        """Draw every screen in every look, and in all colours asked for."""
        with film_folder() as folder:
            camera = Camera(folder / "film.y4m")
            camera.show_nothing()
            with running_engine(camera.film) as engine, engine.awake():
                browser = engine.launch()
                for look in looks:
                    for who in dict.fromkeys(screen.who for screen in screens):
                        theirs = [screen for screen in screens if screen.who == who]
                        self._draw_as(browser, who, theirs, look)
                browser.close()

    def _draw_as(
        self, browser: Browser, who: str | None, screens: list[Screen], look: Look
    ) -> None:
        context = browser.new_context(**look.options(self._town.address))
        prepare(context, self._town.clock)
        if who is not None:
            sign_in(context, self._town.address, self._town.token(who))
        for screen in screens:
            page = context.new_page()
            try:
                self._draw_one(page, screen, look)
            except Error as error:
                told = error.message.splitlines()[0]
                self.failures.append(f"{screen.name} {look.width} {look.locale}: {told}")
            page.close()
            self._progress.advance(self._task)
        context.close()

    def _draw_one(self, page: Page, screen: Screen, look: Look) -> None:
        screen.open(page, self._town, look.locale)
        for scheme in self._schemes:
            page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            name = f"{screen.name}-{look.width}-{scheme}-{look.locale}.png"
            page.screenshot(path=FOLDER / name, full_page=screen.is_whole, animations="disabled")
            self.drawn += 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.screenshots", description=__doc__)
    parser.add_argument("screens", nargs="*", help="names of screens; all without any")
    parser.add_argument("--width", type=int, nargs="+", choices=WIDTHS, default=WIDTHS)
    parser.add_argument("--scheme", nargs="+", choices=SCHEMES, default=SCHEMES)
    parser.add_argument("--language", nargs="+", choices=tuple(LOCALES), default=tuple(LOCALES))
    return parser


if __name__ == "__main__":
    sys.exit(main())
