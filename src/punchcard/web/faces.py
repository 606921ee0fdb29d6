"""Which face answers: pages at their own addresses, the API at all others."""

from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

PAGES: Final = frozenset(
    {
        *("", "sign-in", "sign-out", "language", "forgot-password", "reset-password"),
        *("verify-email", "console", "admin", "terminal", "join", "c"),
        *("static", "colour", "badges"),
    }
)
"""The first part of every page's address."""


class Faces:
    """Hands each request to the pages or to the API; start and end of the server are the API's."""

    def __init__(self, *, api: ASGIApp, pages: ASGIApp) -> None:
        self._api = api
        self._pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection event."""
        is_page = scope["type"] == "http" and scope["path"].split("/", 2)[1:2][0] in PAGES
        await (self._pages if is_page else self._api)(scope, receive, send)
