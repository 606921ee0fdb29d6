"""Asking the provider: within a size, a time and a number at once, and never led elsewhere."""

import gzip
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from punchcard.accounts.access.provider.errors import ProviderAway
from punchcard.accounts.access.provider.provider_http import ProviderHttp
from punchcard.fakes.serving import served

LIMIT = 5000


class Ticks:
    """A clock that is a second further each time it is looked at."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        self.at += 1
        return self.at


class Hung:
    """A provider that answers once it is let go."""

    def __init__(self) -> None:
        self.asked, self.let_go = threading.Event(), threading.Event()

    def answer(self, request: Request) -> Response:
        self.asked.set()
        assert self.let_go.wait(30)
        return JSONResponse({"is": "late"})


async def elsewhere(request: Request) -> Response:
    return RedirectResponse("/good", 302)


async def good(request: Request) -> Response:
    return JSONResponse({"is": "good"})


async def long(request: Request) -> Response:
    return JSONResponse({"is": "x" * LIMIT})


async def dripping(request: Request) -> Response:
    async def drops() -> AsyncIterator[bytes]:
        for _ in range(LIMIT // 10):
            yield b" "

    return StreamingResponse(drops())


async def a_list(request: Request) -> Response:
    return JSONResponse(["not", "an object"])


async def too_deep(request: Request) -> Response:
    return Response("[" * (LIMIT - 1))


async def packed(request: Request) -> Response:
    body = gzip.compress(b'{"is": "packed"}')
    return Response(body, headers={"Content-Encoding": "gzip"})


async def misspelt(request: Request) -> Response:
    return Response(b'{"access_token": "very-secret", "is": "\xff"}')


async def a_page(request: Request) -> Response:
    return Response("<p>a portal of a hotel</p>")


@contextmanager
def serving(hung: Hung) -> Iterator[str]:
    routes = [
        Route(f"/{name}", answer, methods=["GET", "POST"])
        for name, answer in (
            ("elsewhere", elsewhere),
            ("good", good),
            ("long", long),
            ("dripping", dripping),
            ("list", a_list),
            ("page", a_page),
            ("deep", too_deep),
            ("packed", packed),
            ("misspelt", misspelt),
            ("hung", hung.answer),
        )
    ]
    with served(Starlette(routes=routes)) as address:
        yield address


def test_only_a_whole_object_in_time_is_an_answer() -> None:
    with serving(Hung()) as address:
        http = ProviderHttp(timeout_seconds=10, limit_bytes=LIMIT, parallel=1)
        assert http.get(f"{address}/good") == {"is": "good"}
        for path in ("elsewhere", "long", "list", "page", "deep", "packed", "nothing"):
            with pytest.raises(ProviderAway):
                http.get(f"{address}/{path}")
        # What failed has given its turn back.
        assert http.get(f"{address}/good") == {"is": "good"}


def test_the_log_tells_why_and_nothing_of_what_was_answered(
    caplog: pytest.LogCaptureFixture,
) -> None:
    http = ProviderHttp(timeout_seconds=10, limit_bytes=LIMIT, parallel=1)
    with serving(Hung()) as address, pytest.raises(ProviderAway):
        http.post(f"{address}/misspelt", {}, client=None)
    assert "UnicodeDecodeError" in caplog.text
    assert "very-secret" not in caplog.text


def test_an_answer_that_drips_is_given_up() -> None:
    slow = ProviderHttp(timeout_seconds=1, limit_bytes=LIMIT, parallel=1, monotonic=Ticks())
    with serving(Hung()) as address, pytest.raises(ProviderAway):
        slow.get(f"{address}/dripping")


def test_nobody_is_there() -> None:
    with serving(Hung()) as address:
        pass
    with pytest.raises(ProviderAway):
        ProviderHttp(timeout_seconds=10, limit_bytes=LIMIT, parallel=1).get(f"{address}/good")


def test_a_provider_that_hangs_takes_no_more_threads_than_it_may() -> None:
    hung = Hung()
    http = ProviderHttp(timeout_seconds=30, limit_bytes=LIMIT, parallel=1)
    with serving(hung) as address, ThreadPoolExecutor(1) as pool:
        first = pool.submit(http.get, f"{address}/hung")
        assert hung.asked.wait(30)
        with pytest.raises(ProviderAway) as refused:
            http.get(f"{address}/good")
        hung.let_go.set()
        assert first.result(30) == {"is": "late"}

    assert refused.value.retry_after_seconds
