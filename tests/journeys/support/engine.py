"""The machine's Chromium, driven by Playwright beside tests that have event loops of their own."""

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from tests.journeys.support.camera import camera_flags
from tools.browser import find_browser, find_shell, flags

START_TIMEOUT_MS = 60_000
EXPECT_TIMEOUT_MS = 15_000


class Engine:
    """Starts browsers, those with a camera with the same fake one; awake only while a journey runs.

    Playwright's calls mark its event loop as the thread's running one, also between them. Asleep,
    the mark is off, and another test of this process may run a loop of its own.
    """

    def __init__(self, film: Path) -> None:
        self._manager = sync_playwright()
        self._playwright = self._manager.start()
        self._loop = asyncio.get_running_loop()
        self._film = film
        self._with_camera: Browser | None = None
        expect.set_options(timeout=EXPECT_TIMEOUT_MS)
        self._put_to_sleep()

    @contextmanager
    def awake(self) -> Iterator[None]:
        """Let the block use Playwright; blocks may be nested."""
        was_awake = asyncio._get_running_loop() is self._loop
        asyncio._set_running_loop(self._loop)
        try:
            yield
        finally:
            if not was_awake:
                self._put_to_sleep()

    def launch(self, *, names: str = "") -> Browser:
        """Start a browser without windows and without a camera; asked for awake.

        `names` is a host of this machine that it finds too.
        """
        return self._launched(find_shell(), flags(names))

    def with_camera(self) -> Browser:
        """Return the one browser that has a camera, started when it is first asked for; awake."""
        if self._with_camera is None:
            self._with_camera = self._launched(
                find_browser(), [*flags(), *camera_flags(self._film)]
            )
        return self._with_camera

    def launch_at_home(self, home: Path, **options: object) -> BrowserContext:
        """Start a browser whose stores lie in the folder `home`, and survive it; asked for awake.

        `options` are those of a context (`visits.Look.options`).
        """
        context: BrowserContext = self._playwright.chromium.launch_persistent_context(
            home,
            executable_path=_there(find_browser()),
            args=flags(),
            timeout=START_TIMEOUT_MS,
            **options,  # type: ignore[arg-type] # each by its name
        )
        return context

    def stop(self) -> None:
        """End Playwright and what it still runs."""
        asyncio._set_running_loop(self._loop)
        if self._with_camera is not None:
            self._with_camera.close()
        self._manager.__exit__()
        self._put_to_sleep()

    def _launched(self, program: Path | None, arguments: list[str]) -> Browser:
        browser: Browser = self._playwright.chromium.launch(
            executable_path=_there(program), args=arguments, timeout=START_TIMEOUT_MS
        )
        return browser

    def _put_to_sleep(self) -> None:
        asyncio._set_running_loop(None)


@contextmanager
def running_engine(film: Path) -> Iterator[Engine]:
    """Run an engine; stop it when the block ends."""
    engine = Engine(film)
    try:
        yield engine
    finally:
        engine.stop()


@contextmanager
def film_folder() -> Iterator[Path]:
    """Give a folder for what the camera plays."""
    with tempfile.TemporaryDirectory(prefix="punchcard-film-") as folder:
        yield Path(folder)


def _there(program: Path | None) -> Path:
    assert program is not None, "no Chromium: run `make setup-browser`"
    return program
