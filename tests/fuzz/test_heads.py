"""The server below the application: bytes that are a request, nearly, or not at all."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from hypothesis import example, given
from hypothesis import strategies as st
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from punchcard.api.http.http_protocol import protocol_of
from punchcard.kit.settings import Settings
from tests.fuzz.effort import effort
from tests.fuzz.made_up import nearly_bytes, parts_of

HEAD_LIMIT = 600
SETTINGS = Settings(
    request_head_limit_bytes=HEAD_LIMIT, discard_limit_bytes=5_000, database_url="sqlite://"
)
PROTOCOL = protocol_of(SETTINGS)
TURNS = 60
"""Of the event loop, after which whatever was going to be answered has been."""


@dataclass
class Line(asyncio.Transport):
    """The other end of a connection: keeps what is written, and whether it is still open."""

    said: bytes = b""
    is_open: bool = True
    after_the_end: bytes = b""
    paused: bool = False
    extra: dict[str, Any] = field(default_factory=dict)

    def write(self, data: Any) -> None:
        if self.is_open:
            self.said += data
        else:
            self.after_the_end += data

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        """Say no more; what comes is still read."""

    def is_closing(self) -> bool:
        return not self.is_open

    def close(self) -> None:
        self.is_open = False

    def abort(self) -> None:
        self.is_open = False

    def pause_reading(self) -> None:
        self.paused = True

    def resume_reading(self) -> None:
        self.paused = False

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self.extra.get(name, default)


@dataclass
class Heard:
    """What the application was asked."""

    requests: list[tuple[str, str, int]] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Note a request with the length of its body, and answer."""
        length, more = 0, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            length += len(message["body"])
            more = message.get("more_body", False)
        self.requests.append((scope["method"], scope["path"], length))
        await send(
            {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]}
        )
        await send({"type": "http.response.body", "body": b"ok"})


@dataclass(frozen=True)
class Outcome:
    """What a connection came to."""

    requests: list[tuple[str, str, int]]
    line: Line
    errors: list[str]


def talk(parts: list[bytes]) -> Outcome:
    """Send parts over one connection, each as soon as the server reads again."""

    async def run() -> Outcome:
        errors: list[str] = []
        asyncio.get_running_loop().set_exception_handler(
            lambda _loop, told: errors.append(str(told))
        )
        heard, line = Heard(), Line()
        config = uvicorn.Config(heard, log_config=None, lifespan="off")
        config.load()
        connection = PROTOCOL(config=config, server_state=ServerState(), app_state={})
        connection.connection_made(line)
        for part in parts:
            for _ in range(TURNS):
                if not line.paused:
                    break
                await asyncio.sleep(0)
            if not line.is_open:
                break
            connection.data_received(part)
            await asyncio.sleep(0)
        for _ in range(TURNS):
            await asyncio.sleep(0)
        connection.connection_lost(None)
        for _ in range(TURNS):
            await asyncio.sleep(0)
        return Outcome(heard.requests, line, errors)

    return asyncio.run(run())


GOOD = [
    b"GET /a?b=c HTTP/1.1\r\nHost: a\r\nX-A: b\r\n\r\n",
    b"POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
    b"POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    b"GET /%C3%A9/../x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    b"HEAD / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n",
    b"GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET http://a/b HTTP/1.1\r\nHost: a\r\n\r\n",
    b"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n",
]

streams = st.lists(
    st.sampled_from(GOOD) | st.sampled_from(GOOD).flatmap(nearly_bytes) | st.binary(max_size=50),
    min_size=1,
    max_size=4,
).map(b"".join)
cuts = st.lists(st.integers(0, 600), max_size=6)


@effort(250)
@given(streams, cuts)
@example(b"GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n", [])
@example(b"GET /a HTTP/1.1\r\nX: \xff\xfe\x80\r\n\r\n", [])
@example(b"GET /" + b"a" * 5000 + b" HTTP/1.1\r\n\r\n", [100])
@example(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", [])
@example(b"\x16\x03\x01\x02\x00\x01\x00", [])
@example(b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", [])
@example(b"POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", [])
@example(GOOD[1] * 40, [])
def test_any_bytes_are_answered_or_refused_and_nothing_escapes(
    stream: bytes, cuts: list[int]
) -> None:
    outcome = talk(parts_of(stream, cuts))
    assert outcome.errors == []
    assert outcome.line.after_the_end == b""
    assert outcome.line.said == b"" or outcome.line.said.startswith(b"HTTP/1.")
    assert b" 500 " not in outcome.line.said
    assert outcome.line.said.count(b"connection: close") <= 2
    for _method, path, length in outcome.requests:
        assert len(path) <= HEAD_LIMIT * 2
        assert length <= len(stream)


@effort(120)
@given(streams, cuts)
def test_how_bytes_are_cut_up_on_their_way_changes_nothing_of_what_is_asked(
    stream: bytes, cuts: list[int]
) -> None:
    whole, cut = talk([stream]), talk(parts_of(stream, cuts))
    by_byte = talk([stream[n : n + 1] for n in range(len(stream))])
    for one in (cut, by_byte):
        # What is no HTTP ends a line at once, also for requests before it that wait for an answer.
        asked = min(len(whole.requests), len(one.requests))
        assert whole.requests[:asked] == one.requests[:asked]
        if whole.line.is_open and one.line.is_open:
            assert whole.requests == one.requests
