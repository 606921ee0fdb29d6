"""What the Python client does when a server is busy, silent or somebody else."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from punchcard_client import Busy, Patience, Problem, Shop, Unreachable

BUSY = {"code": "busy", "title": "Busy", "status": 503, "detail": "Busy.", "request_id": "r-1"}
DONE: dict[str, Any] = {"card": {}}


class Line:
    """Gives answers in turn; keeps what was sent, and how long was waited."""

    def __init__(self, *answers: httpx.Response | Exception, patience: Patience | None = None):
        self.answers = list(answers)
        self.sent: list[httpx.Request] = []
        self.waits: list[float] = []
        self.shop = Shop(
            "https://cards.example",
            "pk_1",
            patience=patience,
            transport=httpx.MockTransport(self.take),
            sleep=self.waits.append,
            chance=lambda: 0.5,
        )

    def take(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        self.sent.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def keys(self) -> set[str | None]:
        """Return the keys under which something was sent."""
        return {one.headers.get("Idempotency-Key") for one in self.sent}


def busy(seconds: str = "2", status: int = 503) -> httpx.Response:
    return httpx.Response(status, json=BUSY, headers={"Retry-After": seconds})


def test_a_change_is_sent_again_under_one_key_never_sooner_than_told() -> None:
    line = Line(
        *(busy(), busy(status=429)),
        httpx.ReadTimeout("late"),
        httpx.Response(502, content=b"<html>"),
        httpx.Response(201, json=DONE),
    )

    assert line.shop.post("/loyalty/stamp", {"card": "1"}) == DONE
    assert line.waits == [2.25, 2.25, 1.5, 3.0]
    [key] = line.keys()
    assert key
    assert {one.content for one in line.sent} == {b'{"card":"1"}'}
    assert {one.headers["Authorization"] for one in line.sent} == {"Bearer pk_1"}


def test_two_calls_have_two_keys() -> None:
    line = Line(httpx.Response(201, json=DONE), httpx.Response(201, json=DONE))
    line.shop.stamp(card="1")
    line.shop.stamp(card="1")
    assert len(line.keys()) == 2


def test_the_items_of_a_list_keep_their_keys_too() -> None:
    line = Line(httpx.ConnectError("no"), httpx.Response(200, json={"results": []}))
    line.shop.operations([{"op": "stamp", "card": "1"}])
    assert len({one.content for one in line.sent}) == 1
    assert b'"idempotency_key":"' in line.sent[0].content


def test_it_gives_up_after_its_attempts_and_names_the_key() -> None:
    line = Line(*[busy()] * 3, patience=Patience(attempts=3))
    with pytest.raises(Busy) as given_up:
        line.shop.stamp(card="1", idempotency_key="k-1")
    assert given_up.value.retry_after_seconds == 2
    assert given_up.value.idempotency_key == "k-1"
    assert line.waits == [2.25, 2.25]


def test_a_server_that_wants_more_than_the_patience_is_busy_at_once() -> None:
    line = Line(busy("31"))
    with pytest.raises(Busy):
        line.shop.stamp(card="1")
    assert line.waits == []


def test_what_has_no_key_is_not_sent_again_when_its_answer_was_lost() -> None:
    for change in (lambda shop: shop.patch("/x", {}), lambda shop: shop.delete("/x")):
        _stays_lost(change)


def _stays_lost(change: Callable[[Shop], Any]) -> None:
    for answer in (httpx.ReadTimeout("late"), httpx.Response(503, content=b"<html>")):
        line = Line(answer)
        with pytest.raises(Unreachable) as lost:
            change(line.shop)
        assert (line.waits, lost.value.idempotency_key) == ([], None)


def test_what_has_no_key_is_sent_again_when_the_server_refused_it_for_now() -> None:
    line = Line(busy(), httpx.Response(204))
    line.shop.delete("/loyalty/pins/1")
    assert line.waits == [2.25]


def test_a_refusal_of_no_known_kind_is_a_problem() -> None:
    line = Line(httpx.Response(405, json={"code": "method_not_allowed"}))
    with pytest.raises(Problem) as told:
        line.shop.get("/loyalty")
    assert (type(told.value), told.value.code) == (Problem, "method_not_allowed")


@pytest.mark.parametrize("content", [b"<html>", b"[]"])
def test_somebody_else_is_told_from_a_server(content: bytes) -> None:
    line = Line(httpx.Response(404, content=content))
    with pytest.raises(Unreachable, match="is no Punchcard server"):
        line.shop.get("/loyalty/programs")


def test_a_silent_server_is_waited_for_longer_each_time() -> None:
    patience = Patience(attempts=6, first_wait_seconds=1, longest_wait_seconds=4)
    waits = [patience.wait_seconds(attempt, None, 0.0) for attempt in range(1, 7)]
    assert waits == [0.5, 1.0, 2.0, 2.0, 2.0, None]


@pytest.mark.parametrize("url", ["http://cards.example", "cards.example", "ftp://localhost"])
def test_the_key_does_not_travel_readable(url: str) -> None:
    with pytest.raises(ValueError, match="no https address"):
        Shop(url, "pk_1")


def test_http_is_possible_for_who_says_so() -> None:
    Shop("http://shop.lan", "pk_1", allow_http=True).close()


@pytest.mark.parametrize("card_id", ["", ".", ".."])
def test_an_id_stays_one_part_of_a_path(card_id: str) -> None:
    with pytest.raises(ValueError, match="id is missing"):
        Line().shop.card(card_id)


def test_what_is_no_id_is_written_so_that_it_stays_one() -> None:
    line = Line(httpx.Response(200, json={}))
    line.shop.card("../programs?x=1")
    assert line.sent[0].url.raw_path.endswith(b"/loyalty/cards/..%2Fprograms%3Fx%3D1")
