"""A stand-in's server at its end: it owes an answer to who has asked, and to nobody else."""

import asyncio
import socket
import threading
from contextlib import ExitStack
from urllib.parse import urlsplit

import httpx
from starlette.types import Receive, Scope, Send

from punchcard.fakes.serving import served
from tests.support.waiting import PATIENCE_SECONDS

DEADLINE_SECONDS = 30


class SlowAnswer:
    """An application that begins an answer and holds back its end."""

    def __init__(self) -> None:
        self.has_begun = threading.Event()
        self.may_end = threading.Event()

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"half ", "more_body": True})
        self.has_begun.set()
        await asyncio.to_thread(self.may_end.wait, DEADLINE_SECONDS)
        await send({"type": "http.response.body", "body": b"and half"})


def test_an_answer_that_has_begun_is_ended_before_the_server_is() -> None:
    app, heard = SlowAnswer(), list[str]()
    with served(app) as address:
        asking = threading.Thread(
            target=lambda: heard.append(httpx.get(address, timeout=DEADLINE_SECONDS).text)
        )
        asking.start()
        assert app.has_begun.wait(DEADLINE_SECONDS)
        app.may_end.set()
    asking.join(DEADLINE_SECONDS)
    assert heard == ["half and half"]


def test_connections_that_ask_nothing_any_more_hold_up_no_end() -> None:
    app = SlowAnswer()
    app.may_end.set()
    with ExitStack() as stack:
        with served(app) as address:
            client = stack.enter_context(httpx.Client(base_url=address, timeout=PATIENCE_SECONDS))
            assert client.get("/").text == "half and half"
            place = urlsplit(address)
            assert place.hostname
            assert place.port
            silent = socket.create_connection((place.hostname, place.port), DEADLINE_SECONDS)
            stack.enter_context(silent)
        assert silent.recv(1) == b""


def test_each_answer_tells_the_day() -> None:
    app = SlowAnswer()
    app.may_end.set()
    with served(app) as address:
        assert httpx.get(address, timeout=PATIENCE_SECONDS).headers["date"].endswith("GMT")
