"""What callers get when something goes wrong: problem+json, in their language, without a trace."""

import json
import logging
import sqlite3
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import httpx
import pytest
from fastapi import FastAPI
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import exc as database_errors

from punchcard.api.http import problems
from punchcard.api.http.field_messages import MalformedJson, refusal_of, refusal_of_body
from punchcard.api.http.outer_middleware import OuterMiddleware
from punchcard.api.schemas.fields import IdOf, Moment, Name, Schema, fault, whole
from punchcard.db.failures import DatabaseBusy
from punchcard.http_statuses import STATUS_BY_KIND
from punchcard.kit.errors import DomainError, InvalidInput, Kind, invalid_field
from punchcard.kit.i18n import N_
from punchcard.loyalty.errors.balances import StampTooSoon
from punchcard.loyalty.errors.till import IdempotencyKeyReused
from tests.support.calls import call

AT_NINE = datetime(2026, 3, 2, 9, 5, tzinfo=UTC)
JSON = {"content-type": "application/json"}
SECRET = "hunter2-never-repeat-me"


class Order(Schema):
    name: Name
    cups: Annotated[int, whole(1, 5)] = 1
    size: Literal["small", "large"] = "small"
    at: Moment | None = None
    extras: tuple[Name, ...] = ()


@pytest.fixture
def shop() -> FastAPI:
    """Serve a shop in which many things go wrong."""
    app = FastAPI()
    problems.install(app)

    @app.post("/api/orders")
    def order(body: Order) -> dict[str, str]:
        return {"name": body.name}

    @app.get("/api/orders/{order_id}")
    def read(order_id: IdOf[str]) -> None:
        raise StampTooSoon(next_stamp_at=AT_NINE)

    @app.get("/api/database/{failure}")
    def database(failure: str) -> None:
        if failure == "full":
            cause = sqlite3.OperationalError(SECRET)
            cause.sqlite_errorcode = sqlite3.SQLITE_FULL
            raise database_errors.OperationalError(SECRET, {}, cause)
        if failure == "pool":
            raise database_errors.TimeoutError
        kind = {
            "operational": database_errors.OperationalError,
            "interface": database_errors.InterfaceError,
            "integrity": database_errors.IntegrityError,
        }[failure]
        raise kind(SECRET, {}, Exception(SECRET))

    @app.get("/api/broken")
    def broken() -> None:
        raise RuntimeError(SECRET)

    return app


def fields(answer: httpx.Response) -> dict[tuple[str | int, ...], str]:
    return {tuple(one["loc"]): one["message"] for one in answer.json()["errors"]}


def send(shop: FastAPI, body: bytes | dict[str, Any], language: str = "en") -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {**JSON, "accept-language": language}
    return call(shop, "POST", "/api/orders", content=content, headers=headers)


def test_every_kind_has_a_status_and_every_status_a_title() -> None:
    for kind in Kind:

        class Refusal(DomainError):
            code = "some_code"
            sentence = "No."

        Refusal.kind = kind
        answer = problems.problem(Refusal(), "en", "r1")
        body = json.loads(bytes(answer.body))
        assert body["status"] == answer.status_code == STATUS_BY_KIND[kind]
        assert body["title"]
        assert answer.headers["content-type"] == "application/problem+json"
        assert ("retry-after" in answer.headers) == (answer.status_code in (423, 429, 503))
        assert ("www-authenticate" in answer.headers) == (answer.status_code == 401)


@pytest.mark.parametrize(
    ("language", "title", "detail"),
    [
        ("en", "Refused", "It is too soon for another stamp"),
        ("fr", "Refusé", "Il est trop tôt pour un autre tampon"),
        ("de", "Abgelehnt", "Für einen weiteren Stempel ist es zu früh"),
        ("lb", "Refuséiert", "Et ass ze fréi fir nach e Stempel"),
    ],
)
def test_a_refusal_is_told_in_four_languages_with_the_same_facts(
    shop: FastAPI, language: str, title: str, detail: str
) -> None:
    path = "/api/orders/01976f3e-8a4b-7c21-9d52-3f0e6a1b2c3d"
    answer = call(shop, "GET", path, headers={"accept-language": language})
    body = answer.json()
    assert answer.status_code == 409
    assert body.pop("detail").startswith(detail)
    assert body == {
        "type": "urn:problem-type:punchcard:stamp_too_soon",
        "title": title,
        "status": 409,
        "code": "stamp_too_soon",
        "request_id": "-",
        "next_stamp_at": "2026-03-02T09:05:00.000000Z",
    }


