"""The outermost layer of the server: what every request passes, whatever answers it.

It stands on the hottest path, so it is plain ASGI: one loop over the headers, no request object.
"""

import logging
import re
import time
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final
from urllib.parse import quote

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from punchcard.api.http.browsers.hardening import Hardening
from punchcard.api.http.problems import BodyTooLarge, problem, problem_response
from punchcard.http_statuses import refusal_code
from punchcard.kit import logs
from punchcard.kit.errors import DomainError
from punchcard.kit.i18n import negotiate
from punchcard.kit.random_pool import RandomPool
from punchcard.kit.security.request_origin import RequestOrigin, request_origin

_log = logging.getLogger(__name__)

_REQUEST_ID = re.compile(rb"[\x21-\x7e]{1,128}")
_NO_STORE: Final = (b"cache-control", b"no-store")
_CLOSE: Final = (b"connection", b"close")
# nginx's status for a client that left before the response; it stands in the log only.
_CLIENT_LEFT: Final = 499

# A card's token opens the card. It follows /cards/ on the public paths, and is cut out wherever
# else something of its form appears. A phone's name opens the list of its passes.
# Capitals lead to the same addresses, and so they hold the same.
_PUBLIC_CARD = re.compile(r"(/cards/+|/apple/+v1/+devices/+)[^/]+", re.IGNORECASE)
# Tickets of pages do what they are for, and a receipt that nobody has taken is worth its points.
_TICKET = re.compile(
    r"^(/+(?:c|h|r|merge|contact|reach|terminal/+hand-over)/+)[^/]+", re.IGNORECASE
)
# What follows the id in the address of a hook is its secret, whatever it looks like.
_HOOK = re.compile(r"^(/+api/+v1/+hooks/+[^/]*/+[^/]*/+).+", re.DOTALL | re.IGNORECASE)
_TOKEN = re.compile(r"(?<=/)[A-Za-z0-9_-]{22}(?=/|$)")
_SIGNED_IN_PATHS: Final = ("/api/v1/vendor/", "/api/v1/admin/")
_PATH_CHARACTERS: Final = 200
_ADDRESS: Final = re.compile(r"[0-9A-Za-z.:%_-]{1,64}")


PageRefusal = Callable[[Scope, int], DomainError | None]
"""Says how a page tells that a body is larger than so many bytes; None when the API is asked."""


def no_page(_scope: Scope, _limit_bytes: int) -> None:
    """Say that every request is one of the API."""


def unobserved(_scope: Scope, _status: int, _seconds: float) -> None:
    """Let a request pass without anybody being told of it."""


