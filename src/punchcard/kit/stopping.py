"""Hearing that the process is to stop, before the server waits for its answers to end."""

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def heard_before_stop(callback: Callable[[], None]) -> Iterator[None]:
    """Call `callback` in the running event loop when SIGTERM or Ctrl-C arrives, while inside.

    The server's own handlers go on as before. Where it has none, or outside the main thread,
    nothing is heard.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    earlier = {
        number: handler
        for number in (signal.SIGTERM, signal.SIGINT)
        if callable(handler := signal.getsignal(number))
    }

    def heard(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(callback)
        earlier[signal.Signals(number)](number, frame)

    for number in earlier:
        signal.signal(number, heard)
    try:
        yield
    finally:
        for number, handler in earlier.items():
            if signal.getsignal(number) is heard:
                signal.signal(number, handler)