def test_a_refusal_that_knows_how_long_says_how_long() -> None:
    refusal = DatabaseBusy(retry_after_seconds=7)
    assert problems.problem(refusal, "en", "r1").headers["retry-after"] == "7"


def test_facts_never_replace_what_every_problem_has() -> None:
    body = problems.problem_body(IdempotencyKeyReused(status="x", code="y", other=1), "en", "r1")
    assert (body["status"], body["code"], body["other"]) == (422, "idempotency_key_reused", 1)


def test_a_fact_that_json_cannot_hold_is_escaped() -> None:
    answer = problems.problem(IdempotencyKeyReused(big=2**70, odd="\ud800"), "en", "r1")
    assert json.loads(bytes(answer.body))["big"] == 2**70


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"name": ',
        b"\xff\xfe{",
        b"[" * 100_000,
        b'{"cups": ' + b"9" * 5000 + b"}",
        b"\x00",
    ],
)
def test_what_is_not_json_is_malformed(shop: FastAPI, body: bytes) -> None:
    answer = send(shop, body)
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_json")


def test_a_body_that_is_said_to_be_something_else_is_refused_with_what_to_send(
    shop: FastAPI,
) -> None:
    answer = call(shop, "POST", "/api/orders", data={"name": "tea"})

    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_json")
    assert "Content-Type: application/json" in answer.json()["detail"]


def test_each_wrong_field_is_named_in_the_callers_language(shop: FastAPI) -> None:
    wrong = {"cups": 9, "size": SECRET, "at": SECRET, "extras": [1], SECRET[:7]: 1}
    english, french = send(shop, wrong), send(shop, wrong, "fr")
    assert english.status_code == 422
    assert english.json()["code"] == "invalid_input"
    assert fields(english) == {
        ("body", "name"): "Is required.",
        ("body", "cups"): "Must be at most 5.",
        ("body", "size"): "Must be one of: small, large.",
        ("body", "at"): "Must be a time with its zone, such as 2026-03-14T09:26:53Z.",
        ("body", "extras", 0): "Must be text.",
        ("body", "hunter2"): "Is not a known field.",
    }
    assert fields(french)["body", "cups"] == "Doit être au plus 5."
    assert SECRET not in english.text + french.text


@pytest.mark.parametrize(
    ("body", "loc", "message"),
    [
        (b"[]", ("body",), "Must be an object."),
        (b"null", ("body",), "Must be an object."),
        (b'"x"', ("body",), "Must be an object."),
        (b'{"name": "\\ud800"}', ("body", "name"), "Must be valid Unicode text."),
        (b'{"\\ud800": 1}', ("body",), "Must be valid Unicode text."),
        (b'{"name": " "}', ("body", "name"), "Must not be empty."),
        (b'{"name": "a", "cups": NaN}', ("body", "cups"), "Must be a whole number."),
        (b'{"name": "a", "extras": {}}', ("body", "extras"), "Must be a list."),
        (
            b'{"name": "\\u0000"}',
            ("body", "name"),
            "Must be one line of text without control characters.",
        ),
    ],
)
def test_odd_bodies_are_invalid_and_say_why(
    shop: FastAPI, body: bytes, loc: tuple[str, ...], message: str
) -> None:
    answer = send(shop, body)
    assert answer.status_code == 422
    assert fields(answer) == {loc: message}


def test_the_fast_reader_answers_as_the_framework_does(shop: FastAPI) -> None:
    reader = TypeAdapter(Order)
    for body in (b'{"cups": 0, "x": 1}', b"[]", b"{", b'{"name": 5}'):
        with pytest.raises(ValidationError) as caught:
            reader.validate_json(body)
        fast = problems.problem(refusal_of_body(caught.value), "de", "-")
        framework = send(shop, body, "de")
        assert fast.status_code == framework.status_code
        assert json.loads(bytes(fast.body)) == framework.json()


def test_hundreds_of_faults_are_cut_short() -> None:
    details = [{"type": "missing", "loc": ("body", number)} for number in range(500)]
    refusal = refusal_of(details)
    assert isinstance(refusal, InvalidInput)
    assert len(refusal.errors) == 100


