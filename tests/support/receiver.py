"""A receiver of webhooks on this machine: it keeps what it was sent, and answers as it is told."""

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

_LOOK_SECONDS: Final = 0.01
"""After so long it sees that it shall end, where half a second is usual."""


@dataclass
class Receiver:
    """What one receiver has heard; `answer` writes the answer to the handler of a request."""

    url: str = ""
    heard: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    answer: Callable[[BaseHTTPRequestHandler], None] = lambda handler: answered(handler, 204)


def answered(
    handler: BaseHTTPRequestHandler, status: int, body: bytes = b"", **headers: str
) -> None:
    """Answer a request with a status, a body and headers such as `retry_after="5"`."""
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-").title(), value)
    if status != 204:
        handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


@contextmanager
def open_receiver(tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """Receive at a free port of 127.0.0.1 until the block ends."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            receiver.heard.append((self.path, dict(self.headers), body))
            receiver.answer(self)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            """Say nothing: senders that hang up are what is tested."""

    with Server(("127.0.0.1", 0), Handler) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        scheme = "http" if tls is None else "https"
        receiver.url = f"{scheme}://127.0.0.1:{server.server_port}/hooks"
        threading.Thread(target=server.serve_forever, args=[_LOOK_SECONDS], daemon=True).start()
        try:
            yield receiver
        finally:
            server.shutdown()
