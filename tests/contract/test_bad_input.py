"""Whatever is sent instead of a good body: a problem that says so, and nothing is written."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from punchcard.api.http.permissions import ACCESS
from tests.contract.conftest import Stage
from tests.contract.problems import check_problem, nothing_written
from tests.contract.requests import BODIES, Route, is_of_wallets, path_of, request_of

JSON = {"Content-Type": "application/json"}
LIMIT = 1_048_576
# Whole files: their own limit is tried where they are read.
FILES = {("POST", "/api/v1/vendor/loyalty/imports")}
WITH_BODY = sorted(BODIES, key=lambda route: (route[1], route[0]))
NAMING = sorted(route for route in ACCESS if "{" in route[1] and not is_of_wallets(route))
CHANGING = sorted(route for route in set(ACCESS) - FILES if route[0] in ("POST", "PATCH"))

NOT_JSON = [
    b"",
    b"{",
    b'{"card": ',
    b"\x00",
    b"\xff\xfe{}",
    b'{"name": "\xe9t\xe9"}',
    b"[" * 100_000,
    b'{"a":' * 100_000,
]
NOT_AN_OBJECT = [b"[]", b"null", b'"x"', b"12", b"true", b"NaN", b"1e400"]

# No field of any request takes these.
NEVER: list[Any] = [
    1.5,
    -(10**30),
    10**30,
    float("nan"),
    float("inf"),
    [[]],
    {"x": {"y": []}},
    "a\u0000b",
    "\ud800 unpaired",
    "x" * 20_000,
]
# Of a password any characters are good; an address and a password only have to be right.
_MAY_HOLD_ANYTHING = {"password", "current_password", "new_password", "email"}


@pytest.mark.parametrize("body", NOT_JSON, ids=lambda body: repr(body[:12]))
def test_what_is_not_json_is_malformed(quiet_stage: Stage, body: bytes) -> None:
    with nothing_written(quiet_stage.context.database):
        for route in WITH_BODY:
            # Who withdraws or uses what was set aside need say nothing more.
            if body or not route[1].endswith(("/revoke", "/confirm", "/release")):
                check_problem(_send(quiet_stage, route, body), 400, code="malformed_json")


@pytest.mark.parametrize("body", NOT_AN_OBJECT, ids=repr)
def test_what_is_no_object_is_invalid(quiet_stage: Stage, body: bytes) -> None:
    with nothing_written(quiet_stage.context.database):
        for route in WITH_BODY:
            check_problem(_send(quiet_stage, route, body), 400, 422)


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "x"])
def test_what_is_not_said_to_be_json_is_refused(quiet_stage: Stage, kind: str) -> None:
    with nothing_written(quiet_stage.context.database):
        for route in WITH_BODY:
            body = _encoded(_good(quiet_stage, route))
            answer = _send(quiet_stage, route, body, headers={"Content-Type": kind})
            check_problem(answer, 400, code="malformed_json")


@pytest.mark.parametrize("kind", [None, "application/json; charset=utf-8", "application/json"])
def test_what_is_json_or_says_nothing_is_read(stage: Stage, kind: str | None) -> None:
    for path in ("/vendor/locations", "/vendor/loyalty/stamp"):
        route = ("POST", f"/api/v1{path}")
        headers = {"Content-Type": kind} if kind else {}
        body = _encoded(_good(stage, route))
        assert _send(stage, route, body, headers=headers).status_code == 201


def test_unknown_fields_are_named(quiet_stage: Stage) -> None:
    with nothing_written(quiet_stage.context.database):
        for route in WITH_BODY:
            body = {**_good(quiet_stage, route), "surprise": 1}
            problem = check_problem(_send(quiet_stage, route, _encoded(body)), 422)
            assert {"loc": ["body", "surprise"], "message": "Is not a known field."} in problem[
                "errors"
            ]


HINTS = {"known_browser"}
"""Any text may stand there: what is not of ours says nothing."""
CONFIRM = ("POST", "/api/v1/auth/confirm")
UNASKED = {"challenge", "code", "token", "credential"}
"""What confirms in another way: beside the right password nobody looks at it."""


@pytest.mark.one_in(3)
@pytest.mark.parametrize("route", WITH_BODY, ids=" ".join)
def test_no_field_takes_what_it_is_not_for(quiet_stage: Stage, document: Any, route: Route) -> None:
    with nothing_written(quiet_stage.context.database):
        for name, value in _faults(document, route):
            if name in HINTS and isinstance(value, str):
                continue
            if route == CONFIRM and name in UNASKED and isinstance(value, str | dict):
                continue
            body = {**_good(quiet_stage, route), name: value}
            answer = _send(quiet_stage, route, _encoded(body))
            if route[1].startswith("/api/v1/auth/") and isinstance(value, str | dict):
                check_problem(answer, 401, 409, 422, 429)
                continue
            problem = check_problem(answer, 400, 422)
            if answer.status_code == 422 and problem["code"] == "invalid_input":
                assert name in [loc for error in problem["errors"] for loc in error["loc"]]


@pytest.mark.parametrize("fault", NEVER, ids=lambda fault: repr(fault)[:16])
def test_items_of_a_list_are_refused_one_by_one(quiet_stage: Stage, fault: Any) -> None:
    route = ("POST", "/api/v1/vendor/loyalty/operations")
    good = {"op": "stamp", "card": "1" * 12, "idempotency_key": "k"}
    faulty = [{**good, name: fault} for name in (*good, "quantity", "occurred_at", "surprise")]

    with nothing_written(quiet_stage.context.database):
        answer = _send(quiet_stage, route, _encoded({"operations": [good, *faulty]}))

    if "\ud800" in repr(fault) or "ud800" in repr(fault):
        check_problem(answer, 400)
        return
    assert answer.status_code == 200
    results = answer.json()["results"]
    assert [result["status"] for result in results] == [404] + [422] * len(faulty)
    for name, result in zip(
        (*good, "quantity", "occurred_at", "surprise"), results[1:], strict=True
    ):
        assert result["problem"]["request_id"]
        if name != "op":
            assert [error["loc"][:2] for error in result["problem"]["errors"]] == [["body", name]]


@pytest.mark.parametrize("count", [0, 501])
def test_a_list_of_operations_has_its_bounds(quiet_stage: Stage, count: int) -> None:
    route = ("POST", "/api/v1/vendor/loyalty/operations")
    one = {"op": "stamp", "card": quiet_stage.world.alices["card_id"]}
    operations = [{**one, "idempotency_key": f"many-{n}"} for n in range(count)]

    with nothing_written(quiet_stage.context.database):
        answer = _send(quiet_stage, route, _encoded({"operations": operations}))

    check_problem(answer, 422, code="invalid_input")


@pytest.mark.parametrize("is_length_told", [True, False])
def test_a_body_beyond_the_limit_is_refused_on_every_route(
    quiet_stage: Stage, is_length_told: bool
) -> None:
    large = b'{"name": "' + b"x" * LIMIT + b'"}'

    def in_pieces() -> Iterator[bytes]:
        for start in range(0, len(large), 65_536):
            yield large[start : start + 65_536]

    with nothing_written(quiet_stage.context.database):
        for route in CHANGING if is_length_told else WITH_BODY:
            content = large if is_length_told else in_pieces()
            problem = check_problem(_send(quiet_stage, route, content), 413, code="body_too_large")
            assert problem["limit_bytes"] == LIMIT


@pytest.mark.parametrize("text", ["a\u0000b", "\u202e", "%s%n", "' OR 1=1 --", "🂡" * 40, "\\", "é"])
def test_any_text_in_a_path_names_nothing(either_stage: Stage, text: str) -> None:
    stage = either_stage
    with nothing_written(stage.context.database):
        for route in NAMING:
            names = dict.fromkeys(
                (part.strip("{}") for part in route[1].split("/") if "{" in part),
                quote(text),
            )
            path = route[1].removeprefix("/api/v1").format_map(names)
            body = BODIES[route](stage.world.alices) if route in BODIES else None
            answer = stage.api.with_token(_token(stage, route)).call(route[0], path, body)
            check_problem(answer, 404)


@pytest.mark.parametrize("length", [37, 3000])
def test_a_long_text_in_a_path_names_nothing(either_stage: Stage, length: int) -> None:
    stage = either_stage
    for route in NAMING:
        long = {part.strip("{}"): "7" * length for part in route[1].split("/")}
        path = route[1].removeprefix("/api/v1").format_map(long)
        body = BODIES[route](stage.world.alices) if route in BODIES else None
        answer = stage.api.with_token(_token(stage, route)).call(route[0], path, body)
        check_problem(answer, 404)


@pytest.mark.parametrize("text", ["a\u0000b", "%", "_", "\\", "'; --", "x" * 300, "🂡", "\u202e"])
def test_any_text_in_a_query_finds_nothing_or_is_invalid(either_stage: Stage, text: str) -> None:
    owner = either_stage.as_alices("owner")
    admin = either_stage.api.with_token(either_stage.world.admin)
    for caller, path, name in (
        (owner, "/vendor/loyalty/cards", "query"),
        (owner, "/vendor/loyalty/cards", "status"),
        (owner, "/vendor/loyalty/cards", "program_id"),
        (owner, "/vendor/loyalty/cards/lookup", "code"),
        (owner, "/vendor/loyalty/transactions", "type"),
        (owner, "/vendor/loyalty/transactions", "from"),
        (admin, "/admin/vendors", "query"),
        (admin, "/admin/loyalty/programs", "query"),
    ):
        answer = caller.get(path, params={name: text})
        if answer.status_code == 200:
            assert answer.json()["items"] == [], (path, name)
        else:
            check_problem(answer, 422, code="invalid_input")


@pytest.mark.parametrize(
    ("name", "value"),
    [("limit", text) for text in ("0", "201", "-1", "abc", "1.5", "9" * 30, "")]
    + [("cursor", text) for text in ("!", "abc", "AAAA", "x" * 200, "é", "a\u0000", "MQ==", "")],
)
def test_a_page_that_is_none_is_invalid_in_every_list(
    either_stage: Stage, document: Any, name: str, value: str
) -> None:
    for route in _lists(document):
        path = path_of(route, either_stage.world.alices)
        caller = either_stage.api.with_token(_token(either_stage, route))
        problem = check_problem(caller.get(path, params={name: value}), 422, code="invalid_input")
        assert problem["errors"][0]["loc"] == ["query", name]


@pytest.mark.parametrize(
    ("language", "detail"),
    [
        ("fr-LU, en;q=0.5", "Il n’existe pas de carte de ce genre."),
        ("de", ""),
        ("lb", ""),
        ("xx, *;q=0", "There is no such card."),
        ("\x7f;q=;;,,", "There is no such card."),
        ("de;q=abc", ""),
        ("en," * 5000, "There is no such card."),
    ],
)
def test_any_language_header_gets_an_answer(quiet_stage: Stage, language: str, detail: str) -> None:
    headers = {"Accept-Language": language}
    fast = quiet_stage.as_alices("owner").post(
        "/vendor/loyalty/stamp", {"card": "999999999999"}, headers=headers
    )
    other = quiet_stage.as_alices("owner").get("/vendor/loyalty/cards/x", headers=headers)

    assert check_problem(fast, 404)["detail"] == check_problem(other, 404)["detail"]
    if detail.startswith("There"):
        assert fast.json()["detail"] == detail


def test_refusals_are_told_in_four_languages(quiet_stage: Stage) -> None:
    owner = quiet_stage.as_alices("owner")
    for path, body in (
        ("/vendor/loyalty/stamp", {"card": "x", "quantity": 0}),
        ("/vendor/loyalty/stamp/redeem", {"card": quiet_stage.world.alices["strict_card_id"]}),
        ("/vendor/locations", {"name": ""}),
    ):
        told = {
            language: owner.post(path, body, headers={"Accept-Language": language}).json()
            for language in ("en", "fr", "de", "lb")
        }
        assert len({problem["detail"] for problem in told.values()}) == 4, told
        assert len({problem["code"] for problem in told.values()}) == 1


def test_a_slash_too_many_is_led_on(quiet_stage: Stage) -> None:
    owner = quiet_stage.as_alices("owner")
    for answer in (
        owner.get("/vendor/loyalty/cards/"),
        owner.post("/vendor/loyalty/stamp/", {"card": "1"}),
    ):
        assert answer.status_code == 308
        assert not answer.headers["location"].endswith("/")


def test_unknown_addresses_and_methods_are_problems(quiet_stage: Stage) -> None:
    owner = quiet_stage.as_alices("owner")
    check_problem(owner.get("/vendor/nothing"), 404, code="not_found")
    check_problem(owner.get("/vendor/nothing/at/all"), 404, code="not_found")
    check_problem(owner.call("PUT", "/vendor/loyalty/stamp", {}), 404, 405)
    check_problem(owner.call("PUT", "/vendor/locations", {}), 405, code="method_not_allowed")


def _good(stage: Stage, route: Route) -> dict[str, Any]:
    good: dict[str, Any] = request_of(route, stage.world.alices)["json"]
    return good


def _token(stage: Stage, route: Route) -> str | None:
    if ACCESS[route].is_public:
        return None
    return stage.world.admin if "/admin/" in route[1] else stage.world.alice["owner"]


def _send(
    stage: Stage, route: Route, content: Any, *, headers: dict[str, str] | None = None
) -> httpx.Response:
    return stage.api.with_token(_token(stage, route)).call(
        route[0],
        path_of(route, stage.world.alices),
        content=content,
        headers=JSON if headers is None else headers,
    )


def _encoded(body: Any) -> bytes:
    return json.dumps(body).encode()


def _faults(document: Any, route: Route) -> Iterator[tuple[str, Any]]:
    for name in _fields(document, route):
        for value in NEVER:
            is_text = isinstance(value, str) and "\ud800" not in value and len(value) < 100
            if not (is_text and name in _MAY_HOLD_ANYTHING):
                yield name, value


def _fields(document: Any, route: Route) -> list[str]:
    """Return the fields of the route's request, as the served document has them."""
    body = document["paths"][route[1]][route[0].lower()]["requestBody"]
    schema = body["content"]["application/json"]["schema"]
    named = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]
    return list(named["properties"])


def _lists(document: Any) -> list[Route]:
    """Return the routes that answer a page of a list."""
    paths = document["paths"]
    lists = [
        ("GET", path)
        for path, methods in paths.items()
        if "cursor"
        in [parameter["name"] for parameter in methods.get("get", {}).get("parameters", [])]
    ]
    assert len(lists) == 32
    return lists