def test_names_of_unknown_fields_are_cut_and_made_printable() -> None:
    refusal = refusal_of([{"type": "extra_forbidden", "loc": ("body", "\ud800" + "x" * 5000)}])
    assert isinstance(refusal, InvalidInput)
    assert refusal.errors[0]["loc"] == ["body", "?" + "x" * 99]


def test_a_validators_own_sentence_is_translated_and_filled() -> None:
    error = fault(N_("Must be between {minimum} and {maximum}."), minimum=1, maximum=2000)
    detail = {"type": error.type, "loc": ("body", "a"), "ctx": error.context}
    body = problems.problem_body(refusal_of([detail]), "de", "r1")
    assert body["errors"][0]["message"] == "Muss zwischen 1 und 2.000 liegen."


def test_an_unforeseen_fault_says_no_more_than_that() -> None:
    detail = {"type": "value_error", "loc": ("body", "a"), "ctx": {"error": ValueError(SECRET)}}
    assert problems.problem_body(refusal_of([detail]), "en", "r1")["errors"] == [
        {"loc": ["body", "a"], "message": "Is not valid."}
    ]


def test_a_service_names_a_field_with_a_sentence_of_its_own() -> None:
    refusal = invalid_field("points_required", message="Must be at least {ge}.", ge=1000)
    body = problems.problem_body(refusal, "fr", "r1")
    assert body["errors"] == [
        {"loc": ["body", "points_required"], "message": "Doit être au moins 1\u202f000."}
    ]


def test_unknown_addresses_methods_and_ids(shop: FastAPI) -> None:
    nowhere = call(shop, "GET", "/api/nowhere")
    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "not_found")
    garbage = call(shop, "GET", "/api/orders/not-an-id")
    assert (garbage.status_code, garbage.json()["code"]) == (404, "not_found")
    method = call(shop, "PUT", "/api/orders")
    assert (method.status_code, method.json()["code"]) == (405, "method_not_allowed")
    assert method.headers["allow"] == "POST"


@pytest.mark.parametrize("failure", ["operational", "interface", "pool"])
def test_a_lost_database_is_busy_and_logged(
    shop: FastAPI, failure: str, caplog: pytest.LogCaptureFixture
) -> None:
    answer = call(shop, "GET", f"/api/database/{failure}")
    assert (answer.status_code, answer.json()["code"]) == (503, "busy")
    assert answer.headers["retry-after"] == "1"
    assert SECRET not in answer.text
    assert [record.exc_info for record in caplog.records] == [None], "one line, not a traceback"
    assert "The database does not answer: " in caplog.text


def test_a_full_disk_has_a_code_of_its_own(shop: FastAPI) -> None:
    answer = call(shop, "GET", "/api/database/full")
    assert (answer.status_code, answer.json()["code"]) == (503, "storage_not_writable")
    assert answer.headers["retry-after"] == "10"


def test_a_statement_gone_wrong_is_a_bug_and_logged_as_one(
    shop: FastAPI, caplog: pytest.LogCaptureFixture
) -> None:
    front = OuterMiddleware(shop, body_limit_bytes=1000, access_log=lambda line: None)
    answer = call(front, "GET", "/api/database/integrity")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert [record.exc_info is not None for record in caplog.records] == [True]


def test_what_nobody_foresaw_is_logged_with_its_id_and_answered_without_a_trace(
    shop: FastAPI, caplog: pytest.LogCaptureFixture
) -> None:
    front = OuterMiddleware(shop, body_limit_bytes=1000, access_log=lambda line: None)
    with caplog.at_level(logging.ERROR):
        headers = {"x-request-id": "till-7", "accept-language": "lb"}
        answer = call(front, "GET", "/api/broken", headers=headers)
    assert answer.status_code == 500
    assert answer.json()["code"] == "internal_error"
    assert answer.json()["request_id"] == "till-7"
    assert answer.json()["detail"].startswith("Op eiser Säit")
    assert SECRET not in answer.text
    assert "Traceback" not in answer.text
    assert [record.exc_info is not None for record in caplog.records] == [True]


def test_malformed_json_wins_over_other_faults() -> None:
    faults: list[dict[str, Any]] = [
        {"type": "missing", "loc": ("body",)},
        {"type": "json_invalid", "loc": ("body", 3)},
    ]
    assert isinstance(refusal_of(faults), MalformedJson)
