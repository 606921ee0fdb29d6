"""Requests byte by byte: what a client's library would mend or refuse reaches the application."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from starlette.types import ASGIApp, Message

Header = tuple[bytes, bytes]

# The server below lets no request of HTTP/1.1 without one through.
_HOST = (b"host", b"shop.test")


@dataclass(frozen=True)
class RawResponse:
    """What came back."""

    status: int
    headers: Sequence[Header]
    body: bytes


class RawServer:
    """Hands requests to an application as the server below hands them over, one after another."""

    def __init__(self, app: ASGIApp, runner: asyncio.Runner) -> None:
        self._app = app
        self._runner = runner

    def send(
        self,
        method: str,
        path: bytes,
        *,
        query: bytes = b"",
        headers: Sequence[Header] = (),
        body: Sequence[bytes] = (b"",),
    ) -> RawResponse:
        """Send a request whose `path` is in ASCII, percent signs and all; `body` in its parts.

        A request whose `headers` name no host goes to the shops' own. An error that escapes the
        application is raised.
        """
        lowered = [(name.lower(), value) for name, value in headers]
        names_host = any(name == b"host" for name, _ in lowered)
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "scheme": "http",
            "method": method,
            "path": unquote(path.decode("ascii")),
            "raw_path": path,
            "query_string": query,
            "root_path": "",
            "headers": lowered if names_host else [_HOST, *lowered],
            "client": ("203.0.113.7", 1),
            "server": ("shop.test", 80),
            "state": {},
        }
        return self._runner.run(self._send(scope, list(body)))

    async def _send(self, scope: dict[str, Any], parts: list[bytes]) -> RawResponse:
        status, headers, body = 0, [], b""

        async def receive() -> Message:
            if not parts:
                return {"type": "http.disconnect"}
            part = parts.pop(0)
            return {"type": "http.request", "body": part, "more_body": bool(parts)}

        async def send(message: Message) -> None:
            nonlocal status, headers, body
            if message["type"] == "http.response.start":
                status, headers = message["status"], list(message["headers"])
            elif message["type"] == "http.response.body":
                body += message.get("body", b"")

        await self._app(scope, receive, send)
        return RawResponse(status, headers, body)
