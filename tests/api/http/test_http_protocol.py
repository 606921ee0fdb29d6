"""The server below the application, over real sockets: heads, bodies and connections."""

import logging
import pickle
import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.types import Receive, Scope, Send

from punchcard.api.http.http_protocol import protocol_of
from punchcard.kit.settings import Settings
from tests.api.http.raw_client import GET, HEAD_LIMIT, SMALL, Client, connected, echo, problem
from tests.support.served import served


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
