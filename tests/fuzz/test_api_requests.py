"""The API's routes: whatever path, query, header and body is sent, the answer is a promised one."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from punchcard.api.http.permissions import ACCESS
from punchcard.main import FAST_ROUTES
from tests.contract.conftest import Stage
from tests.contract.requests import BODIES, FILES, is_of_wallets, path_of, request_of
from tests.fuzz import sent
from tests.fuzz.effort import effort
from tests.fuzz.made_up import json_values, nearly_bytes, parts_of
from tests.fuzz.raw_requests import Header, RawServer

# These end what the others work with.
_ENDS = ("/auth/logout", "/auth/password", "/vendor/close", "/suspend", "/sessions/{session_id}")
ROUTES = [
    route
    for route in sorted(ACCESS)
    if not is_of_wallets(route) and not route[1].endswith(_ENDS) and route[0] != "DELETE"
]
_QUERY = ("query", "limit", "cursor", "from", "to", "status", "type", "code", "program_id", "lang")


def _bearer(stage: Stage, path: str) -> Header:
    token = stage.world.admin if "/admin/" in path else stage.world.alice["owner"]
    return (b"authorization", f"Bearer {token}".encode())


@effort(400)
@given(data=st.data(), route=st.sampled_from(ROUTES))
def test_no_request_to_the_api_is_more_than_it_bears(
    server: RawServer, either_stage: Stage, data: st.DataObject, route: tuple[str, str]
) -> None:
    method, template = route
    stock: dict[str, str] = {**either_stage.world.alices, "session_id": "x", "name": "x"}
    good: dict[str, Any] = {}
    if route in BODIES:
        good = request_of(route, either_stage.world.alices)["json"]
    path = data.draw(sent.paths(template, lambda name: stock.get(name, "x")), "path")
    body = data.draw(
        nearly_bytes(FILES[route]) if route in FILES else sent.json_bodies(good), "body"
    )
    others = data.draw(sent.headers(b"content-type", b"authorization"), "headers")
    given_headers = [_bearer(either_stage, template), (b"content-type", b"application/json")]
    kept = {**dict(given_headers), **dict(others)}
    answer = server.send(
        method,
        path,
        query=data.draw(sent.queries(*_QUERY), "query"),
        headers=list(kept.items()),
        body=parts_of(body, [len(body) // 2]),
    )
    sent.check(answer)
    if answer.status >= 400:
        assert json.loads(answer.body)["status"] == answer.status


@pytest.fixture(scope="module")
def tokens(either_stage: Stage) -> list[str]:
    return [either_stage.world.alice[who] for who in ("owner", "device", "loyalty:operate")]


@effort(300)
@given(data=st.data(), route=st.sampled_from(FAST_ROUTES))
def test_no_body_of_a_till_is_more_than_it_bears(
    server: RawServer,
    either_stage: Stage,
    tokens: list[str],
    data: st.DataObject,
    route: Any,
) -> None:
    at = ("POST", route.path)
    good = request_of(at, either_stage.world.alices)["json"]
    more = {
        "quantity": 1,
        "staff_pin": "4711",
        "staff_token": "st_x.y",
        "occurred_at": "2026-03-02",
    }
    extra = data.draw(st.dictionaries(st.sampled_from(sorted(more)), json_values(4), max_size=2))
    body = data.draw(sent.json_bodies({**good, **extra}), "body")
    token = data.draw(st.sampled_from(tokens))
    answer = server.send(
        "POST",
        f"/api/v1{path_of(at, either_stage.world.alices)}".encode(),
        headers=[(b"authorization", f"Bearer {token}".encode()), *data.draw(sent.headers())],
        body=parts_of(body, data.draw(st.lists(st.integers(0, 200), max_size=3))),
    )
    sent.check(answer)
    assert isinstance(json.loads(answer.body), dict)


lists = st.lists(
    st.dictionaries(
        st.sampled_from(
            ["op", "card", "idempotency_key", "quantity", "occurred_at", "staff_token"]
        ),
        json_values(3) | st.sampled_from(["stamp", "redeem", "2026-03-02T09:00:00Z", "k"]),
    )
    | json_values(3),
    max_size=4,
)


@effort(150)
@given(items=lists)
@example(items=[{"op": []}])
@example(items=[{"op": "stamp", "card": "\U0001f0a1" * 22, "idempotency_key": "k"}])
@example(
    items=[
        {
            "op": "stamp",
            "card": "1",
            "idempotency_key": "k",
            "occurred_at": "0001-01-01T00:00:00+14:00",
        }
    ]
)
@example(
    items=[
        {
            "op": "stamp",
            "card": "1",
            "idempotency_key": "k",
            "occurred_at": "9999-12-31T23:59:59-14:00",
        }
    ]
)
def test_every_item_of_a_list_is_answered(
    server: RawServer, either_stage: Stage, items: list[Any]
) -> None:
    body = json.dumps({"operations": items}).encode()
    answer = server.send(
        "POST",
        b"/api/v1/vendor/loyalty/operations",
        headers=[_bearer(either_stage, "")],
        body=[body],
    )
    sent.check(answer)
    if answer.status == 200:
        assert len(json.loads(answer.body)["results"]) == len(items)
        assert all(one["status"] < 500 for one in json.loads(answer.body)["results"])
