"""The served document against the server: whatever is sent, the answer is one it promised."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from punchcard.accounts.subjects import PUBLIC
from punchcard.api.http.permissions import ACCESS
from punchcard.main import create_app
from tests.contract.conftest import Stage
from tests.contract.requests import Route, is_of_wallets, path_of, request_of
from tests.contract.world import Stock
from tests.support.draw import FUZZ_SEED
from tests.support.served import served

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
# `make fuzz` makes requests up anew; otherwise the same few are sent each time.
EXAMPLES = 50 if FUZZ_SEED else 5
# These end what others work with, so Bob's people try them, on Bob's shop.
_BY_BOB = {
    ("POST", "/api/v1/auth/logout"): "manager",
    ("POST", "/api/v1/auth/password"): "staff",
    ("DELETE", "/api/v1/auth/sessions/{session_id}"): "owner",
    ("POST", "/api/v1/vendor/close"): "owner",
    ("POST", "/api/v1/admin/vendors/{vendor_id}/suspend"): "admin",
}
_BEFORE_OTHERS = ("/auth/token", "/loyalty/cards/{token}/customer")
_TILL = ("/loyalty/stamp", "/loyalty/points", "/loyalty/operations", "/void", "/loyalty/cards")


def _turn(route: Route) -> int:
    """Return when a route's turn comes: reading, the till, changes, and last what ends things."""
    method, path = route
    if method == "GET" or path.endswith(_BEFORE_OTHERS):
        return 0
    if route in _BY_BOB:
        return 4 + list(_BY_BOB).index(route)
    if method == "DELETE" or path.endswith(("activate", "block")):
        return 3
    return 1 if any(part in path for part in _TILL) else 2


ROUTES = [("GET", "/healthz"), ("GET", "/readyz"), *sorted(sorted(ACCESS), key=_turn)]


@dataclass(frozen=True)
class Fuzzed:
    """A served copy of the world, and its document."""

    stage: Stage
    address: str
    document: BaseSchema
    session: requests.Session


@pytest.fixture(scope="module")
def fuzzed(either_stage: Stage, document: dict[str, Any]) -> Iterator[Fuzzed]:
    """Serve one copy of the world to all routes in turn."""
    config = schemathesis.Config.from_dict(
        {"generation": {"mode": "all", "with-security-parameters": False}}
    )
    with served(create_app(either_stage.context)) as address, requests.Session() as session:
        promised = schemathesis.openapi.from_dict(copy.deepcopy(document), config=config)
        yield Fuzzed(either_stage, address, promised, session)


@pytest.mark.one_in(3)
@pytest.mark.parametrize("route", ROUTES, ids=" ".join)
def test_whatever_is_sent_the_answer_is_a_promised_one(route: Route, fuzzed: Fuzzed) -> None:
    operation = fuzzed.document[route[1]][route[0]]
    world = fuzzed.stage.world
    stock = dict(world.bobs if route in _BY_BOB else world.alices)
    stock["session_id"] = stock["passkey_id"] = stock["card_id"]
    tokens = _tokens(route, fuzzed.stage)
    # A list of operations is taken even if all of its items are refused, each on its own.
    is_list = route[1].endswith("/operations")
    checks = CHECKS if is_list else [*CHECKS, negative_data_rejection]
    seen: set[int] = set()

    @seed(FUZZ_SEED)
    @settings(
        max_examples=EXAMPLES,
        derandomize=not FUZZ_SEED,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(
        case=operation.as_strategy(GenerationMode.POSITIVE)
        | operation.as_strategy(GenerationMode.NEGATIVE),
        made_real=st.sampled_from(["no", "what it names", "all but one field"]),
        token=st.sampled_from(tokens),
    )
    def send(case: Case[Any], made_real: str, token: str | None) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if made_real != "no":
            _make_real(case, route, stock, is_almost_all=made_real == "all but one field")
        response = case.call(base_url=fuzzed.address, session=fuzzed.session, headers=headers)
        seen.add(response.status_code)
        case.validate_response(response, checks=checks if made_real == "no" else CHECKS)

    send()

    # What wallets ask is signed, which nothing made up here is.
    if not is_of_wallets(route):
        assert seen - {401, 403}, "it was let in at least once"


def _tokens(route: Route, stage: Stage) -> list[str | None]:
    rule, world = ACCESS.get(route, PUBLIC), stage.world
    if rule.is_public:
        return [None]
    if "/admin/" in route[1]:
        return [world.admin]
    if route in _BY_BOB:
        return [world.bob[_BY_BOB[route]]]
    owner = world.alice["owner"]
    return [owner, world.alice["all scopes"]] if "/vendor/loyalty" in route[1] else [owner]


def _make_real(case: Case[Any], route: Route, stock: Stock, *, is_almost_all: bool) -> None:
    """Let the case name things that are there, so that it gets past the look-up."""
    if not route[1].startswith("/api/"):
        return
    parts = zip(route[1].split("/")[3:], path_of(route, stock).split("/")[1:], strict=True)
    for name, value in parts:
        if name.strip("{}") in (case.path_parameters or {}):
            case.path_parameters[name.strip("{}")] = value
    good: dict[str, Any] = request_of(route, stock).get("json", {})
    if not isinstance(case.body, dict) or not good:
        return
    if is_almost_all:
        first = dict(list(case.body.items())[:1])
        assert case.meta is not None
        case.body = (
            {**good, **first} if case.meta.generation.mode.is_positive else {**first, **good}
        )
    else:
        case.body.update({name: value for name, value in good.items() if name in case.body})