class OuterMiddleware:
    """Names each request, bounds its body, hardens and logs its response, and catches what escapes.

    `file_limits` are the limits of addresses that take files, by path.
    The id of the request is in `scope["state"]["request_id"]` and in `kit.logs.request_id`.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        body_limit_bytes: int,
        file_limits: Mapping[str, int] | None = None,
        page_refusal: PageRefusal = no_page,
        is_https: bool = False,
        new_request_id: Callable[[], str] | None = None,
        access_log: Callable[[logs.AccessLine], None] = logs.write_access_line,
        observe: Callable[[Scope, int, float], None] = unobserved,
    ) -> None:
        self._app = app
        self._body_limit_bytes = body_limit_bytes
        self._file_limits = file_limits or {}
        self._page_refusal = page_refusal
        self._hardening = Hardening(is_https=is_https)
        self._new_request_id = new_request_id or _request_ids()
        self._access_log = access_log
        self._observe = observe

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection event; only HTTP is touched."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        passage = _RequestLifecycle(
            scope,
            receive,
            send,
            limit=self._file_limits.get(scope["path"], self._body_limit_bytes),
            page_refusal=self._page_refusal,
            hardening=self._hardening,
            new_request_id=self._new_request_id,
        )
        mark = logs.request_id.set(passage.request_id)
        client = scope.get("client")
        address = client[0] if client else ""
        origin_mark = request_origin.set(RequestOrigin(address, passage.agent))
        try:
            await passage.serve(self._app)
        finally:
            ended = time.perf_counter()
            milliseconds = (ended - started) * 1000
            path = printable_path(scope["path"])
            caller = _caller_of(scope)
            shown = printable_address(address)
            self._access_log(
                logs.AccessLine(scope["method"], path, passage.status, milliseconds, shown, caller)
            )
            self._observe(scope, passage.status, (passage.answered_at or ended) - started)
            request_origin.reset(origin_mark)
            logs.request_id.reset(mark)


class _RequestLifecycle:
    """One request on its way through: what was received so far, and what was answered."""

    __slots__ = (
        "_accept_language",
        "_content_length",
        "_expects_continue",
        "_hardening",
        "_has_read",
        "_is_refused",
        "_limit",
        "_page_refusal",
        "_receive",
        "_received",
        "_scope",
        "_send",
        "agent",
        "answered_at",
        "request_id",
        "status",
    )

    def __init__(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        *,
        limit: int,
        page_refusal: PageRefusal,
        hardening: Hardening,
        new_request_id: Callable[[], str],
    ) -> None:
        self._hardening = hardening
        self._scope = scope
        self._receive = receive
        self._send = send
        self._limit = limit
        self._page_refusal = page_refusal
        self._accept_language = b""
        self._content_length: int | None = None
        self._expects_continue = False
        self._has_read = False
        self._received = 0
        self._is_refused = False
        self.status = 0
        self.answered_at = 0.0
        self.agent = b""
        self.request_id = ""
        self._read_headers()
        if not self.request_id:
            self.request_id = new_request_id()
        scope.setdefault("state", {})["request_id"] = self.request_id

    async def serve(self, app: ASGIApp) -> None:
        """Let `app` answer, unless the body is known to be too large."""
        receive = self._receive
        if self._content_length is not None and self._content_length > self._limit:
            if self._page_error() is None:
                await self._refuse_body()
                return
            receive = self._too_large
        elif self._content_length is None or self._expects_continue:
            # A body of told length is cut off by the server itself; any other is counted.
            receive = self._counted
        try:
            await app(self._scope, receive, self._hardened)
        except ClientDisconnect:
            self.status = self.status or _CLIENT_LEFT
        except Exception as error:  # the last resort: nothing may leave without a response
            await self._respond(error)

    def _read_headers(self) -> None:
        for name, value in self._scope["headers"]:
            if name == b"content-length":
                self._content_length = int(value) if value.isdigit() else None
            elif name == b"x-request-id":
                self.request_id = value.decode("ascii") if _REQUEST_ID.fullmatch(value) else ""
            elif name == b"accept-language":
                self._accept_language = value
            elif name == b"user-agent":
                self.agent = value
            elif name == b"expect":
                self._expects_continue = True

    async def _counted(self) -> Message:
        self._has_read = True
        message = await self._receive()
        self._received += len(message.get("body", b""))
        if self._received > self._limit:
            return await self._too_large()
        return message

    async def _too_large(self) -> Message:
        """Raise what a page tells in its own way; for the API, answer and end the app."""
        if not self.status:
            if error := self._page_error():
                raise error
            await self._refuse_body()
        # To the app it looks as if the client had left: it stops, and writes nothing.
        raise ClientDisconnect

    def _page_error(self) -> DomainError | None:
        return self._page_refusal(self._scope, self._limit)

    async def _hardened(self, message: Message) -> None:
        if self._is_refused:
            return
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.answered_at = time.perf_counter()
            message = {**message, "headers": self._headers(message.get("headers", ()))}
        await self._send(message)

    def _headers(self, given: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        named = {name: value for name, value in given}
        headers = [
            *given,
            (b"x-request-id", self.request_id.encode("ascii")),
            *self._hardening.headers(named),
        ]
        if b"cache-control" not in named and self._scope["path"].startswith("/api"):
            headers.append(_NO_STORE)
        if self._expects_continue and not self._has_read:
            # Such a client holds its body back now, so on a kept connection its next request
            # would be read as that body.
            headers.append(_CLOSE)
        return headers

    async def _refuse_body(self) -> None:
        """Answer 413 without reading on; the server drops what still arrives of the body."""
        self._scope["state"]["refusal"] = BodyTooLarge.code
        response = problem(BodyTooLarge(limit_bytes=self._limit), self._language(), self.request_id)
        await response(self._scope, self._receive, self._hardened)
        self._is_refused = True

    async def _respond(self, error: Exception) -> None:
        response = problem_response(error, self._language(), self.request_id)
        self._scope["state"]["refusal"] = refusal_code(error, response.status_code)
        if response.status_code == 500:
            _log.error("A request failed unforeseen.", exc_info=error)
        if not self.status:
            await response(self._scope, self._receive, self._hardened)

    def _language(self) -> str:
        return negotiate(self._accept_language.decode("latin-1"))


def _request_ids() -> Callable[[], str]:
    chance = RandomPool()
    return lambda: f"{chance.number():016x}"


def printable_path(path: str) -> str:
    """Return a path as the log may show it: without what opens anything, in visible ASCII."""
    if not path.startswith(_SIGNED_IN_PATHS):
        path = _PUBLIC_CARD.sub(r"\1***", _HOOK.sub(r"\1***", path))
        path = _TICKET.sub(r"\1***", path)
    path = _TOKEN.sub("***", path)[:_PATH_CHARACTERS]
    return path if path.isascii() and path.isprintable() else quote(path)


@lru_cache(maxsize=4096)
def printable_address(address: str) -> str:
    """Return a client's network address as the log may show it; `-` when there is none."""
    return address if address and _ADDRESS.fullmatch(address) else "-"


def _caller_of(scope: Scope) -> str:
    """Return who called, as `kind:id`; `-` for a stranger."""
    subject = scope["state"].get("subject")
    return subject.called if subject is not None and subject.id else "-"
