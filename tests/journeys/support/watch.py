"""Eyes on a browser: every request it makes, and whatever it complains about."""

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import (
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    Response,
    WebError,
    WebSocket,
)

HERE = frozenset({"127.0.0.1", "localhost"})
_ASKING = {"document", "fetch", "xhr", "eventsource", "other"}
# The browser's own word for an answer of 400 and more, and for a request that failed: both are
# judged here by what was asked for.
_ANSWERS = "Failed to load resource"


@dataclass
class Watch:
    """What browsers of one test did, and what `verdict` holds against them.

    Held against a page: a request to anywhere but this machine, a console error (a broken Content
    Security Policy is one), an uncaught exception, an answer of 500 and more, and a script, style,
    picture or font that did not come. A refusal (400 to 499) of what a page *asks* is none.
    """

    requests: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    _allowed: list[re.Pattern[str]] = field(default_factory=list)

    def allow(self, pattern: str) -> None:
        """Hold nothing against the test in which `pattern` is found, from its start to its end."""
        self._allowed.append(re.compile(pattern))

    def attach(self, context: BrowserContext) -> None:
        """Watch every page and service worker of `context`, also those that open later."""
        context.on("request", self._note_request)
        context.on("response", self._note_response)
        context.on("console", self._note_console)
        context.on("weberror", self._note_exception)
        context.on("page", self._watch_page)

    def verdict(self) -> list[str]:
        """Return what went wrong and was not allowed."""
        return [f for f in self.faults if not any(allowed.search(f) for allowed in self._allowed)]

    def outside(self) -> list[str]:
        """Return the requests that were not for this machine."""
        return [url for url in self.requests if _leaves(url)]

    def _watch_page(self, page: Page) -> None:
        page.on("websocket", self._note_socket)

    def _note_request(self, request: Request) -> None:
        self._note_address(request.url)

    def _note_socket(self, socket: WebSocket) -> None:
        self._note_address(socket.url)

    def _note_address(self, url: str) -> None:
        self.requests.append(url)
        if _leaves(url):
            self.faults.append(f"asked outside: {url}")

    def _note_response(self, response: Response) -> None:
        kind, status = response.request.resource_type, response.status
        if status >= 500 or (status >= 400 and kind not in _ASKING):
            self.faults.append(f"answered {status}: {kind} {response.url}")

    def _note_console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(_ANSWERS):
            self.faults.append(f"console: {message.text}")

    def _note_exception(self, error: WebError) -> None:
        self.faults.append(f"exception: {error.error}")


def _leaves(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in {"http", "https", "ws", "wss", "ftp"} and parts.hostname not in HERE
