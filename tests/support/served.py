"""An application behind a real socket of this machine, in a thread of this process."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from punchcard.api.http.http_protocol import protocol_of
from punchcard.kit.settings import Settings


@contextmanager
def served(app: ASGIApp, *, port: int = 0, settings: Settings | None = None) -> Iterator[str]:
    """Serve `app` on `port`, or a free one, and return its address; stop when the block ends.

    Connections have the bounds of `settings`, as those of `punchcard serve` have.
    """
    settings = settings or Settings()
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=port,
        http=protocol_of(settings),
        timeout_keep_alive=settings.keep_alive_seconds,
        ws="none",
        log_config=None,
        access_log=False,
        lifespan="off",
        # The test's clock is the server's; the machine's would tell pages another time.
        date_header=False,
        server_header=False,
    )
    server = _Server(config)
    thread = threading.Thread(target=server.run, name="served")
    thread.start()
    try:
        server.is_up.wait(30)
        bound = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{bound}"
    finally:
        server.stop()
        thread.join()


class _Server(uvicorn.Server):
    """Ends when it is told, where uvicorn looks ten times a second whether to."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_up = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._end = asyncio.Event()

    def stop(self) -> None:
        """End it, from another thread."""
        self.should_exit = True
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._end.set)

    async def startup(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        await super().startup(sockets)  # type: ignore[arg-type]
        self._loop = asyncio.get_running_loop()
        self.is_up.set()

    async def main_loop(self) -> None:
        await self._end.wait()
