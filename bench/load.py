"""The load generator: a process of its own that asks as fast as the answers come.

Each connection sends its next request when the last one was answered. Requests are put together
from bytes that were made beforehand, answers are read as far as status and length: this process
shares the processors with the server it measures, so it must cost little.

Reads an Order as JSON from its standard input and writes a Report as JSON to its standard output.
"""

import asyncio
import json
import random
import re
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from time import perf_counter
from typing import cast

import uvloop

from bench.codes import card_token
from bench.figures import percentile

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CODE = re.compile(rb'"code":"(\w+)"')
_ACCEPTED = b'"status":201'


@dataclass(frozen=True, kw_only=True)
class Order:
    """What to ask for: stamps one by one, or `per_call` of them in each request.

    `staff` is what a stamp says of who gives it: a staff token or a PIN, under its name.
    """

    port: int
    api_key: str
    staff: dict[str, str]
    cards: int
    connections: int
    seconds: float
    warm_up_seconds: float
    per_call: int
    key_prefix: str


@dataclass(kw_only=True)
class Report:
    """What was answered: stamps in the measured time, latencies of requests, refusals by code."""

    stamps: int = 0
    stamps_in_all: int = 0
    seconds: float = 0.0
    p50_ms: float = 0.0
    p99_ms: float = 0.0
    refusals: dict[str, int] = field(default_factory=dict)


class Load:
    """Keeps the connections busy for the ordered time, and counts."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._loop = asyncio.get_running_loop()
        self._latencies: list[float] = []
        self._stamps = self._stamps_in_all = 0
        self._refusals: Counter[str] = Counter()
        self._next = _single_requests(order) if order.per_call == 1 else _list_requests(order)
        self._begin = perf_counter() + order.warm_up_seconds
        self._end = self._begin + order.seconds
        self._open = order.connections
        self._idle = self._loop.create_future()

    async def run(self) -> Report:
        """Return what came of it, once every connection has had its last answer."""
        for _ in range(self._order.connections):
            await self._loop.create_connection(
                lambda: Connection(self), "127.0.0.1", self._order.port
            )
        await self._idle
        ordered = sorted(self._latencies)
        return Report(
            stamps=self._stamps,
            stamps_in_all=self._stamps_in_all,
            seconds=self._order.seconds,
            p50_ms=percentile(ordered, 50) * 1000,
            p99_ms=percentile(ordered, 99) * 1000,
            refusals=dict(self._refusals),
        )

    def next_request(self) -> bytes | None:
        """Return the next request, or None when the time is over."""
        return self._next() if perf_counter() < self._end else None

    def answered(self, answer: bytes, sent_at: float) -> None:
        """Count one whole answer."""
        now = perf_counter()
        accepted = self._accepted(answer)
        self._stamps_in_all += accepted
        if self._begin <= now < self._end:
            self._stamps += accepted
            self._latencies.append(now - sent_at)

    def closed(self, *, was_waiting: bool) -> None:
        """Count a connection as over; one that still waited for its answer was cut off."""
        if was_waiting:
            self._refusals["connection_lost"] += 1
        self._open -= 1
        if self._open == 0:
            self._idle.set_result(None)

    def _accepted(self, answer: bytes) -> int:
        accepted = answer.count(_ACCEPTED) if self._order.per_call > 1 else 0
        if self._order.per_call == 1 and answer.startswith(b"HTTP/1.1 201"):
            accepted = 1
        if accepted < self._order.per_call:
            codes = [code.decode() for code in _CODE.findall(answer)]
            self._refusals.update(codes or [answer[9:12].decode()])
        return accepted


class Connection(asyncio.Protocol):
    """One kept-alive connection: a request, its answer, the next request."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._sent_at: float | None = None
        self._start_answer()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the first request."""
        # uvloop's transports do not declare what they are.
        self._transport = cast("asyncio.Transport", transport)
        self._ask()

    def data_received(self, data: bytes) -> None:
        """Take a piece of the answer; when it is whole, ask again."""
        self._pieces.append(data)
        self._missing -= len(data)
        if not self._is_length_known and not self._read_length():
            return
        if self._missing > 0:
            return
        assert self._sent_at is not None
        self._load.answered(b"".join(self._pieces), self._sent_at)
        self._start_answer()
        self._ask()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the load."""
        self._load.closed(was_waiting=self._sent_at is not None)

    def _ask(self) -> None:
        request = self._load.next_request()
        if request is None:
            self._sent_at = None
            self._transport.close()
            return
        self._sent_at = perf_counter()
        self._transport.write(request)

    def _start_answer(self) -> None:
        self._pieces: list[bytes] = []
        self._missing = 0
        self._is_length_known = False

    def _read_length(self) -> bool:
        head = b"".join(self._pieces)
        end = head.find(b"\r\n\r\n")
        if end < 0:
            return False
        found = _LENGTH.search(head, 0, end + 2)
        self._missing = end + 4 + (int(found[1]) if found else 0) - len(head)
        self._is_length_known = True
        return True


def _single_requests(order: Order) -> Callable[[], bytes]:
    tokens = [card_token(number).encode() for number in range(1, order.cards + 1)]
    staff = _members(order.staff)
    length = len(_stamp_body(tokens[0], staff))
    head = _head(order, "stamp", length)
    prefix = order.key_prefix.encode()
    choose, number = random.Random(order.key_prefix).choice, 0

    def request() -> bytes:
        nonlocal number
        number += 1
        return b"%bidempotency-key: %b-%09d\r\n\r\n%b" % (
            head,
            prefix,
            number,
            _stamp_body(choose(tokens), staff),
        )

    return request


def _stamp_body(token: bytes, staff: bytes) -> bytes:
    return b'{"card":"%b",%b}' % (token, staff)


def _members(named: dict[str, str]) -> bytes:
    """Return them as JSON has them between an object's braces."""
    return json.dumps(named, separators=(",", ":"))[1:-1].encode()


def _list_requests(order: Order) -> Callable[[], bytes]:
    tokens = [card_token(number).encode() for number in range(1, order.cards + 1)]
    staff, prefix = _members(order.staff), order.key_prefix.encode()
    sample, number = random.Random(order.key_prefix).sample, 0

    def request() -> bytes:
        nonlocal number
        items = []
        for token in sample(tokens, order.per_call):
            number += 1
            items.append(
                b'{"op":"stamp","idempotency_key":"%b-%09d","card":"%b",%b}'
                % (prefix, number, token, staff)
            )
        body = b'{"operations":[%b]}' % b",".join(items)
        return _head(order, "operations", len(body)) + b"\r\n" + body

    return request


def _head(order: Order, route: str, length: int) -> bytes:
    return (
        f"POST /api/v1/vendor/loyalty/{route} HTTP/1.1\r\n"
        f"host: 127.0.0.1:{order.port}\r\n"
        f"authorization: Bearer {order.api_key}\r\n"
        "content-type: application/json\r\n"
        f"content-length: {length}\r\n"
    ).encode()


async def _run(order: Order) -> Report:
    return await Load(order).run()


if __name__ == "__main__":
    print(json.dumps(asdict(uvloop.run(_run(Order(**json.load(sys.stdin)))))))
