"""HTTP/1.1 with bounds: every request's head and body must arrive in time and stay in size.

uvicorn's protocol over httptools has neither; the application sees a request only once its head is
complete. What is left out here of RFC 9112 is left out by uvicorn.
"""

import asyncio
from enum import Enum, auto
from functools import partial
from typing import Any, Final

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from punchcard.api.http.connections import ConnectionGuard, ObservedTransport, refusal
from punchcard.kit.settings import Settings

# How exactly a head's limit is kept: what arrives is parsed in parts of this share of it.
_PARTS: Final = 8


def protocol_of(settings: Settings) -> Any:
    """Return what `uvicorn.Config` takes as `http`: it can be pickled for other processes."""
    return partial(BoundedProtocol, ConnectionGuard.of(settings))


class _Stage(Enum):
    """What of a request has arrived."""

    NOTHING = auto()
    HEAD = auto()
    BODY = auto()


class BoundedProtocol(HttpToolsProtocol):
    """One connection that `guard` bounds: its requests' heads, their bodies, and what is dropped.

    A head that is too large is answered 431, one that is too slow and a body that is too slow 408,
    a connection too many 503, each if nothing was answered yet. Anyone who is answered before the
    request has wholly arrived can read the response: the rest is read and dropped, up to a limit.
    No other protocol is spoken: who asks for one is answered in this one, and the line ends.
    """

    def __init__(
        self,
        guard: ConnectionGuard,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._guard = guard
        self._part_bytes = max(guard.head_limit_bytes // _PARTS, 1)
        # A client that connects is expected to send a head.
        self._stage = _Stage.HEAD
        self._is_draining = False
        self._is_last = False
        self._timer: asyncio.TimerHandle | None = None
        # Since the parser last had a whole head, a part of a body, or the end of a message.
        self._held_bytes = 0
        self._body_bytes = 0
        self._body_since = 0.0
        self._dropped_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a connection, or turn it away."""
        self._real = transport
        super().connection_made(ObservedTransport(transport, self._close))
        if self._guard.has_room(len(self.connections), self.loop.time()):
            self._start_timer()
        elif self._guard.tells(len(self.connections)):
            self._refuse(503)
        else:
            self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go of everything."""
        self._stop_timer()
        self._stage = _Stage.NOTHING
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse what arrived, in parts small enough that no head grows far beyond its limit."""
        if len(data) <= self._part_bytes:
            self._receive_part(data)
        else:
            view = memoryview(data)
            for start in range(0, len(data), self._part_bytes):
                self._receive_part(bytes(view[start : start + self._part_bytes]))
        if self._timer is None and self._stage is not _Stage.NOTHING:
            self._start_timer()

    def shutdown(self) -> None:
        """Stop in good order: anyone who waits for a response still gets it."""
        if self._is_draining or self.cycle is None or self.cycle.response_complete:
            self._real.close()
        else:
            super().shutdown()

    # What the parser calls

    def on_message_begin(self) -> None:
        """Begin a head."""
        self._stage = _Stage.HEAD
        self._unset_keepalive_if_required()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Hand the request over to the application."""
        if self.parser.should_upgrade() and self._announces_body():
            # The parser would take the body for the next request, a proxy takes it for the body.
            self._refuse(400)
            return
        super().on_headers_complete()
        self._stage = _Stage.BODY
        self._held_bytes = self._body_bytes = 0
        self._stop_timer()

    def on_body(self, body: bytes) -> None:
        """Take a part of the body, or drop it when nobody wants it any more."""
        self._held_bytes = 0
        self._body_bytes += len(body)
        if self.cycle.response_complete:
            self._drop(len(body))
        super().on_body(body)

    def on_message_complete(self) -> None:
        """End a request; the next may have begun in the same packet."""
        if self._is_draining and self.parser.should_upgrade():
            # It was refused, and what it announced still arrives.
            return
        super().on_message_complete()
        self._stage = _Stage.NOTHING
        self._held_bytes = 0
        self._stop_timer()
        if self.cycle.response_complete and not self._is_draining:
            # It was answered before it had arrived, and what arrived ended the wait for the next.
            self._unset_keepalive_if_required()
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def on_response_complete(self) -> None:
        """Go on after a response; what still arrives of its request is dropped."""
        super().on_response_complete()
        if self._stage is _Stage.BODY and not self._is_draining:
            self._stop_timer()
            self._start_timer()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP."""
        self._refuse(400)

    def _should_upgrade(self) -> bool:
        return False

    def _unsupported_upgrade_warning(self) -> None:
        """Answer in this protocol, and end the line: what follows may be in another."""
        self._is_last = True
        if not self._is_draining:
            self.cycle.keep_alive = False

    def _announces_body(self) -> bool:
        return any(
            name == b"transfer-encoding" or (name == b"content-length" and int(value) > 0)
            for name, value in self.headers
        )

    # Bounds

    def _receive_part(self, part: bytes) -> None:
        if self._is_draining or self._is_last:
            self._drop(len(part))
        if self._is_last or self.transport.is_closing():
            return
        if self._stage is _Stage.NOTHING:
            self._stage = _Stage.HEAD
        self._held_bytes += len(part)
        super().data_received(part)
        if self._held_bytes > self._guard.head_limit_bytes and not self.transport.is_closing():
            self._refuse(431)

    def _drop(self, length: int) -> None:
        self._dropped_bytes += length
        if self._dropped_bytes > self._guard.discard_limit_bytes:
            self.transport.abort()

    def _start_timer(self) -> None:
        """Await the rest of a head, of a body, or of a body that nobody wants."""
        if self.transport.is_closing():
            return
        if self._stage is _Stage.HEAD:
            seconds, then = self._guard.head_timeout_seconds, self._end_slow_head
        elif self.cycle.response_complete:
            self._dropped_bytes = 0
            seconds, then = self._guard.discard_timeout_seconds, self.transport.abort
        else:
            self._body_since = self.loop.time()
            seconds, then = self._guard.body_timeout_seconds, self._end_slow_body
        self._timer = self.loop.call_later(seconds, then)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _end_slow_head(self) -> None:
        self._stop_timer()
        is_busy = self.cycle is not None and not self.cycle.response_complete
        if is_busy or self.flow.read_paused:
            # It was not read either: the request before is being answered.
            self._start_timer()
        elif self._held_bytes:
            self._refuse(408)
        else:
            # Browsers open connections in advance: a response to no request would confuse them.
            self._real.close()

    def _end_slow_body(self) -> None:
        self._stop_timer()
        if self.flow.read_paused:
            # The application has not asked for more: from here on it counts anew.
            self._body_bytes = 0
            self._start_timer()
            return
        guard = self._guard
        allowed = guard.body_timeout_seconds + self._body_bytes / guard.body_least_bytes_per_second
        left = self._body_since + allowed - self.loop.time()
        if left > 0:
            self._timer = self.loop.call_later(left, self._end_slow_body)
        else:
            self._refuse(408)

    # Ends

    def _refuse(self, status: int) -> None:
        """Answer below the application if nothing has been said yet, and close."""
        if self._may_respond():
            headers = self.server_state.default_headers
            self.transport.write(refusal(status, headers, is_https=self._guard.is_https))
        self.transport.close()

    def _may_respond(self) -> bool:
        if self.cycle is None or self.pipeline:
            return not self.pipeline
        if self._stage is _Stage.BODY:
            return not self.cycle.response_started
        return self.cycle.response_complete

    def _close(self) -> None:
        """Close; while the client still sends, only its end of the line that we write to."""
        if self._stage is _Stage.NOTHING or self._is_draining or self._real.is_closing():
            self._real.close()
            return
        self._is_draining = True
        self._stop_timer()
        self._unset_keepalive_if_required()
        if self.cycle is not None and not self.cycle.response_complete:
            # To the application the client has left: it waits for the rest no longer.
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.flow.resume_reading()
        if self._real.can_write_eof():
            self._real.write_eof()
        self._dropped_bytes = 0
        self._timer = self.loop.call_later(self._guard.discard_timeout_seconds, self._real.abort)
