"""Addresses as people type them and as monitors ask for them, before any route is looked for."""

import re
from collections.abc import Collection
from typing import Any, Final
from urllib.parse import quote

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_MANY_SLASHES: Final = re.compile("/{2,}")
# What may stand in a path as it is (RFC 3986, section 3.3).
_SAFE: Final = "/:@!$&'()*+,;=~-._"


class _HeadAnswered(ClientDisconnect):
    """A HEAD request has its answer, and the rest of the response is wanted by nobody."""


class ForgivingAddresses:
    """Leads an address that is almost right to the right one, and answers HEAD as GET.

    Slashes too many and capitals are answered 308: posters are typed by hand, on phones that begin
    with a capital. `names` are the first parts of all addresses, in small letters; behind those in
    `small_below` every letter is small. Behind all others letters count: tokens have capitals.
    """

    def __init__(
        self, app: ASGIApp, *, names: Collection[str], small_below: Collection[str]
    ) -> None:
        self._app = app
        self._names = frozenset(names)
        self._small_below = frozenset(small_below)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection event."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        right = self.right_path(scope["path"])
        if right != scope["path"]:
            await _lead_to(right, scope, send)
        elif scope["method"] == "HEAD":
            asked = {**scope, "method": "GET"}
            try:
                await self._app(asked, receive, _HeadSend(send))
            except _HeadAnswered:
                return
            finally:
                # For whoever observes which route was asked.
                scope["route"] = asked.get("route")
        else:
            await self._app(scope, receive, send)

    def right_path(self, path: str) -> str:
        """Return the path that is meant by `path`, mostly itself."""
        if "//" in path or path.endswith("/"):
            path = _MANY_SLASHES.sub("/", path).rstrip("/") or "/"
        first, slash, rest = path[1:].partition("/")
        small = first.lower()
        if small not in self._names:
            return path
        if small in self._small_below:
            rest = rest.lower()
        return f"/{small}{slash}{rest}"


async def _lead_to(path: str, scope: Scope, send: Send) -> None:
    # One slash at its beginning: no address leads to another server.
    location = quote(path, safe=_SAFE).encode()
    if query := scope.get("query_string", b""):
        location += b"?" + query
    headers = [(b"location", location), (b"content-length", b"0")]
    await send({"type": "http.response.start", "status": 308, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


class _HeadSend:
    """Sends what a response begins with, and nothing of its body."""

    def __init__(self, send: Send) -> None:
        self._send = send

    async def __call__(self, message: Message) -> None:
        if message["type"] != "http.response.body":
            await self._send(message)
            return
        end: dict[str, Any] = {"type": "http.response.body", "body": b"", "more_body": False}
        await self._send(end)
        if message.get("more_body", False):
            # It may be without an end: a card's events are.
            raise _HeadAnswered
