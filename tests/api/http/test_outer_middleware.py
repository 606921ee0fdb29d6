"""The outermost layer: names, limits, headers, and a log that tells no secrets."""

import http.client
import json
import logging
import re
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
from fastapi import FastAPI, Request, Response
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import ASGIApp, Receive, Scope, Send

from punchcard.api.http import problems
from punchcard.api.http.outer_middleware import OuterMiddleware, printable_path
from punchcard.api.schemas.fields import Schema
from punchcard.db.failures import DatabaseBusy
from punchcard.kit import logs
from punchcard.kit.logs import AccessLine
from tests.support.calls import call
from tests.support.served import served as served_at_address

LIMIT = 1000
TOKEN = "q8Zc3vN1-_kLmPoIuYtReW"


class Body(Schema):
    text: str


def told_to(lines: list[str]) -> Callable[[AccessLine], None]:
    return lambda line: lines.append(line.text)


@pytest.fixture
def lines() -> list[str]:
    """Collect the lines of the access log."""
    return []


@pytest.fixture
def front(lines: list[str]) -> OuterMiddleware:
    """Serve a small shop behind the layer."""
    app = FastAPI()
    problems.install(app)

    @app.post("/api/echo")
    def echo(body: Body) -> dict[str, int]:
        return {"length": len(body.text)}

    @app.post("/api/fast")
    async def fast(request: Request) -> Response:
        return Response(str(len(await request.body())), media_type="text/plain")

    @app.get("/api/name")
    def name(request: Request) -> dict[str, str]:
        return {"state": request.state.request_id, "logs": logs.request_id.get()}

    @app.get("/api/cached")
    def cached() -> Response:
        return Response("x", headers={"Cache-Control": "public, max-age=60"})

    @app.get("/page")
    def page() -> Response:
        return Response("x")

    return OuterMiddleware(app, body_limit_bytes=LIMIT, access_log=told_to(lines))


@contextmanager
def served(app: ASGIApp) -> Iterator[int]:
    """Serve `app` on a free port of this machine, by the real server."""
    with served_at_address(app) as address:
        yield int(address.rpartition(":")[2])


def text_of(length: int) -> bytes:
    return json.dumps({"text": "x" * (length - len('{"text": ""}'))}).encode()


# Names


@pytest.mark.parametrize("given_id", ["till-7", "x" * 128, "!~"])
def test_a_request_id_is_echoed_and_known_to_routes_and_logs(
    front: OuterMiddleware, given_id: str
) -> None:
    answer = call(front, "GET", "/api/name", headers={"x-request-id": given_id})
    assert answer.headers["x-request-id"] == given_id
    assert answer.json() == {"state": given_id, "logs": given_id}


@pytest.mark.parametrize("given_id", [None, "", "x" * 129, "two words", "tab\there", "é"])
def test_a_request_without_a_usable_id_gets_one(
    front: OuterMiddleware, given_id: str | None
) -> None:
    headers = {} if given_id is None else {"x-request-id": given_id.encode()}
    made = call(front, "GET", "/api/name", headers=headers).headers["x-request-id"]
    assert re.fullmatch(r"[0-9a-f]{16}", made)


def test_two_requests_get_two_ids_and_leave_none_behind(front: OuterMiddleware) -> None:
    first, second = (call(front, "GET", "/api/name").headers["x-request-id"] for _ in range(2))
    assert first != second
    assert logs.request_id.get() == "-"


# Headers


def test_answers_are_hardened_and_api_answers_not_kept(front: OuterMiddleware) -> None:
    api, page = call(front, "GET", "/api/name"), call(front, "GET", "/page")
    for answer in (api, page):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
    assert api.headers["cache-control"] == "no-store"
    assert "cache-control" not in page.headers


def test_a_route_may_say_itself_how_long_its_answer_is_kept(front: OuterMiddleware) -> None:
    kept = call(front, "GET", "/api/cached").headers.get_list("cache-control")
    assert kept == ["public, max-age=60"]


# The body limit


