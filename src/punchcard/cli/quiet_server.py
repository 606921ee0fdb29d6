"""The loop of one HTTP server process: at rest it wakes once a second."""

import asyncio
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import uvicorn
from uvicorn.config import STARTUP_FAILURE

if TYPE_CHECKING:
    from types import FrameType

_TURN_SECONDS: Final = 1.0


class QuietServer(uvicorn.Server):
    """Is told to end, where uvicorn looks ten times a second whether to.

    Every `turn_seconds` it writes anew what time answers say it is: as a second begins, so that
    tills, which learn the time from it, are never told one that is over.
    """

    def __init__(self, config: uvicorn.Config, *, turn_seconds: float = _TURN_SECONDS) -> None:
        super().__init__(config)
        self._turn_seconds = turn_seconds
        self._turn = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def handle_exit(self, sig: int, frame: "FrameType | None") -> None:
        """Take a signal that ends the server."""
        super().handle_exit(sig, frame)
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._turn.set)

    async def main_loop(self) -> None:
        """Serve until told to end."""
        self._loop = asyncio.get_running_loop()
        # Each turn is the first of uvicorn's ten: the one that looks at the clock.
        while not await self.on_tick(0):
            left = seconds_left(time.time(), self._turn_seconds)
            timer = self._loop.call_later(left, self._turn.set)
            await self._turn.wait()
            timer.cancel()
            self._turn.clear()


def seconds_left(now: float, turn_seconds: float) -> float:
    """Return how long it is until the next turn begins; turns begin at multiples of their length.

    A turn that comes a moment early is followed by another at once.
    """
    return turn_seconds - now % turn_seconds


def run_quietly(config: uvicorn.Config) -> None:
    """Serve in this process until stopped, as `uvicorn.run` does. Raises SystemExit."""
    config.load_app()
    server = QuietServer(config)
    with suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        sys.exit(STARTUP_FAILURE)
