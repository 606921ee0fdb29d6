"""One HTTP/2 connection to the push service, with every way it can end in our own hands."""

import select
import ssl
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import DataReceived, Event, ResponseReceived, StreamEnded, StreamReset
from h2.exceptions import StreamClosedError
from hpack import NeverIndexedHeaderTuple

_PAYLOAD: Final = b"{}"
_FRAME_HEAD: Final = 9
_GOAWAY: Final = 7
_READ_BYTES: Final = 65_536
_BODY_LIMIT: Final = 4096


class ConnectionLost(Exception):
    """The connection ended before every push had its answer."""


@dataclass(slots=True)
class Answer:
    """What the service said to one push."""

    status: int
    retry_after: float | None = None
    body: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pushed:
    """A push that was answered."""

    token: str
    answer: Answer


@dataclass(frozen=True, slots=True)
class Requeued:
    """A push that was not, and may be sent again."""

    token: str
    reason: str


Settle = Callable[[Pushed | Requeued], None]


@dataclass(slots=True)
class _Flight:
    """A push under way."""

    token: str
    deadline: float
    answer: Answer | None = None
    body: bytes = b""


class ApnsConnection:
    """Sends pushes over one TLS socket.

    The first push goes alone: the service allows one stream until it has seen a good certificate,
    then a thousand. What it refuses, or does not finish before it goes away, is given back.
    """

    def __init__(
        self,
        secured: ssl.SSLSocket,
        *,
        authority: str,
        topic: str,
        timeout_seconds: float,
        parallel_limit: int,
        stopwatch: Callable[[], float] = time.monotonic,
    ) -> None:
        self.is_ending = False
        self.was_greeted = False
        self._socket = secured
        self._timeout = timeout_seconds
        self._parallel_limit = parallel_limit
        self._stopwatch = stopwatch
        self._flights: dict[int, _Flight] = {}
        self._is_proven = False
        self._last_heard = stopwatch()
        self._unread = b""
        self._headers = [
            (":method", "POST"),
            (":scheme", "https"),
            (":authority", authority),
            ("apns-topic", topic),
            ("apns-push-type", "background"),
            ("apns-priority", "5"),
        ]
        # Our own headers are right as they are; checking them again costs more than sending them.
        self._http = H2Connection(
            H2Configuration(
                header_encoding="utf-8",
                validate_outbound_headers=False,
                normalize_outbound_headers=False,
            )
        )
        self._http.initiate_connection()

    def send(self, waiting: deque[str], settle: Settle) -> None:
        """Send the waiting pushes, and settle each as it is answered or given back.

        Takes from `waiting` what it sends, which `settle` may add to. Returns when none is left, or
        when the service takes no more. Raises ConnectionLost, OSError or H2Error; what was under
        way is given back before.
        """
        try:
            while self._flights or (waiting and not self.is_ending):
                self._take_off(waiting)
                self._flush()
                for event in self._receive():
                    self._handle(event, settle)
                self._give_up_late(settle)
        finally:
            # Nothing is left here unless the connection failed.
            for flight in self._flights.values():
                settle(Requeued(flight.token, "ConnectionLost"))
            self._flights.clear()

    def close(self) -> None:
        """Say goodbye and close the socket."""
        try:
            self._http.close_connection()
            self._flush()
        except (OSError, ValueError, ConnectionLost):
            self.is_ending = True
        self._socket.close()

    def _take_off(self, waiting: deque[str]) -> None:
        http = self._http
        while waiting and not self.is_ending and len(self._flights) < self._streams_allowed():
            if http.outbound_flow_control_window < len(_PAYLOAD):
                return
            token = waiting.popleft()
            stream = http.get_next_available_stream_id()
            path = NeverIndexedHeaderTuple(":path", f"/3/device/{token}")
            http.send_headers(stream, [path, *self._headers])
            http.send_data(stream, _PAYLOAD, end_stream=True)
            self._flights[stream] = _Flight(token, self._stopwatch() + self._timeout)

    def _streams_allowed(self) -> int:
        if not self._is_proven:
            return 1
        return min(self._parallel_limit, self._http.remote_settings.max_concurrent_streams)

    def _flush(self) -> None:
        if data := self._http.data_to_send():
            self._socket.sendall(data)

    def _receive(self) -> list[Event]:
        """Wait for the next frames, or for the time of the earliest deadline."""
        if not self._socket.pending():
            now = self._stopwatch()
            deadlines = (flight.deadline for flight in self._flights.values())
            left = max(0.0, min(deadlines, default=now + self._timeout) - now)
            if not select.select([self._socket], [], [], left)[0]:
                if not self._flights:
                    raise ConnectionLost("the service takes no push")
                return []
        data = self._socket.recv(_READ_BYTES)
        if not data:
            raise ConnectionLost("closed by the service")
        self._last_heard = self._stopwatch()
        self.was_greeted = True
        events: list[Event] = []
        for frames in self._split(data):
            events += self._http.receive_data(frames)
        return events

    def _split(self, data: bytes) -> Iterator[bytes]:
        """Yield whole frames, and take GOAWAY out: h2 would answer nothing that follows it.

        The service still finishes the streams up to the one that GOAWAY names.
        """
        data = self._unread + data
        start = place = 0
        while len(data) - place >= _FRAME_HEAD:
            end = place + _FRAME_HEAD + int.from_bytes(data[place : place + 3])
            if len(data) < end:
                break
            if data[place + 3] == _GOAWAY:
                yield data[start:place]
                self._go_away(data[place + _FRAME_HEAD : end])
                start = end
            place = end
        yield data[start:place]
        self._unread = data[place:]

    def _go_away(self, payload: bytes) -> None:
        self.is_ending = True
        last = int.from_bytes(payload[:4]) & 0x7FFF_FFFF
        for stream, flight in self._flights.items():
            if stream > last:
                flight.deadline = 0.0

    def _handle(self, event: Event, settle: Settle) -> None:
        stream: int | None = getattr(event, "stream_id", None)
        flight = self._flights.get(stream) if stream is not None else None
        if isinstance(event, DataReceived):
            self._http.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        if flight is None or stream is None:
            return
        match event:
            case ResponseReceived():
                flight.answer = _answer(dict(event.headers or []))
            case DataReceived():
                flight.body = (flight.body + event.data)[:_BODY_LIMIT]
            case StreamEnded():
                del self._flights[stream]
                settle(self._landed(flight))
            case StreamReset():
                del self._flights[stream]
                settle(Requeued(flight.token, _reset_reason(event)))

    def _landed(self, flight: _Flight) -> Pushed | Requeued:
        if flight.answer is None:
            return Requeued(flight.token, "NoAnswer")
        # Any answer comes from behind the handshake: the certificate is known to be good.
        self._is_proven = True
        if flight.body:
            try:
                body = orjson.loads(flight.body)
            except orjson.JSONDecodeError:
                body = None
            flight.answer.body = body if isinstance(body, dict) else {}
        return Pushed(flight.token, flight.answer)

    def _give_up_late(self, settle: Settle) -> None:
        now = self._stopwatch()
        if self._flights and now - self._last_heard >= self._timeout:
            self.is_ending = True
        late = [stream for stream, flight in self._flights.items() if flight.deadline <= now]
        for stream in late:
            flight = self._flights.pop(stream)
            if flight.deadline:
                self._cancel(stream)
            settle(Requeued(flight.token, "Timeout" if flight.deadline else "GoAway"))

    def _cancel(self, stream: int) -> None:
        try:
            self._http.reset_stream(stream, ErrorCodes.CANCEL)
        except StreamClosedError:
            return


def _answer(headers: dict[Any, Any]) -> Answer:
    wait = headers.get("retry-after", "")
    return Answer(
        status=int(headers.get(":status", 0)), retry_after=float(wait) if wait.isdigit() else None
    )


def _reset_reason(event: StreamReset) -> str:
    if event.error_code == ErrorCodes.REFUSED_STREAM:
        return "RefusedStream"
    return "StreamReset"
