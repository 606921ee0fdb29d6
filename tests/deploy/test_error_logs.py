"""What a proxy writes when the server behind it is gone, or is asked without TLS: no key either."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from tests.deploy.proxies import NAME, Proxy, proxy
from tests.deploy.test_proxies import ADDRESSES_THAT_ARE_KEYS
from tests.support.waiting import PATIENCE_SECONDS

SECRET = "a-secret-that-an-address-holds"


class _Healthy(BaseHTTPRequestHandler):
    """Answers as a server that is well."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def deserted(kind: str, folder: Path) -> Iterator[Proxy]:
    """Run a proxy whose server went away once it had been well."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Healthy)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with proxy(kind, f"http://127.0.0.1:{server.server_port}", folder) as before:
        server.shutdown()
        server.server_close()
        yield before


@pytest.mark.parametrize("kind", ["nginx", "caddy"])
def test_nothing_that_a_proxy_writes_of_its_errors_holds_a_key(kind: str, tmp_path: Path) -> None:
    addresses = [f"{start}/{SECRET}" for start in ADDRESSES_THAT_ARE_KEYS]
    addresses.append(f"/reset-password?token={SECRET}")
    with deserted(kind, tmp_path) as before, before.client() as client:
        headers = {"Referer": f"https://{NAME}/c/{SECRET}"}
        answers = {client.get(one, headers=headers).status_code for one in addresses}
        plain = f"http://127.0.0.1:{before.plain_port}"
        for address in addresses:
            httpx.get(plain + address, headers={**headers, "Host": NAME}, timeout=PATIENCE_SECONDS)
    written = {
        path.name: path.read_text(encoding="utf-8")
        for path in tmp_path.iterdir()
        if path.suffix in {".log", ".out"}
    }

    assert answers == {502}
    assert "/c/..." in written[before.log.name] or '"/c/"' in written[before.log.name]
    assert [name for name, text in written.items() if SECRET in text] == []
