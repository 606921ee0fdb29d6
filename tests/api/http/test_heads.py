"""Heads of requests: how large they may be, and how long they may take."""

import asyncio
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from punchcard.api.http.http_protocol import protocol_of
from punchcard.kit.settings import Settings
from tests.api.http.raw_client import GET, HEAD_LIMIT, SMALL, connected, echo, problem


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
