"""A scanner at the till, and what follows its last key."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page


@contextmanager
def scanning(page: Page) -> Iterator[None]:
    """Wait after the keys of a scan until a second Enter would no longer be taken for its own."""
    began = page.evaluate("performance.now()")
    yield
    ended = page.evaluate("performance.now()")
    # The window is one and a half times the longest pause between two keys.
    until = ended + 1.5 * (ended - began)
    page.wait_for_function("until => performance.now() > until", arg=until)
