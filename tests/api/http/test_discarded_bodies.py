"""What is sent in vain: dropped within bounds, and answered so that the sender can read it."""

import asyncio

import pytest
from starlette.types import Receive, Scope, Send

from tests.api.http.raw_client import GET, connected, problem, refuse


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


@pytest.mark.parametrize("is_late", [False, True])
def test_a_line_that_is_kept_after_a_body_in_vain_ends_when_it_is_idle(is_late: bool) -> None:
    head = b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n"
    with connected(refuse, keep_alive_seconds=1) as client:
        client.send(head if is_late else head + b"a" * 100)
        client.read_until(b"no")
        client.send(b"a" * 100 if is_late else b"")

        assert client.read_to_the_end() == b""


def test_what_is_asked_behind_a_body_in_vain_has_its_time() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/slow":
            await asyncio.sleep(1.5)
        await refuse(scope, receive, send)

    with connected(app, keep_alive_seconds=1) as client:
        client.send(b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n")
        client.read_until(b"no")
        client.send(b"a" * 100 + b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")

        assert client.read_until(b"no").startswith(b"HTTP/1.1 413")


def test_what_is_no_http_is_answered_even_while_it_is_sent() -> None:
    with connected() as client:
        client.send(b"POST /x HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n")
        client.send(b"a" * 3_000_000)
        assert problem(client.read_to_the_end())["code"] == "malformed_http"


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
