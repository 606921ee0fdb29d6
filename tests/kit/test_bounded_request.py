"""Asking another server: what it answers, and how slowly, costs no more than it may."""

import gzip
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from punchcard.kit.outgoing.bounded_request import FAILURES, AnswerTooLong, bounded_request

SECONDS = 30.0
LIMIT = 1000
Answers = Callable[[socket.socket], None]


class Ticks:
    """A clock that is a second further each time it is looked at."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        self.at += 1
        return self.at


@contextmanager
def serving(answers: Answers) -> Iterator[str]:
    """Answer one request by hand; gives the address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            connection, _ = listener.accept()
            # Who is asked may well hear that nobody listens any more.
            with connection, suppress(OSError):
                connection.recv(65_536)
                answers(connection)

        thread = threading.Thread(target=answer)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/asked?a=b"
        finally:
            thread.join()


def asked(address: str, monotonic: Callable[[], float] = lambda: 0.0) -> tuple[int, bytes]:
    return bounded_request(
        "GET",
        address,
        headers={},
        timeout_seconds=SECONDS,
        limit_bytes=LIMIT,
        monotonic=monotonic,
    )


def answer_of(body: bytes, *headers: bytes) -> bytes:
    told = [b"HTTP/1.1 200 OK", b"Content-Length: %d" % len(body), *headers]
    return b"\r\n".join(told) + b"\r\n\r\n" + body


def test_an_answer_of_the_longest_length_is_heard() -> None:
    with serving(lambda line: line.sendall(answer_of(b"x" * LIMIT))) as address:
        assert asked(address) == (200, b"x" * LIMIT)


def test_a_longer_one_is_given_up() -> None:
    with (
        serving(lambda line: line.sendall(answer_of(b"x" * (LIMIT + 1)))) as address,
        pytest.raises(AnswerTooLong),
    ):
        asked(address)


def test_what_is_packed_is_heard_as_it_is_packed() -> None:
    packed = gzip.compress(gzip.compress(b"0" * 1_000_000))
    assert len(packed) < LIMIT
    answer = answer_of(packed, b"Content-Encoding: gzip, gzip")

    with serving(lambda line: line.sendall(answer)) as address:
        assert asked(address) == (200, packed)


def test_a_head_that_never_comes_is_waited_for_within_the_time() -> None:
    hints = b"HTTP/1.1 103 Early Hints\r\n\r\n" * 1000

    def answers(connection: socket.socket) -> None:
        # After megabytes of them an answer that would be good: nobody is there to hear it.
        for _ in range(1000):
            connection.sendall(hints)
        connection.sendall(answer_of(b"good"))

    with serving(answers) as address, pytest.raises(FAILURES):
        asked(address, Ticks())


@pytest.mark.parametrize("address", ["ftp://127.0.0.1/", "http://[::1", "http:///a", "", "nothing"])
def test_what_is_no_address_is_asked_nowhere(address: str) -> None:
    with pytest.raises(ValueError, match=r"address|IPv6|URL"):
        asked(address)
