"""The fast path: routes of the till without the framework's dependency solver.

The solver costs more than the till itself (measured in `docs/benchmarks.md`), so these few routes
take a request as ASGI gives it, and raise what goes wrong: the outermost layer answers it. They
stand in the OpenAPI document like all others, see `fast_routes_openapi.py`.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send

from punchcard.accounts.access.rate_limit import counted_credential
from punchcard.accounts.errors import CredentialsInvalid, CredentialsMissing
from punchcard.accounts.subjects import Subject
from punchcard.api.http import idempotency, permissions
from punchcard.api.http.field_messages import NotSentAsJson
from punchcard.api.schemas.fields import Schema
from punchcard.context import Context
from punchcard.kit.i18n import negotiate
from punchcard.kit.ids import VendorId
from punchcard.loyalty.till.requests import OperationCaller

_JSON: Final = (b"content-type", b"application/json")
_OTHER_JSON: Final = re.compile(rb"application/[^ ]+\+json")
_REPLAYED: Final = (b"idempotency-replayed", b"true")


@dataclass(frozen=True, slots=True)
class FastRequest:
    """One request of a till: who sends it, what it says, and where it came from."""

    subject: Subject
    vendor_id: VendorId
    body: bytes
    path: Mapping[str, str]
    idempotency_key: str | None
    language: str
    request_id: str
    address: str | None
    user_agent: str | None


@dataclass(frozen=True, slots=True)
class FastResponse:
    """What is answered: a status, a body that orjson can write, and whether it is a replay."""

    status: int
    body: Any
    is_replay: bool = False


def caller_of(request: FastRequest) -> OperationCaller:
    """Return who asks for an operation by this request."""
    return OperationCaller(
        subject=request.subject,
        vendor_id=request.vendor_id,
        request_id=request.request_id,
        address=request.address,
        user_agent=request.user_agent,
    )


FastHandler = Callable[[Context, FastRequest], Awaitable[FastResponse]]


@dataclass(frozen=True, slots=True, kw_only=True)
class FastRoute:
    """A POST route: its path template, its handler, and how it stands in the OpenAPI document."""

    path: str
    handler: FastHandler
    summary: str
    request: type[Schema]
    response: type[Schema]
    status: int
    takes_key: bool = True


class FastRoutes:
    """Serves fast routes itself and passes every other request to `app`."""

    def __init__(self, app: ASGIApp, context: Context, routes: list[FastRoute]) -> None:
        self._app = app
        self._context = context
        self._limit = context.accounts.credential_limits.requests
        self._exact = {route.path: route for route in routes if "{" not in route.path}
        self._patterns = [(_pattern(r.path), r) for r in routes if "{" in r.path]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http" and scope["method"] == "POST":
            path = scope["path"]
            if route := self._exact.get(path):
                await self._serve(route, {}, scope, receive, send)
                return
            for pattern, route in self._patterns:
                if found := pattern.fullmatch(path):
                    await self._serve(route, found.groupdict(), scope, receive, send)
                    return
        await self._app(scope, receive, send)

    async def _serve(
        self,
        route: FastRoute,
        path: Mapping[str, str],
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        # Where the framework leaves it, for whoever observes which route was asked.
        scope["route"] = route
        headers = _wanted_headers(scope)
        try:
            subject = await self._subject(headers.get(b"authorization", b""))
        except CredentialsInvalid:
            scope["state"]["token_refused"] = True
            raise
        scope["state"]["subject"] = subject
        permissions.require(permissions.ACCESS["POST", route.path], subject)
        self._limit.take(counted_credential(subject))
        _check_json(headers.get(b"content-type"))
        request = FastRequest(
            subject=subject,
            vendor_id=subject.vendor_id or VendorId(""),
            body=await _body(receive),
            path=path,
            idempotency_key=_key(headers.get(b"idempotency-key")) if route.takes_key else None,
            language=negotiate(headers.get(b"accept-language", b"").decode("latin-1")),
            request_id=scope["state"]["request_id"],
            address=scope["client"][0] if scope["client"] else None,
            user_agent=headers.get(b"user-agent", b"").decode("latin-1")[:200] or None,
        )
        response = await route.handler(self._context, request)
        body = orjson.dumps(response.body)
        sent = [_JSON, (b"content-length", str(len(body)).encode())]
        if response.is_replay:
            sent.append(_REPLAYED)
        start = {"type": "http.response.start", "status": response.status, "headers": sent}
        await send(start)
        await send({"type": "http.response.body", "body": body})

    async def _subject(self, authorization: bytes) -> Subject:
        if not authorization:
            raise CredentialsMissing
        scheme, _, bearer = authorization.decode("latin-1").partition(" ")
        bearer = bearer.strip()
        if scheme.lower() != "bearer":
            raise CredentialsInvalid
        known = self._context.accounts.credentials.resolve_cached(bearer)
        # Only an unknown caller costs a look into the database, and that off the event loop.
        if known is not None:
            return known
        return await run_in_threadpool(self._context.accounts.credentials.resolve, bearer)


_WANTED: Final = frozenset(
    {b"authorization", b"content-type", b"idempotency-key", b"accept-language", b"user-agent"}
)


def _wanted_headers(scope: Scope) -> dict[bytes, bytes]:
    return {name: value for name, value in scope["headers"] if name in _WANTED}


def _check_json(content_type: bytes | None) -> None:
    """Raise NotSentAsJson for a body that is said to be something else."""
    if content_type is None or content_type == b"application/json":
        return
    kind = content_type.partition(b";")[0].strip().lower()
    if kind != b"application/json" and not _OTHER_JSON.fullmatch(kind):
        raise NotSentAsJson


async def _body(receive: Receive) -> bytes:
    message = await receive()
    if message["type"] == "http.disconnect":
        raise ClientDisconnect
    body: bytes = message.get("body", b"")
    while message.get("more_body", False):
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message.get("body", b"")
    return body


def _key(value: bytes | None) -> str | None:
    return idempotency.read_key(value.decode("latin-1") if value is not None else None)


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path))
