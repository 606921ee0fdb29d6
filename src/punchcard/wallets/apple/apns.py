"""Pushes to phones through Apple's push service: one HTTP/2 connection, many pushes at once.

A push is empty: it only wakes the phone, which then asks for what changed. So it may be sent twice
without harm, and whatever is not known to have arrived is sent again.
"""

import socket
import ssl
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from punchcard.wallets.apple.apns_connection import (
    Answer,
    ApnsConnection,
    ConnectionLost,
    Pushed,
    Requeued,
)
from punchcard.wallets.apple.http2 import Http2Error
from punchcard.wallets.vocabulary import PushVerdict

_CONNECTIONS_TRIED: Final = 4
_TIMES_SENT: Final = 3
# The connection ended: that says nothing about a push, and ends are counted on their own.
_NOBODYS_FAULT: Final = ("GoAway", "ConnectionLost")
_IDLE_SECONDS: Final = 60.0
_OUR_FAULT: Final = frozenset({400, 403, 404, 405, 413})


@dataclass(frozen=True, slots=True)
class PushResult:
    """What became of one push; status 0 stands for no answer.

    `gone_since` is the moment (ms) from which Apple knows a token to be gone.
    """

    push_token: str
    status: int
    reason: str
    gone_since: int | None = None
    retry_after: float | None = None

    @property
    def verdict(self) -> PushVerdict:
        """Return what to do about it: `stopped` is ours to mend before anything is sent again."""
        if self.status == 200:
            return PushVerdict.TAKEN
        if self.status == 410:
            return PushVerdict.GONE
        if self.status == 400 and self.reason == "BadDeviceToken":
            return PushVerdict.BAD_TOKEN
        return (
            PushVerdict.STOPPED
            if self.status in _OUR_FAULT or self.reason == TLS_REFUSED
            else PushVerdict.RETRY
        )


TLS_REFUSED: Final = "TlsRefused"


class ApnsClient:
    """Sends pushes as one operator; may be used by several threads, in turn."""

    def __init__(
        self,
        url: str,
        *,
        topic: str,
        tls: ssl.SSLContext,
        push_type: str = "background",
        priority: int = 5,
        timeout_seconds: float = 10.0,
        parallel_limit: int = 500,
        stopwatch: Callable[[], float] = time.monotonic,
    ) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port or 443
        self._topic = topic
        self._push_type = push_type
        self._priority = priority
        self._tls = tls
        self._timeout = timeout_seconds
        self._parallel_limit = parallel_limit
        self._stopwatch = stopwatch
        self._connection: ApnsConnection | None = None
        self._last_used = 0.0
        self._turn = threading.Lock()

    def push(self, push_tokens: Sequence[str]) -> list[PushResult]:
        """Wake the phones with these tokens; each token once has one result."""
        with self._turn:
            return self._push(list(dict.fromkeys(push_tokens)))

    def close(self) -> None:
        """Close the connection, if one is open."""
        with self._turn:
            self._drop()

    def _push(self, tokens: list[str]) -> list[PushResult]:
        waiting = deque(tokens)
        sent: Counter[str] = Counter()
        results: dict[str, PushResult] = {}

        def settle(outcome: Pushed | Requeued) -> None:
            token = outcome.token
            if isinstance(outcome, Pushed):
                results[token] = _result(token, outcome.answer)
                return
            sent[token] += outcome.reason not in _NOBODYS_FAULT
            if sent[token] < _TIMES_SENT:
                waiting.append(token)
                return
            results[token] = PushResult(token, 0, outcome.reason)

        reason, idle_tries, answered = "NotConnected", 0, 0
        while waiting and idle_tries < _CONNECTIONS_TRIED:
            try:
                self._open().send(waiting, settle)
            except ssl.SSLError:
                reason = TLS_REFUSED
                self._drop()
                break
            except (OSError, Http2Error, ConnectionLost) as error:
                reason = type(error).__name__
                # A service that takes the handshake and hangs up without a word did not like the
                # certificate: TLS 1.3 lets it look at that last.
                if self._connection is not None and not self._connection.was_greeted:
                    reason = TLS_REFUSED
                self._drop()
            else:
                self._last_used = self._stopwatch()
            # A service that says goodbye after every few pushes still takes them all.
            idle_tries = 0 if len(results) > answered else idle_tries + 1
            answered = len(results)
        for token in waiting:
            results.setdefault(token, PushResult(token, 0, reason))
        return [results[token] for token in tokens]

    def _open(self) -> ApnsConnection:
        """Return the open connection if the service still answers there, else a new one."""
        if self._connection is not None and not self._is_alive(self._connection):
            self._drop()
        if self._connection is None:
            raw = socket.create_connection((self._host, self._port), timeout=self._timeout)
            try:
                secured = self._tls.wrap_socket(raw, server_hostname=self._host)
            except BaseException:
                raw.close()
                raise
            self._connection = ApnsConnection(
                secured,
                authority=self._host,
                topic=self._topic,
                push_type=self._push_type,
                priority=self._priority,
                timeout_seconds=self._timeout,
                parallel_limit=self._parallel_limit,
                stopwatch=self._stopwatch,
            )
        return self._connection

    def _is_alive(self, connection: ApnsConnection) -> bool:
        if self._stopwatch() - self._last_used > _IDLE_SECONDS:
            try:
                connection.check()
            except (OSError, Http2Error, ConnectionLost):
                return False
        return not connection.is_ending

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _result(token: str, answer: Answer) -> PushResult:
    timestamp = answer.body.get("timestamp")
    return PushResult(
        token,
        answer.status,
        str(answer.body.get("reason", "")),
        gone_since=timestamp if isinstance(timestamp, int) else None,
        retry_after=answer.retry_after,
    )