@pytest.mark.parametrize("path", ["/api/echo", "/api/fast"])
@pytest.mark.parametrize("is_streamed", [False, True])
@pytest.mark.parametrize(("length", "status"), [(LIMIT, 200), (LIMIT + 1, 413), (LIMIT * 50, 413)])
def test_a_body_is_read_up_to_the_limit_and_no_further(
    front: OuterMiddleware, path: str, is_streamed: bool, length: int, status: int
) -> None:
    with served(front) as port, closing(http.client.HTTPConnection("127.0.0.1", port)) as shop:
        headers = {"content-type": "application/json", "accept-language": "fr"}
        body = text_of(length)
        pieces = [body[at : at + 300] for at in range(0, length, 300)]
        shop.request(
            "POST",
            path,
            body=iter(pieces) if is_streamed else body,
            headers=headers,
            encode_chunked=is_streamed,
        )
        answer = shop.getresponse()
        content = answer.read()
        assert answer.status == status
        if status == 413:
            assert answer.headers["content-type"] == "application/problem+json"
            assert json.loads(content)["code"] == "body_too_large"
            assert json.loads(content)["limit_bytes"] == LIMIT
            assert json.loads(content)["detail"].startswith("Le corps de la requête dépasse 1")
        # The connection is not out of step: the next request on it is answered as usual.
        shop.request("GET", "/api/name")
        after = shop.getresponse()
        after.read()
        assert after.status == 200


def test_a_body_told_to_be_too_large_is_refused_before_any_of_it_is_read() -> None:
    read: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        read.append("by the app")

    front = OuterMiddleware(app, body_limit_bytes=LIMIT, access_log=lambda line: None)
    answer = call(front, "POST", "/api/echo", content=b"x" * (LIMIT + 1))
    assert answer.status_code == 413
    assert read == []


def test_a_client_that_holds_its_body_back_is_let_go(front: OuterMiddleware) -> None:
    headers = {"content-length": "5000", "expect": "100-continue"}
    with served(front) as port, closing(http.client.HTTPConnection("127.0.0.1", port)) as shop:
        shop.putrequest("POST", "/api/echo")
        for name, value in headers.items():
            shop.putheader(name, value)
        shop.endheaders()
        answer = shop.getresponse()
        answer.read()
        assert answer.status == 413
        assert answer.headers["connection"] == "close"


