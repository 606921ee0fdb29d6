"""A look at the database that nobody waits for longer than a time."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

Result = TypeVar("Result")


class BoundedLook(Generic[Result]):
    """Calls `find` in a thread of its own, one call at a time, however many ask.

    A server that hangs holds up one thread, and nobody who asks.
    """

    def __init__(self, find: Callable[[], Result], *, timeout_seconds: float, name: str) -> None:
        self._find = find
        self._timeout_seconds = timeout_seconds
        self._name = name
        self._lock = threading.Lock()
        self._look: Future[Result] | None = None

    async def ask(self) -> Result | None:
        """Return what is found now; None when that takes too long. Raises what `find` raises."""
        look = asyncio.wrap_future(self._begin())
        done, _ = await asyncio.wait({look}, timeout=self._timeout_seconds)
        return look.result() if done else None

    def wait(self) -> Result | None:
        """Return what is found now, for threads that may wait; None when that takes too long."""
        try:
            return self._begin().result(self._timeout_seconds)
        except TimeoutError:
            return None

    def _begin(self) -> "Future[Result]":
        """Return the look that is under way, or begin one."""
        with self._lock:
            if self._look is None or self._look.done():
                self._look = Future()
                args = (self._look, self._find)
                threading.Thread(target=_settle, args=args, name=self._name, daemon=True).start()
            return self._look


def _settle(future: "Future[Result]", find: Callable[[], Result]) -> None:
    try:
        future.set_result(find())
    except BaseException as error:
        future.set_exception(error)
