"""What happens to a tablet on a counter: the line goes, a tab dies, the power is cut."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil  # type: ignore[import-untyped]
from playwright.sync_api import Error, Page


@contextmanager
def offline(page: Page) -> Iterator[None]:
    """Cut the line of the page's context, its service workers included, until the block ends."""
    page.context.set_offline(True)
    try:
        yield
    finally:
        page.context.set_offline(False)


def kill_tab(page: Page) -> Page:
    """Kill the tab at once, without a word to its page; returns a new tab of the same context."""
    with page.expect_event("crash"), suppress(Error):
        page.goto("chrome://crash")
    page.close()
    return page.context.new_page()


def kill_browser(home: Path) -> None:
    """Kill the browser that this test started with `launch_at_home(home)`, as a power cut does."""
    ours = psutil.Process().children(recursive=True)
    its = [process for process in ours if f"--user-data-dir={home}" in _command_line(process)]
    assert its, f"no browser of this test has its home in {home}"
    for process in its:
        process.kill()
    psutil.wait_procs(its, timeout=10)


def _command_line(process: psutil.Process) -> list[str]:
    try:
        words: list[str] = process.cmdline()
    except psutil.NoSuchProcess:
        return []
    return words
