"""The bounds of connections, what is answered below the application, and a close that is heard."""

import asyncio
import json
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

from punchcard.api.http.browsers.hardening import Hardening
from punchcard.api.http.problems import MEDIA_TYPE
from punchcard.kit.descriptors import connection_limit
from punchcard.kit.settings import Settings

LOG_PAUSE_SECONDS: Final = 60.0
# So many more are told that they are one too many; the rest is cut off without a word.
_TOLD_LIMIT: Final = 32

_log = logging.getLogger(__name__)

_REFUSALS: Final[dict[int, tuple[str, str]]] = {
    400: ("malformed_http", "This is no HTTP/1.1 request that can be read."),
    408: ("request_too_slow", "The request did not arrive in time."),
    431: ("head_too_large", "The request line and headers are too large."),
    503: ("too_many_connections", "Too many connections are open. Try again in a moment."),
}


def refusal(
    status: int, default_headers: Iterable[tuple[bytes, bytes]], *, is_https: bool = False
) -> bytes:
    """Return a whole response for a request that never reached the application.

    In English: whose language it is stands in headers that were not read.
    """
    code, detail = _REFUSALS[status]
    title = HTTPStatus(status).phrase
    body = json.dumps(
        {
            "type": f"urn:problem-type:punchcard:{code}",
            "title": title,
            "status": status,
            "detail": detail,
            "code": code,
        }
    ).encode()
    headers = [
        *default_headers,
        (b"content-type", MEDIA_TYPE.encode()),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-store"),
        (b"connection", b"close"),
        *Hardening(is_https=is_https).headers({}),
        *([(b"retry-after", b"1")] if status == 503 else []),
    ]
    head = b"".join(b"%b: %b\r\n" % header for header in headers)
    return b"HTTP/1.1 %d %b\r\n%b\r\n%b" % (status, title.encode(), head, body)


@dataclass
class ConnectionGuard:
    """The bounds of every connection of a process, and who was turned away.

    Sizes in bytes, times in seconds; `connections` at once. One for each process.
    """

    connections: int
    head_limit_bytes: int
    head_timeout_seconds: float
    body_timeout_seconds: float
    body_least_bytes_per_second: int
    discard_limit_bytes: int
    discard_timeout_seconds: float
    is_https: bool = False
    _refused: int = field(default=0, init=False)
    _logged_at: float | None = field(default=None, init=False)

    @classmethod
    def of(cls, settings: Settings) -> "ConnectionGuard":
        """Return the bounds that are set."""
        return cls(
            connections=connection_limit(settings),
            head_limit_bytes=settings.request_head_limit_bytes,
            head_timeout_seconds=settings.request_head_timeout_seconds,
            body_timeout_seconds=settings.request_body_timeout_seconds,
            body_least_bytes_per_second=settings.request_body_least_bytes_per_second,
            discard_limit_bytes=settings.discard_limit_bytes,
            discard_timeout_seconds=settings.discard_timeout_seconds,
            is_https=settings.is_https,
        )

    def has_room(self, connections: int, now: float) -> bool:
        """Return whether one of so many open connections may stay; logs if not, once a minute."""
        if connections <= self.connections:
            return True
        self._refused += 1
        if self._logged_at is None or now - self._logged_at >= LOG_PAUSE_SECONDS:
            _log.warning(
                "%d connections are open, which is the limit: %d turned away since the last such"
                " line. See CONNECTIONS_LIMIT and the limit of open files.",
                self.connections,
                self._refused,
            )
            self._refused, self._logged_at = 0, now
        return False

    def tells(self, connections: int) -> bool:
        """Return whether one too many is told so."""
        return connections <= self.connections + _TOLD_LIMIT


class ObservedTransport(asyncio.Transport):
    """A transport whose `close` asks `on_close`, and takes nothing more to write from then on.

    A socket that is closed while its client still sends is reset, and the response lost with it.
    """

    def __init__(self, transport: asyncio.Transport, on_close: Callable[[], None]) -> None:
        super().__init__()
        self.real = transport
        self._on_close = on_close
        self._is_closed = False

    def close(self) -> None:
        """Close, once what was written has gone; how is up to `on_close`."""
        self._is_closed = True
        self._on_close()

    def is_closing(self) -> bool:
        """Return whether nothing more can be written."""
        return self._is_closed or self.real.is_closing()

    def write(self, data: Any) -> None:
        """Write, unless it is closed."""
        if not self._is_closed:
            self.real.write(data)

    def abort(self) -> None:
        """Cut the connection off."""
        self._is_closed = True
        self.real.abort()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Return what the transport knows of its socket."""
        return self.real.get_extra_info(name, default)

    def pause_reading(self) -> None:
        """Read nothing for a while."""
        self.real.pause_reading()

    def resume_reading(self) -> None:
        """Read again."""
        self.real.resume_reading()

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Hand the connection to another protocol."""
        self.real.set_protocol(protocol)
