"""Pages of other servers that may call the public routes: those whose origins are set, by CORS.

Source of the headers: the Fetch standard, section "CORS protocol". Starlette's own middleware
answers a refused origin with an error and with what others may do; here it hears nothing.
"""

from collections.abc import Collection
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

PUBLIC_PATHS: Final = "/api/v1/loyalty/"
"""What all paths of routes without a credential of a person, key or terminal begin with."""

MAX_AGE_SECONDS: Final = 600
"""For how long a browser may keep the answer to a preflight, and go on after a change of it."""

_METHODS: Final = b"GET, HEAD, POST, DELETE"
# No Authorization: a page of another server has no business with a credential.
_REQUEST_HEADERS: Final = (
    b"Accept-Language, Content-Type, Idempotency-Key, Proof-Of-Person, X-Request-ID"
)
_RESPONSE_HEADERS: Final = b"Idempotency-Replayed, Retry-After, X-Data-Age-Seconds, X-Request-ID"

_VARY: Final = (b"vary", b"Origin")
_OF_PREFLIGHTS: Final = [
    (b"access-control-allow-methods", _METHODS),
    (b"access-control-allow-headers", _REQUEST_HEADERS),
    (b"access-control-max-age", str(MAX_AGE_SECONDS).encode()),
]
_OF_ANSWERS: Final = [(b"access-control-expose-headers", _RESPONSE_HEADERS)]


class CrossOrigin:
    """Tells browsers which pages may read a public response, whatever answered it.

    `origins` are written as browsers send them, and are compared to the letter. Never with
    credentials: a page of another server gets what anybody gets.
    """

    def __init__(self, app: ASGIApp, origins: Collection[str]) -> None:
        self._app = app
        self._origins = frozenset(origin.encode("ascii") for origin in origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection event; only HTTP at public paths is touched."""
        if scope["type"] != "http" or not scope["path"].startswith(PUBLIC_PATHS):
            await self._app(scope, receive, send)
            return
        # Also where nothing else is said: a cache must not hand the answer to another page.
        added = [_VARY]
        origins = _values(scope, b"origin")
        if len(origins) == 1 and origins[0] in self._origins:
            added.append((b"access-control-allow-origin", origins[0]))
            added += _OF_PREFLIGHTS if _is_preflight(scope) else _OF_ANSWERS

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), *added]}
            await send(message)

        await self._app(scope, receive, told)


class Preflights:
    """Answers browsers that ask ahead of a request at a public path: 204, whoever asks.

    What the page may do is told by `CrossOrigin`; where that is silent, the browser refuses.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection event."""
        if (
            scope["type"] != "http"
            or not scope["path"].startswith(PUBLIC_PATHS)
            or not _is_preflight(scope)
        ):
            await self._app(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})


def _is_preflight(scope: Scope) -> bool:
    return (
        scope["method"] == "OPTIONS"
        and bool(_values(scope, b"origin"))
        and bool(_values(scope, b"access-control-request-method"))
    )


def _values(scope: Scope, wanted: bytes) -> list[bytes]:
    return [value for name, value in scope["headers"] if name == wanted]
