"""Tells how old what a response shows may be, where reads may go to a replica."""

from typing import Any, Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from punchcard.db.postgresql.data_age import DataAge, data_age

HEADER: Final = b"x-data-age-seconds"

_READS: Final = ("GET", "HEAD")
_NOT_FOUND: Final = 404
_FAILED: Final = 500


class DataAgeHeader:
    """Adds `X-Data-Age-Seconds` to responses that were read from a replica.

    Whoever sends `Cache-Control: no-cache` (RFC 9111, section 5.2.1.4; browsers do when a page is
    loaded anew) is shown the newest state. What the replica does not know yet, or breaks off, is
    asked again of the primary, before anything of a response has left.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection event; only HTTP is touched."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        age = DataAge(must_be_newest=_wants_newest(scope))
        answer = _Answer(send, age, may_be_asked_again=scope["method"] in _READS)
        mark = data_age.set(age)
        # What is noted of a request, as it is before it is asked.
        state: dict[str, Any] = scope.setdefault("state", {})
        noted = dict(state)
        try:
            try:
                await self._app(scope, receive, answer.send)
            except Exception:
                if not answer.is_held_back:
                    raise
            if answer.is_held_back:
                data_age.set(DataAge(must_be_newest=True))
                # Nobody has heard of what the replica refused: it is no refusal.
                state.clear()
                state.update(noted)
                await self._app(scope, _no_body, send)
        finally:
            data_age.reset(mark)


class _Answer:
    """A response on its way out; one that may be owed to the replica alone is held back."""

    def __init__(self, send: Send, age: DataAge, *, may_be_asked_again: bool) -> None:
        self._send = send
        self._age = age
        self._may_be_asked_again = may_be_asked_again
        self.is_held_back = False

    async def send(self, message: Message) -> None:
        """Pass a part of it on."""
        if message["type"] == "http.response.start" and self._age.whole_seconds is not None:
            status = message["status"]
            is_doubtful = status == _NOT_FOUND or status >= _FAILED
            self.is_held_back = is_doubtful and self._may_be_asked_again
            told = (HEADER, str(self._age.whole_seconds).encode())
            message = {**message, "headers": [*message.get("headers", ()), told]}
        if not self.is_held_back:
            await self._send(message)


async def _no_body() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


def _wants_newest(scope: Scope) -> bool:
    return any(
        name == b"cache-control" and b"no-cache" in value.lower()
        for name, value in scope["headers"]
    )
