"""An application behind a real socket of this machine, in a thread of this process."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from punchcard.api.http.http_protocol import protocol_of
from punchcard.fakes.serving import PromptServer
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
    server = PromptServer(config)
    thread = threading.Thread(target=server.run, name="served")
    thread.start()
    try:
        server.is_up.wait(30)
        bound = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{bound}"
    finally:
        server.stop()
        thread.join()
