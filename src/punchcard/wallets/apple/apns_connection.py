"""One HTTP/2 connection to the push service, with every way it can end in our own hands."""

import select
import ssl
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from punchcard.wallets.apple.http2 import (
    REFUSED_STREAM,
    Answered,
    Goodbye,
    Http2Client,
    Http2Event,
    PingAnswered,
    Reset,
)

_PATH: Final = b"/3/device/"
_PAYLOAD: Final = b"{}"
_READ_BYTES: Final = 65_536


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
        push_type: str,
        priority: int,
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
        # In the order of their deadlines: all have the same time.
        self._flights: dict[int, _Flight] = {}
        self._is_proven = False
        self._is_answering = False
        self._last_heard = stopwatch()
        self._http = Http2Client(
            [
                (":method", "POST"),
                (":scheme", "https"),
                (":authority", authority),
                ("apns-topic", topic),
                ("apns-push-type", push_type),
                ("apns-priority", str(priority)),
            ]
        )

    def send(self, waiting: deque[str], settle: Settle) -> None:
        """Send the waiting pushes, and settle each as it is answered or given back.

        Takes from `waiting` what it sends, which `settle` may add to. Returns when none is left, or
        when the service takes no more. Raises ConnectionLost, OSError or Http2Error; what was
        under way is given back before.
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

    def check(self) -> None:
        """Make sure that the service is still there. Raises ConnectionLost, OSError or Http2Error.

        Anyone who is between may have dropped an idle connection without a word.
        """
        self._is_answering = False
        self._http.ping()
        deadline = self._stopwatch() + self._timeout
        while not (self._is_answering or self.is_ending):
            self._flush()
            if self._stopwatch() >= deadline:
                raise ConnectionLost("no answer to a ping")
            for event in self._receive(deadline):
                self._handle(event, _ignore)

    def close(self) -> None:
        """Say goodbye and close the socket."""
        try:
            self._http.say_goodbye()
            self._flush()
        except (OSError, ValueError):
            self.is_ending = True
        self._socket.close()

    def _take_off(self, waiting: deque[str]) -> None:
        http, flights = self._http, self._flights
        deadline = self._stopwatch() + self._timeout
        most = min(self._parallel_limit, http.streams_limit) if self._is_proven else 1
        while waiting and not self.is_ending and len(flights) < most:
            if not http.may_send(len(_PAYLOAD)):
                return
            token = waiting.popleft()
            stream = http.request(_PATH + token.encode(), _PAYLOAD)
            flights[stream] = _Flight(token, deadline)
            self.is_ending = http.is_used_up

    def _flush(self) -> None:
        if self._http.outgoing:
            self._socket.sendall(self._http.take_outgoing())

    def _receive(self, until: float | None = None) -> list[Http2Event]:
        """Wait for the next frames, or for the time of the earliest deadline."""
        if not self._socket.pending():
            now = self._stopwatch()
            first = next(iter(self._flights.values()), None)
            if until is None:
                until = first.deadline if first is not None else now + self._timeout
            if not select.select([self._socket], [], [], max(0.0, until - now))[0]:
                if first is None:
                    raise ConnectionLost("the service is silent")
                return []
        data = self._socket.recv(_READ_BYTES)
        if not data:
            raise ConnectionLost("closed by the service")
        self._last_heard = self._stopwatch()
        self.was_greeted = True
        return self._http.receive(data)

    def _handle(self, event: Http2Event, settle: Settle) -> None:
        match event:
            case Answered(stream=stream):
                if flight := self._flights.pop(stream, None):
                    settle(self._landed(flight, event))
            case Reset(stream=stream, code=code):
                if flight := self._flights.pop(stream, None):
                    reason = "RefusedStream" if code == REFUSED_STREAM else "StreamReset"
                    settle(Requeued(flight.token, reason))
            case Goodbye(last_stream=last):
                # The service still finishes the streams up to the one that it names.
                self.is_ending = True
                for stream in [stream for stream in self._flights if stream > last]:
                    settle(Requeued(self._flights.pop(stream).token, "GoAway"))
            case PingAnswered():
                self._is_answering = True

    def _landed(self, flight: _Flight, event: Answered) -> Pushed | Requeued:
        status = event.headers.get(b":status", b"")
        if not status.isdigit():
            return Requeued(flight.token, "NoAnswer")
        # Any answer comes from behind the handshake: the certificate is known to be good.
        self._is_proven = True
        wait = event.headers.get(b"retry-after", b"")
        retry_after = float(wait) if wait.isdigit() else None
        return Pushed(flight.token, Answer(int(status), retry_after, _document(event.body)))

    def _give_up_late(self, settle: Settle) -> None:
        now = self._stopwatch()
        if self._flights and now - self._last_heard >= self._timeout:
            self.is_ending = True
        while self._flights:
            stream, flight = next(iter(self._flights.items()))
            if flight.deadline > now:
                return
            del self._flights[stream]
            self._http.cancel(stream)
            settle(Requeued(flight.token, "Timeout"))


def _ignore(outcome: Pushed | Requeued) -> None:
    """Settle nothing: nothing was under way."""


def _document(body: bytes) -> dict[str, Any]:
    try:
        document = orjson.loads(body) if body else None
    except orjson.JSONDecodeError:
        return {}
    return document if isinstance(document, dict) else {}
