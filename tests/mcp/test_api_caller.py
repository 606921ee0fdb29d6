"""A tool's call is sent again under the same key, as long as nobody knows whether it arrived."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from mcp.server.mcpserver.exceptions import ToolError

from punchcard.mcp.api_caller import ATTEMPTS, LONGEST_WAIT_SECONDS, ApiCaller

BUSY = {"code": "busy", "status": 503, "detail": "Busy."}
Answer = httpx.Response | Exception


class Line:
    """Gives the answers in turn; keeps what was sent, and how long was waited."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.sent: list[httpx.Request] = []
        self.waits: list[float] = []

    def take(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)

    def call(self, does: Callable[[ApiCaller], Any]) -> Any:
        async def run() -> Any:
            api = ApiCaller(
                "https://cards.example",
                "pk_1",
                transport=httpx.MockTransport(self.take),
                sleep=self.sleep,
            )
            try:
                return await does(api)
            finally:
                await api.close()

        return asyncio.run(run())

    def refusal(self, does: Callable[[ApiCaller], Any]) -> Any:
        with pytest.raises(ToolError) as refused:
            self.call(does)
        return json.loads(str(refused.value))


def busy(seconds: str) -> httpx.Response:
    return httpx.Response(503, json=BUSY, headers={"Retry-After": seconds})


def stamp(api: ApiCaller) -> Any:
    return api.change("/stamp", "k-1", card="1", quantity=None)


def test_a_busy_server_is_asked_again_under_the_same_key() -> None:
    line = Line(busy("2"), httpx.ConnectError("no"), httpx.Response(201, json={"done": True}))

    assert line.call(stamp) == {"done": True}
    assert line.waits == [2, 2]
    assert [one.headers["Idempotency-Key"] for one in line.sent] == ["k-1"] * 3
    assert {one.headers["Authorization"] for one in line.sent} == {"Bearer pk_1"}
    assert {one.content for one in line.sent} == {b'{"card":"1"}'}


def test_nobody_is_kept_waiting_for_long() -> None:
    line = Line(busy(str(LONGEST_WAIT_SECONDS + 1)))

    assert line.refusal(stamp) == {**BUSY, "retry_after": "11", "idempotency_key": "k-1"}
    assert line.waits == []


def test_a_server_out_of_reach_is_told_with_the_key_to_try_again() -> None:
    line = Line(*[httpx.ReadTimeout("late")] * ATTEMPTS)

    told = line.refusal(stamp)
    assert (told["code"], told["idempotency_key"]) == ("server_unreachable", "k-1")
    assert len(line.sent) == ATTEMPTS


@pytest.mark.parametrize("content", [b"<html>", b"[]", b'{"a": 1}'])
def test_an_answer_of_somebody_else_is_told(content: bytes) -> None:
    line = Line(httpx.Response(502, content=content))

    told = line.refusal(lambda api: api.read("/programs", limit=None))
    assert told["code"] == "answer_not_understood"
    assert line.sent[0].url == "https://cards.example/api/v1/vendor/loyalty/programs"
