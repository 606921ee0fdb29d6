"""Requests that a replica answers with "not there", or breaks off, are asked of the primary."""

import asyncio
from collections.abc import Sequence

import pytest
from starlette.types import Message, Receive, Scope, Send

from punchcard.api.http.data_age import HEADER, DataAgeHeader
from punchcard.db.postgresql.data_age import data_age

AGE_SECONDS = 3


class Asked:
    """An application that reads a replica, and answers `first` as long as it may."""

    def __init__(self, first: int | Exception) -> None:
        self.first = first
        self.times = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.times += 1
        age = data_age.get()
        assert age is not None
        status = 200
        if not age.must_be_newest:
            age.note(AGE_SECONDS)
            status = 500 if isinstance(self.first, Exception) else self.first
        if status != 200:
            scope["state"]["refusal"] = "not_found" if status == 404 else "internal_error"
        await send({"type": "http.response.start", "status": status, "headers": []})
        if status == 500 and isinstance(self.first, Exception):
            raise self.first
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def asked(app: Asked, method: str, headers: Sequence[tuple[bytes, bytes]] = ()) -> Scope:
    """Ask for something; the scope then holds `answers` beside its state."""
    answers: list[Message] = []

    async def send(message: Message) -> None:
        answers.append(message)

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    scope: Scope = {
        "type": "http",
        "method": method,
        "headers": list(headers),
        "state": {"kept": True},
        "answers": answers,
    }
    asyncio.run(DataAgeHeader(app)(scope, receive, send))
    return scope


@pytest.mark.parametrize("first", [404, 500, 503, RuntimeError("broken off")])
def test_what_only_the_replica_refused_is_refused_by_nobody(first: int | Exception) -> None:
    app = Asked(first)
    scope = asked(app, "GET")
    assert [one["status"] for one in scope["answers"] if "status" in one] == [200]
    assert (app.times, scope["state"]) == (2, {"kept": True})


def test_what_the_replica_knows_is_told_with_its_age() -> None:
    app = Asked(200)
    scope = asked(app, "GET")
    assert (HEADER, b"3") in scope["answers"][0]["headers"]
    assert app.times == 1


def test_a_change_is_asked_for_once_and_its_refusal_stays() -> None:
    app = Asked(404)
    scope = asked(app, "POST")
    assert (app.times, scope["state"]["refusal"]) == (1, "not_found")


def test_who_wants_the_newest_is_not_told_of_an_age() -> None:
    app = Asked(404)
    scope = asked(app, "GET", [(b"cache-control", b"no-cache")])
    assert (app.times, scope["answers"][0]["status"], scope["answers"][0]["headers"]) == (
        1,
        200,
        [],
    )