def test_whoever_waits_to_send_a_body_is_let_go_by_any_answer_that_does_not_ask_for_it() -> None:
    async def unread(scope: Scope, receive: Receive, send: Send) -> None:
        await Response("who are you", 401)(scope, receive, send)

    async def read(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await Response("fine", 200)(scope, receive, send)

    headers = {"expect": "100-continue", "content-length": "2"}
    for app, connection in ((unread, "close"), (read, None)):
        front = OuterMiddleware(app, body_limit_bytes=LIMIT, access_log=lambda line: None)
        answer = call(front, "POST", "/x", headers=headers, content=b"{}")
        assert answer.headers.get("connection") == connection


def test_what_an_app_does_after_the_limit_reaches_nobody() -> None:
    async def stubborn(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            while (await receive()).get("more_body"):
                pass
        except Exception:
            await Response("fine", 200)(scope, receive, send)

    async def pieces() -> Any:
        for _ in range(10):
            yield b"x" * 500

    front = OuterMiddleware(stubborn, body_limit_bytes=LIMIT, access_log=lambda line: None)
    answer = call(front, "POST", "/x", content=pieces())
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


# What escapes


def test_what_escapes_is_answered_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        raise RuntimeError("the secret reason")

    front = OuterMiddleware(broken, body_limit_bytes=LIMIT, access_log=lambda line: None)
    answer = call(front, "GET", "/x", headers={"accept-language": "de"})
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert answer.json()["detail"].startswith("Bei uns ist etwas schiefgegangen.")
    assert "the secret reason" not in answer.text
    assert "the secret reason" in caplog.text


def test_a_refusal_that_escapes_a_fast_route_is_told_as_one() -> None:
    async def fast(scope: Scope, receive: Receive, send: Send) -> None:
        raise DatabaseBusy(retry_after_seconds=3)

    front = OuterMiddleware(fast, body_limit_bytes=LIMIT, access_log=lambda line: None)
    answer = call(front, "GET", "/x")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "3")


def test_a_failure_in_the_midst_of_an_answer_is_logged_and_not_answered_twice(
    lines: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    async def halfway(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError("halfway")

    front = OuterMiddleware(halfway, body_limit_bytes=LIMIT, access_log=told_to(lines))
    with served(front) as port, closing(http.client.HTTPConnection("127.0.0.1", port)) as shop:
        shop.request("GET", "/x")
        with pytest.raises(http.client.HTTPException):
            shop.getresponse().read()
    assert "halfway" in caplog.text
    assert len(lines) == 1


# The log


def test_one_line_tells_method_path_status_time_address_and_caller(
    front: OuterMiddleware, lines: list[str]
) -> None:
    call(front, "GET", "/api/name?key=pk_secret", headers={"authorization": "Bearer pk_secret"})
    call(front, "GET", "/nowhere")
    assert re.fullmatch(r"GET /api/name 200 \d+\.\d ms 127\.0\.0\.1 -", lines[0])
    assert re.fullmatch(r"GET /nowhere 404 \d+\.\d ms 127\.0\.0\.1 -", lines[1])


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        (f"/api/v1/loyalty/cards/{TOKEN}", "/api/v1/loyalty/cards/***"),
        (f"/api/v1/loyalty/cards/{TOKEN}/qr.svg", "/api/v1/loyalty/cards/***/qr.svg"),
        ("/api/v1/loyalty/cards/half-a-token/google", "/api/v1/loyalty/cards/***/google"),
        (f"/c/{TOKEN}", "/c/***"),
        (f"/api/v1/vendor/loyalty/cards/{TOKEN}", "/api/v1/vendor/loyalty/cards/***"),
        (
            "/api/v1/vendor/loyalty/cards/01976f3e-8a4b-7c21-9d52-3f0e6a1b2c3d/block",
            "/api/v1/vendor/loyalty/cards/01976f3e-8a4b-7c21-9d52-3f0e6a1b2c3d/block",
        ),
        ("/h/a-ticket", "/h/***"),
        ("/r/AB3DE-FG7HK", "/r/***"),
        ("/r/AB3DEFG7.1250.R-1.1781700000.mac", "/r/***"),
        (f"/merge/{'x' * 180}", "/merge/***"),
        (f"/contact/{'x' * 180}", "/contact/***"),
        ("/reach/a-ticket", "/reach/***"),
        ("/R/AB3DE-FG7HK", "/R/***"),
        ("//Merge//a-ticket", "//Merge//***"),
        ("/C/a-token/history", "/C/***/history"),
        ("/Terminal/Hand-Over/a-ticket.svg", "/Terminal/Hand-Over/***"),
        ("/API/v1/Hooks/shopify/0197/a-secret", "/API/v1/Hooks/shopify/0197/***"),
        ("/Api/v1/loyalty/Cards//a-token", "/Api/v1/loyalty/Cards//***"),
        ("/terminal/hand-over/a-ticket.svg", "/terminal/hand-over/***"),
        ("/receipts/hand/r/over", "/receipts/hand/r/over"),
        ("/api/v1/hooks/shopify/0197/a-secret", "/api/v1/hooks/shopify/0197/***"),
        ("/api/v1/hooks/shopify/0197/a/b\nc", "/api/v1/hooks/shopify/0197/***"),
        ("//api/v1/hooks/shopify/0197//a-secret", "//api/v1/hooks/shopify/0197//***"),
        ("/api/v1/vendor/loyalty/cards/lookup", "/api/v1/vendor/loyalty/cards/lookup"),
        ("/a\nforged line", "/a%0Aforged%20line"),
        ("/é", "/%C3%A9"),
        ("/" + "x" * 500, "/" + "x" * 199),
        ("/api/v1/loyalty/apple/v1/devices/a1b2/x", "/api/v1/loyalty/apple/v1/devices/***/x"),
    ],
)
def test_the_log_shows_no_card_token_and_no_forged_line(path: str, shown: str) -> None:
    assert printable_path(path) == shown


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_path_makes_one_visible_line(path: str) -> None:
    assert re.fullmatch(r"[\x20-\x7e]*", printable_path(path))


def test_lines_are_written_only_when_they_are_wanted(capsys: pytest.CaptureFixture[str]) -> None:
    access = logging.getLogger("punchcard.access")
    before = access.level
    try:
        access.setLevel(logging.WARNING)
        logs.write_access_line(AccessLine("GET", "/quiet", 200, 1.0, "-", "-"))
        access.setLevel(logging.INFO)
        logs.write_access_line(AccessLine("GET", "/loud", 200, 1.0, "-", "-"))
    finally:
        access.setLevel(before)
    written = capsys.readouterr().err
    stamp = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
    assert re.fullmatch(
        stamp + r" INFO punchcard\.access \[-\] GET /loud 200 1\.0 ms - -\n", written
    )


def test_other_connections_pass_untouched() -> None:
    passed: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        passed.append(scope["type"])

    async def nothing(*_: Any) -> Any:
        return None

    front = OuterMiddleware(app, body_limit_bytes=LIMIT)
    step = front({"type": "lifespan"}, nothing, nothing)
    with pytest.raises(StopIteration):
        step.send(None)
    assert passed == ["lifespan"]
