"""The choice between pages and API: pages at their own addresses, the API at all others."""

import threading
from collections.abc import Callable
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Receive, Scope, Send

from punchcard.kit.errors import DomainError
from punchcard.web.pages.errors import TooLargeToSend

PAGES: Final = frozenset(
    {
        "",
        "favicon.ico",
        "robots.txt",
        "sign-in",
        "sign-out",
        "language",
        "forgot-password",
        "reset-password",
        "verify-email",
        "console",
        "admin",
        "terminal",
        "join",
        "reach",
        "status",
        "c",
        "h",
        "r",
        "contact",
        "merge",
        "static",
        "colour",
        "badges",
    }
)
"""The first part of every page's address."""

API: Final = frozenset({"api", "docs", "openapi.json", "healthz", "readyz", "metrics", "ledger"})
"""The first part of every other address that leads somewhere."""


SMALL_BELOW: Final = frozenset({"join", "console", "admin"})
"""The first parts behind which no address has a capital."""

FILE_PAGES: Final = frozenset({"/console/imports"})
"""The pages whose forms bring files longer than other bodies may be."""


class Dispatcher:
    """Hands each request to the pages or to the API; start and end of the server are the API's.

    `make_pages` is called at the first request of a page: a server that is asked for none, such as
    one behind the tills of a platform, spends neither the time nor the memory.
    """

    def __init__(self, *, api: ASGIApp, make_pages: Callable[[], ASGIApp]) -> None:
        self._api = api
        self._make_pages = make_pages
        self._making = threading.Lock()
        self._pages: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection event."""
        if scope["type"] != "http" or not _is_for_pages(scope):
            await self._api(scope, receive, send)
            return
        if self._pages is None:
            await run_in_threadpool(self._make)
        assert self._pages is not None
        await self._pages(scope, receive, send)

    def _make(self) -> None:
        with self._making:
            if self._pages is None:
                self._pages = self._make_pages()


def refusal_of_body(scope: Scope, limit_bytes: int) -> DomainError | None:
    """Return how a page tells that what was sent is too large; None where the API answers."""
    return TooLargeToSend(limit_kilobytes=limit_bytes // 1000) if _is_for_pages(scope) else None


def _is_for_pages(scope: Scope) -> bool:
    """Return whether the pages answer, as they do a browser at an address that leads nowhere."""
    first = scope["path"].split("/", 2)[1:2]
    if not first or first[0] in API:
        return False
    return first[0] in PAGES or any(
        name == b"accept" and b"text/html" in value for name, value in scope["headers"]
    )
