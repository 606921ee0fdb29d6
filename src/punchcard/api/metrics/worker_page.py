"""The figures of `punchcard worker`, which serves nothing else: at a port of its own machine."""

import hmac
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from prometheus_client import CONTENT_TYPE_LATEST

from punchcard.api.metrics.telling import tell_waiting
from punchcard.context import Context

_HERE: Final = "127.0.0.1"
_HEAD_SECONDS: Final = 10.0


@contextmanager
def worker_page(context: Context, port: int) -> Iterator[str]:
    """Answer `/metrics` at a port of this machine until the block ends; gives the address.

    It asks for METRICS_TOKEN where one is set, as a server does. Raises OSError for a port in use.
    """
    wanted = f"Bearer {context.settings.metrics_token}" if context.settings.metrics_token else ""

    class Handler(BaseHTTPRequestHandler):
        timeout = _HEAD_SECONDS

        def do_GET(self) -> None:
            if self.path != "/metrics":
                self.send_error(404)
                return
            shown = self.headers.get("Authorization") or ""
            if wanted and not hmac.compare_digest(shown.encode(), wanted.encode()):
                self.send_error(401)
                return
            body = tell_waiting(context)
            self.send_response(200)
            self.send_header("Content-Type", CONTENT_TYPE_LATEST)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing of each look."""

    with ThreadingHTTPServer((_HERE, port), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, name="figures", daemon=True).start()
        try:
            yield f"http://{_HERE}:{server.server_port}"
        finally:
            server.shutdown()
