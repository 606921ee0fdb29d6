"""Waiting for what another thread does: for the thing itself, not for a time."""

import threading
from collections.abc import Callable
from typing import Final

PATIENCE_SECONDS: Final = 60.0
"""How long a test's client waits for an answer: on a busy machine the right one may come late."""


def wait_until(is_so: Callable[[], bool]) -> None:
    """Wait for something another thread does, half a minute at most."""
    pause = threading.Event()
    for _ in range(30_000):
        if is_so():
            return
        pause.wait(0.001)
    raise AssertionError("it never came to be")
