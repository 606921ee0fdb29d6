"""Who asks for another protocol, and what could be smuggled past it."""

from contextlib import suppress

import pytest
from starlette.types import Receive, Scope, Send

from tests.api.http.raw_client import GET, connected, echo, problem

OTHER_PROTOCOL = b"Host: a\r\nUpgrade: %s\r\nConnection: Upgrade\r\n"
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"


@pytest.mark.parametrize("cut", [0, 1, 40, 10_000])
@pytest.mark.parametrize("name", [b"websocket", b"h2c"])
def test_who_asks_for_another_protocol_is_answered_in_this_one_and_the_line_ends(
    name: bytes, cut: int
) -> None:
    request = b"GET /get HTTP/1.1\r\n" + OTHER_PROTOCOL % name + b"\r\n"
    answer = _answer(request + SMUGGLED[:cut], SMUGGLED[cut:])
    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert b"connection: close" in answer
    assert answer.endswith(b"/get 0")


def _answer(first: bytes, then: bytes) -> bytes:
    """Return what is answered; asked again where the line had ended before `then` was sent."""
    for _ in range(20):
        with connected() as client, suppress(ConnectionResetError, BrokenPipeError):
            client.send(first)
            client.send(then)
            return client.read_to_the_end()
    raise AssertionError("the line always ended before the rest was sent")


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
