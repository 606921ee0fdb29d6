"""The server below the application, over real sockets: bounds of heads, bodies and connections."""

import asyncio
import json
import logging
import pickle
import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from itertools import pairwise
from typing import Any

import pytest
import uvicorn
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from punchcard.api.http.http_protocol import protocol_of
from punchcard.kit.settings import Settings
from tests.support.served import served

HEAD_LIMIT = 2000
SMALL: dict[str, Any] = {"request_head_limit_bytes": HEAD_LIMIT, "database_url": "sqlite://"}
GET = b"GET /get HTTP/1.1\r\nHost: a\r\n\r\n"


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the path and the length of the body."""
    length, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        length, more = length + len(message["body"]), message.get("more_body", False)
    body = f"{scope['path']} {length}".encode()
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer before anything of the body is read."""
    headers = [(b"content-length", b"2")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": b"no"})


class Client:
    """A socket that sends what it is told to, and reads until the server ends the line."""

    def __init__(self, address: str) -> None:
        host, _, port = address.removeprefix("http://").partition(":")
        self.socket = socket.create_connection((host, int(port)), timeout=30)

    def close(self) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def read_to_the_end(self) -> bytes:
        """Return all that comes; a line that was cut off raises ConnectionError."""
        found = b""
        while part := self.socket.recv(65_536):
            found += part
        return found

    def read_until(self, end: bytes) -> bytes:
        found = b""
        while not found.endswith(end):
            part = self.socket.recv(65_536)
            assert part, found
            found += part
        return found

    def send_until_cut_off(self, part: bytes, *, most: int) -> int:
        """Send `part` again and again until the server has had enough; return how many bytes."""
        sent = 0
        while sent < most:
            try:
                self.send(part)
            except ConnectionError:
                break
            sent += len(part)
        return sent


@contextmanager
def connected(app: Any = echo, **given: Any) -> Iterator[Client]:
    with (
        served(app, settings=Settings(**{**SMALL, **given})) as address,
        closing(Client(address)) as client,
    ):
        yield client


def problem(answer: bytes) -> dict[str, Any]:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"content-type: application/problem+json" in head
    assert b"connection: close" in head
    found: dict[str, Any] = json.loads(body)
    assert int(head.split()[1]) == found["status"]
    return found


# Heads


@pytest.mark.parametrize(
    "head",
    [
        b"GET /get HTTP/1.1\r\nHost: a\r\nX-A: " + b"a" * 200_000 + b"\r\n\r\n",
        b"GET /get HTTP/1.1\r\nHost: a\r\n" + b"X-A: b\r\n" * 5_000 + b"\r\n",
        b"GET /get HTTP/1.1\r\nHost: a\r\n" + b"X" * 100_000 + b": b\r\n\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /get HTTP/1.1\r\nHost: a\r\nX-A: " + b"a" * (HEAD_LIMIT * 5 // 4),
    ],
    ids=["one header", "many headers", "a name", "a path", "unended"],
)
def test_a_head_that_is_too_large_is_refused(head: bytes) -> None:
    with connected() as client:
        client.send(GET)
        client.read_until(b"/get 0")
        client.send(head)
        answer = client.read_to_the_end()
    assert problem(answer)["code"] == "head_too_large"


@pytest.mark.parametrize("size", [1, 100, 250])
def test_no_more_of_a_head_is_kept_than_the_limit_and_an_eighth(size: int) -> None:
    async def feed() -> int:
        written = Written()
        config = uvicorn.Config(echo, log_config=None)
        server = protocol_of(Settings(**SMALL))(
            config=config, server_state=ServerState(), app_state={}
        )
        server.connection_made(written)
        server.data_received(b"GET /get HTTP/1.1\r\nHost: a\r\nX-A: ")
        fed = 0
        while not written.said:
            server.data_received(b"a" * size)
            fed += size
        server.connection_lost(None)
        assert problem(written.said)["status"] == 431
        return fed

    assert HEAD_LIMIT * 7 // 8 < asyncio.run(feed()) <= HEAD_LIMIT * 9 // 8


class Written(asyncio.Transport):
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.said = b""

    def write(self, data: Any) -> None:
        self.said += data

    def can_write_eof(self) -> bool:
        return False

    def is_closing(self) -> bool:
        return False

    def close(self) -> None:
        """Nothing is open."""


def test_a_head_within_the_limit_is_taken() -> None:
    start, end = b"GET /get HTTP/1.1\r\nHost: a\r\nX-A: ", b"\r\n\r\n"
    with connected() as client:
        for _ in range(3):
            client.send(start + b"a" * (HEAD_LIMIT - len(start) - len(end)) + end)
            assert client.read_until(b"/get 0").startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("has_begun", [True, False])
def test_a_head_that_does_not_end_in_time_is_refused(has_begun: bool) -> None:
    with connected(request_head_timeout_seconds=0.2) as client:
        if not has_begun:
            # Browsers open connections in advance: those are closed without a word.
            assert client.read_to_the_end() == b""
            return
        client.send(GET[:-4])
        assert problem(client.read_to_the_end())["code"] == "request_too_slow"


def test_a_head_that_drips_is_refused_like_one_that_stands_still() -> None:
    with connected(request_head_timeout_seconds=0.2, discard_timeout_seconds=0.2) as client:
        client.send(b"GET /get HTTP/1.1\r\nHost: a\r\nX-A: ")
        client.socket.settimeout(0.01)
        answer = b""
        while True:
            try:
                part = client.socket.recv(65_536)
            except TimeoutError:
                client.send(b"a")
                continue
            if not part:
                break
            answer += part
    assert problem(answer)["status"] == 408


def test_a_second_head_has_a_time_of_its_own_and_a_blank_line_is_no_request() -> None:
    with connected(request_head_timeout_seconds=0.2) as client:
        client.send(GET)
        client.read_until(b"/get 0")
        client.send(b"\r\n")
        assert problem(client.read_to_the_end())["status"] == 408


def test_a_kept_connection_that_is_idle_is_left_alone_for_longer_than_a_head_may_take() -> None:
    with connected(request_head_timeout_seconds=0.05) as client:
        for _ in range(3):
            client.send(GET)
            client.read_until(b"/get 0")
            # Nothing ends it: whatever came would be read here.
            client.socket.settimeout(0.3)
            with pytest.raises(TimeoutError):
                client.socket.recv(1)
            client.socket.settimeout(30)


# Bodies


def test_a_body_that_stands_still_is_refused_and_the_application_let_go() -> None:
    left = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        while (message := await receive())["type"] != "http.disconnect":
            pass
        left.append(message["type"])

    with connected(app, request_body_timeout_seconds=0.2) as client:
        client.send(b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{")
        assert problem(client.read_to_the_end())["code"] == "request_too_slow"
    assert left == ["http.disconnect"]


def test_a_body_that_drips_is_refused() -> None:
    bounds = {"request_body_timeout_seconds": 0.2, "request_body_least_bytes_per_second": 100_000}
    with connected(**bounds, discard_timeout_seconds=0.2) as client:
        client.send(b"POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        client.socket.settimeout(0.01)
        answer = b""
        while b"\r\n\r\n{" not in answer:
            try:
                answer += client.socket.recv(65_536)
            except TimeoutError:
                client.send(b"1\r\na\r\n")
    assert problem(answer)["status"] == 408


def test_a_body_that_keeps_up_the_least_rate_has_all_the_time_it_needs() -> None:
    bounds = {"request_body_timeout_seconds": 0.05, "request_body_least_bytes_per_second": 1}
    with connected(**bounds) as client:
        client.send(b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 300\r\n\r\n" + b"a" * 100)
        client.socket.settimeout(0.3)
        with pytest.raises(TimeoutError):
            client.socket.recv(1)
        client.socket.settimeout(30)
        client.send(b"a" * 200)
        assert client.read_until(b"/x 300").startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("part", [b"X-A: b\r\n", b"a" * 1000], ids=["many", "one"])
def test_what_follows_a_chunked_body_is_bounded_like_a_head(part: bytes) -> None:
    with connected(discard_limit_bytes=10_000) as client:
        client.send(b"POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-B: ")
        client.send(b"b\r\n" if part.startswith(b"X") else b"")
        assert client.send_until_cut_off(part * 100, most=100_000_000) < 100_000_000


# Answers before the end of a request


@pytest.mark.parametrize("connection", ["keep-alive", "close"])
@pytest.mark.parametrize("is_chunked", [False, True])
def test_who_sends_three_megabytes_in_vain_reads_the_answer(
    connection: str, is_chunked: bool
) -> None:
    size = 3_000_000
    body = b"%x\r\n%b\r\n0\r\n\r\n" % (size, b"a" * size) if is_chunked else b"a" * size
    told = b"Transfer-Encoding: chunked" if is_chunked else b"Content-Length: %d" % size
    with connected(refuse) as client:
        client.send(
            b"POST /x HTTP/1.1\r\nHost: a\r\nConnection: %b\r\n%b\r\n\r\n"
            % (connection.encode(), told)
        )
        client.send(body)
        if connection == "keep-alive":
            client.read_until(b"no")
            client.send(GET.replace(b"Host", b"Connection: close\r\nHost"))
        assert client.read_to_the_end().endswith(b"\r\n\r\nno")


@pytest.mark.parametrize("connection", [b"keep-alive", b"close"])
def test_what_is_dropped_has_an_end(connection: bytes) -> None:
    with connected(refuse, discard_limit_bytes=1_000_000) as client:
        client.send(
            b"POST /x HTTP/1.1\r\nHost: a\r\nConnection: %b\r\nContent-Length: 99999999999\r\n\r\n"
            % connection
        )
        assert client.send_until_cut_off(b"a" * 100_000, most=500_000_000) < 500_000_000


@pytest.mark.parametrize("connection", [b"keep-alive", b"close"])
def test_what_is_dropped_has_its_time(connection: bytes) -> None:
    with connected(refuse, discard_timeout_seconds=0.2) as client:
        client.send(
            b"POST /x HTTP/1.1\r\nHost: a\r\nConnection: %b\r\nContent-Length: 99999999\r\n\r\n"
            % connection
        )
        client.read_until(b"no")
        # Far less than what may be dropped.
        assert client.send_until_cut_off(b"a", most=2_000_000) < 2_000_000


def test_what_is_no_http_is_answered_even_while_it_is_sent() -> None:
    with connected() as client:
        client.send(b"POST /x HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n")
        client.send(b"a" * 3_000_000)
        assert problem(client.read_to_the_end())["code"] == "malformed_http"


OTHER_PROTOCOL = b"Host: a\r\nUpgrade: %s\r\nConnection: Upgrade\r\n"
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"


@pytest.mark.parametrize("cut", [0, 1, 40, 10_000])
@pytest.mark.parametrize("name", [b"websocket", b"h2c"])
def test_who_asks_for_another_protocol_is_answered_in_this_one_and_the_line_ends(
    name: bytes, cut: int
) -> None:
    request = b"GET /get HTTP/1.1\r\n" + OTHER_PROTOCOL % name + b"\r\n"
    with connected() as client:
        client.send(request + SMUGGLED[:cut])
        client.send(SMUGGLED[cut:])
        answer = client.read_to_the_end()
    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert b"connection: close" in answer
    assert answer.endswith(b"/get 0")


@pytest.mark.parametrize("announced", [b"Content-Length: %d", b"Transfer-Encoding: chunked"])
@pytest.mark.parametrize("is_at_once", [True, False])
def test_no_body_passes_for_a_request_where_another_protocol_is_asked_for(
    announced: bytes, is_at_once: bool
) -> None:
    is_chunked = announced.endswith(b"chunked")
    told = announced if is_chunked else announced % len(SMUGGLED)
    head = b"POST /post HTTP/1.1\r\n" + OTHER_PROTOCOL % b"h2c" + told + b"\r\n\r\n"
    heard: list[str] = []

    async def listening(scope: Scope, receive: Receive, send: Send) -> None:
        heard.append(scope["path"])
        await echo(scope, receive, send)

    with connected(listening) as client:
        client.send(GET)
        client.read_until(b"/get 0")
        client.send(head + (SMUGGLED if is_at_once else b""))
        if not is_at_once:
            client.send(SMUGGLED)
        refused = problem(client.read_to_the_end())
    assert (heard, refused["status"]) == (["/get"], 400)


def test_nothing_is_said_below_an_answer_that_has_begun() -> None:
    async def begin(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"begun", "more_body": True})
        while (await receive())["type"] != "http.disconnect":
            pass

    with connected(begin) as client:
        client.send(b"POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        client.read_until(b"begun\r\n")
        client.send(b"this is no chunk\r\n")
        assert client.read_to_the_end() == b""


# Connections


def test_one_connection_too_many_is_told_so_and_logged_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    given = Settings(**SMALL, connections_limit=2)
    with (
        caplog.at_level(logging.WARNING, "punchcard.api.connections"),
        served(echo, settings=given) as address,
        ExitStack() as stack,
    ):
        kept = [stack.enter_context(closing(Client(address))) for _ in range(2)]
        for client in kept:
            client.send(GET)
            client.read_until(b"/get 0")
        for _ in range(3):
            with closing(Client(address)) as refused:
                assert problem(refused.read_to_the_end())["code"] == "too_many_connections"
        # Those that were there are served as before.
        kept[1].send(GET)
        kept[1].read_until(b"/get 0")
        kept[0].close()
        assert _is_served(address)
    assert len(caplog.records) == 1
    assert "2 connections are open" in caplog.text


def _is_served(address: str) -> bool:
    """Ask until there is room: the server notices that a client has left a moment later."""
    while True:
        with closing(Client(address)) as client:
            try:
                client.send(GET.replace(b"Host", b"Connection: close\r\nHost"))
                answer = client.read_to_the_end()
            except ConnectionError:
                continue
            if not answer.startswith(b"HTTP/1.1 503"):
                return answer.endswith(b"/get 0")


# What must go on working


@pytest.fixture(scope="module")
def small_server() -> Iterator[str]:
    with served(echo, settings=Settings(**SMALL)) as address:
        yield address


REQUESTS = st.lists(
    st.one_of(
        st.just((GET, b"/get 0")),
        st.binary(min_size=1, max_size=5_000).map(
            lambda body: (
                b"POST /told HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%b"
                % (len(body), body),
                b"/told %d" % len(body),
            )
        ),
        st.lists(st.binary(min_size=1, max_size=3_000), max_size=4).map(
            lambda parts: (
                b"POST /chunks HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                + b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts)
                + b"0\r\n\r\n",
                b"/chunks %d" % sum(map(len, parts)),
            )
        ),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=40)
@given(requests=REQUESTS, cuts=st.lists(st.integers(0, 20_000), max_size=6))
def test_requests_on_one_connection_are_answered_in_turn_however_they_are_cut(
    small_server: str, requests: list[tuple[bytes, bytes]], cuts: list[int]
) -> None:
    sent = b"".join(request for request, _ in requests)
    borders = sorted({0, len(sent), *(cut for cut in cuts if cut < len(sent))})
    with closing(Client(small_server)) as client:
        client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for start, end in pairwise(borders):
            client.send(sent[start:end])
        client.send(b"GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        answers = client.read_to_the_end()
    bodies = [part.partition(b"\r\n\r\n")[2] for part in answers.split(b"HTTP/1.1 200 OK\r\n")[1:]]
    assert bodies == [*(body for _, body in requests), b"/last 0"]


def test_the_bounds_go_along_to_other_processes() -> None:
    made = protocol_of(Settings(**SMALL, connections_limit=7))
    [guard] = pickle.loads(pickle.dumps(made)).args  # noqa: S301 our own
    assert (guard.connections, guard.head_limit_bytes) == (7, HEAD_LIMIT)
