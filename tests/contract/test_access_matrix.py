"""Every route × everybody: the table of what is allowed, held against the server itself."""

import json
from typing import Any

import httpx
import pytest

from punchcard.api.http.permissions import ACCESS
from tests.contract.conftest import Stage
from tests.contract.requests import Route, is_of_wallets, request_of
from tests.contract.world import Stock
from tests.support.pictures import a_picture

ROUTES = sorted(ACCESS, key=lambda route: (route[1], route[0]))
ALLOWED = (200, "")
STRANGER = "bob's owner"
_METHODS = {"get", "post", "put", "patch", "delete"}
# Public, and not in the table: they tell nothing of any shop.
_FOR_OPERATORS = {"/healthz", "/readyz", "/metrics", "/docs", "/openapi.json"} | {
    f"/ledger/{end}" for end in ("checkpoint", "key", "tile/{path}", "verify.py")
}
# No wallet is set up.
_GOOD = {
    ("GET", f"/api/v1/loyalty/cards/{{token}}/{end}"): (404,) for end in ("apple.pkpass", "google")
} | {("POST", "/api/v1/loyalty/google/callback"): (404,)}
# Who asks here is no proxy of the server.
_GOOD |= {("GET", "/api/v1/loyalty/domains/ask"): (404,)}
# No mail server is set up either, and no link was sent.
_GOOD |= {
    ("POST", f"/api/v1/auth/{end}"): (409,)
    for end in ("password-reset", "password-reset/confirm", "email", "verify-email")
}
# Nobody has set a second factor up, nor typed a password before one.
_GOOD |= {
    ("POST", "/api/v1/auth/second-factor"): (409,),
    ("POST", "/api/v1/auth/second-factor/passkey/options"): (409,),
    ("POST", "/api/v1/auth/second-factor/passkey"): (409,),
    # An address has no passkeys, and nobody has one.
    ("POST", "/api/v1/auth/passkey/options"): (409,),
    ("POST", "/api/v1/auth/passkey"): (409,),
    ("PATCH", "/api/v1/auth/second-factor/passkeys/{passkey_id}"): (404,),
    ("POST", "/api/v1/auth/second-factor/passkeys/options"): (409,),
    ("POST", "/api/v1/auth/second-factor/passkeys"): (409,),
    ("DELETE", "/api/v1/auth/second-factor/passkeys/{passkey_id}"): (404,),
    ("PUT", "/api/v1/auth/second-factor"): (409,),
    ("DELETE", "/api/v1/auth/second-factor"): (409,),
    ("POST", "/api/v1/auth/second-factor/recovery-codes"): (409,),
    ("DELETE", "/api/v1/vendor/users/{user_id}/second-factor"): (409,),
    ("DELETE", "/api/v1/vendor/members/{user_id}/second-factor"): (409,),
    ("DELETE", "/api/v1/vendor/users/{user_id}/identity"): (409,),
    ("DELETE", "/api/v1/vendor/members/{user_id}/identity"): (409,),
}

# No identity provider is set up.
_GOOD |= {("DELETE", "/api/v1/auth/identity"): (409,)}
# The import of the shop was tried, and not yet run.
_GOOD |= {("POST", "/api/v1/vendor/loyalty/imports/{import_id}/undo"): (409,)}
# No worker has seen the event of the integration yet: there is nothing to try again.
_GOOD |= {
    ("POST", f"/api/v1/vendor/integrations/{{integration_id}}/events/{{event_id}}/{verb}"): (409,)
    for verb in ("retry", "assign")
}
# The archive of the shop waits for the worker.
_GOOD |= {
    ("POST", "/api/v1/vendor/loyalty/exports/archive"): (409,),
    ("GET", "/api/v1/vendor/loyalty/exports/archive/{archive_id}/file.zip"): (409,),
}
# The code is nobody's, and a card's link alone gives no data away.
_GOOD |= {("POST", "/api/v1/vendor/loyalty/cards/{card_id}/proof-of-person"): (409,)}
# No address was changed, so nobody objects; and no two cards were proven to be one person's.
_GOOD |= {
    ("POST", f"/api/v1/loyalty/{end}"): (409,)
    for end in ("contact-objections", "card-merges", "card-merges/preview")
}
_WANTS_PROOF = {
    ("POST", "/api/v1/loyalty/cards/{token}/merge-request"),
    ("POST", "/api/v1/loyalty/cards/{token}/contact-change"),
    ("DELETE", "/api/v1/loyalty/cards/{token}/contact-change"),
    ("GET", "/api/v1/loyalty/cards/{token}/export"),
    ("DELETE", "/api/v1/loyalty/cards/{token}/customer"),
}


@pytest.mark.one_in(3)
@pytest.mark.parametrize("route", ROUTES, ids=" ".join)
def test_a_route_answers_everybody_as_the_table_says(route: Route, stage: Stage) -> None:
    expected = {
        name: _expected(stage, route, token) for name, token in stage.world.callers().items()
    }
    # Anyone who is refused changes nothing, so they come first.
    for name in [name for name in expected if expected[name] != ALLOWED]:
        answer = _call(stage, route, name)
        assert (answer.status_code, answer.json()["code"]) == expected[name], name
    allowed = [name for name in expected if expected[name] == ALLOWED]
    if STRANGER in allowed and _names_a_thing(route, stage.world.alices):
        allowed.remove(STRANGER)
        _check_not_there(route, _call(stage, route, STRANGER))
    _make_ready(stage, route)
    answers = {name: _call(stage, route, name) for name in allowed}
    if is_of_wallets(route):
        # Not signed as Apple and Google do it, and so the same for everybody.
        assert len({answer.status_code for answer in answers.values()}) == 1
        assert {answer.status_code for answer in answers.values()} <= {200, 204, 401, 404, 422}
        return
    if route in _WANTS_PROOF:
        codes = {(answer.status_code, answer.json()["code"]) for answer in answers.values()}
        assert codes == {(403, "proof_of_person_required")}
        return
    assert answers[allowed[0]].status_code in _GOOD.get(route, (200, 201, 204))
    for name, answer in answers.items():
        assert answer.status_code < 500, (name, answer.text)
        assert answer.status_code not in (401, 403, 422), (name, answer.text)
        if name == STRANGER and not ACCESS[route].is_public:
            assert not [thing for thing in _ids(stage.world.alices) if thing in answer.text]


def test_every_served_route_is_in_the_table_and_the_other_way_round(document: Any) -> None:
    served = {
        (method.upper(), path)
        for path, methods in document["paths"].items()
        for method in methods
        if method in _METHODS and path not in _FOR_OPERATORS
    }

    assert served == set(ACCESS)


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("/cards", {"program_id": "{program_id}"}, "program_not_found"),
        (
            "/cards",
            {"program_id": "{own_program_id}", "location_id": "{location_id}"},
            "location_not_found",
        ),
        ("/stamp", {"card": "{card_id}"}, "card_not_found"),
        ("/stamp", {"card": "{number}"}, "card_not_found"),
        ("/stamp", {"card": "{token}"}, "card_not_found"),
        ("/stamp", {"card": "{public_url}"}, "card_not_found"),
        ("/stamp", {"card": "{own_card_id}", "location_id": "{location_id}"}, "location_not_found"),
        (
            "/stamp",
            {"card": "{own_card_id}", "staff_id": "{pin_id}", "staff_pin": "9073"},
            "staff_pin_invalid",
        ),
        (
            "/stamp",
            {"card": "{own_card_id}", "staff_token": "{staff_token}"},
            "staff_token_invalid",
        ),
        (
            "/cards/{own_card_id}/merge",
            {"from_card_id": "{card_id}"},
            "card_not_found",
        ),
        (
            "/cards/{own_card_id}/merge/preview",
            {"from_card_id": "{card_id}"},
            "card_not_found",
        ),
        ("/stamp/redeem", {"card": "{card_id}"}, "card_not_found"),
        ("/visit", {"card": "{card_id}"}, "card_not_found"),
        ("/visit", {"card": "{own_card_id}", "location_id": "{location_id}"}, "location_not_found"),
        ("/points/earn", {"card": "{points_card_id}", "amount_minor": 500}, "card_not_found"),
        ("/points/redeem", {"card": "{points_card_id}", "points": 1}, "card_not_found"),
        (
            "/points/redeem",
            {"card": "{own_points_card_id}", "reward_id": "{reward_id}"},
            "reward_not_found",
        ),
        (
            "/points/refund",
            {
                "transaction_id": "{points_transaction_id}",
                "amount_minor": 5,
                "refund_reference": "b",
            },
            "transaction_not_found",
        ),
        (
            "/grants",
            {"card": "{points_card_id}", "reward_id": "{own_reward_id}", "reason": "apology"},
            "card_not_found",
        ),
        (
            "/grants",
            {"card": "{own_points_card_id}", "reward_id": "{reward_id}", "reason": "apology"},
            "reward_not_found",
        ),
        ("/grants/redeem", {"card": "{points_card_id}"}, "card_not_found"),
        (
            "/grants/redeem",
            {"card": "{own_points_card_id}", "grant_id": "{grant_id}"},
            "grant_not_found",
        ),
        ("/reservations", {"card": "{points_card_id}", "points": 1}, "card_not_found"),
        (
            "/reservations",
            {"card": "{own_points_card_id}", "reward_id": "{reward_id}"},
            "reward_not_found",
        ),
        (
            "/reservations",
            {"card": "{own_points_card_id}", "grant_id": "{grant_id}"},
            "grant_not_found",
        ),
        (
            "/points/adjust",
            {"card": "{points_card_id}", "points_delta": 1, "reason": "x"},
            "card_not_found",
        ),
        (
            "/pins",
            {"name": "Carl", "pin": "5937", "program_id": "{program_id}"},
            "program_not_found",
        ),
    ],
)
def test_another_shops_ids_in_a_body_are_unknown(
    quiet_stage: Stage, path: str, body: dict[str, Any], code: str
) -> None:
    own = {f"own_{name}": value for name, value in quiet_stage.world.bobs.items()}
    known = {**quiet_stage.world.alices, **own}
    filled = {
        name: value.format_map(known) if isinstance(value, str) else value
        for name, value in body.items()
    }

    answer = quiet_stage.api.with_token(quiet_stage.world.bob["owner"]).post(
        f"/vendor/loyalty{path.format_map(known)}", filled
    )

    assert (answer.status_code, answer.json()["code"]) in ((404, code), (403, code))


@pytest.mark.parametrize("name", ["program_id", "card_id", "staff_pin_id"])
def test_a_list_narrowed_to_another_shops_thing_is_empty(quiet_stage: Stage, name: str) -> None:
    bob = quiet_stage.api.with_token(quiet_stage.world.bob["owner"])
    thing = quiet_stage.world.alices[name.replace("staff_pin_id", "pin_id")]

    assert bob.get("/vendor/loyalty/transactions", params={name: thing}).json()["items"] == []
    if name == "program_id":
        assert bob.get("/vendor/loyalty/cards", params={name: thing}).json()["items"] == []


def test_a_device_works_at_its_own_location_only(quiet_stage: Stage) -> None:
    stock = quiet_stage.world.alices
    stamp = {"card": stock["card_id"], "location_id": stock["location_id"]}

    answer = quiet_stage.as_alices("device").post("/vendor/loyalty/stamp", stamp)

    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")


def _expected(stage: Stage, route: Route, token: str | None) -> tuple[int, str]:
    """Return the status and the code that the table promises, or ALLOWED."""
    rule = ACCESS[route]
    if rule.is_public:
        return ALLOWED
    if token is None:
        return 401, "credentials_missing"
    if token == stage.world.alices["token"]:
        return 401, "credentials_invalid"
    subject = stage.context.accounts.credentials.resolve(token)
    return ALLOWED if rule.allows(subject) else (403, "not_allowed")


def _call(stage: Stage, route: Route, name: str) -> httpx.Response:
    """Send the route's good request about Alice's things, or about one's own session."""
    token = stage.world.callers()[name]
    caller = stage.api.with_token(token)
    own = ("session_id", "passkey_id")
    stock = {**stage.world.alices, **dict.fromkeys(own, stage.world.alices["card_id"])}
    if "{session_id}" in route[1] and (token or "").startswith("at_"):
        stock["session_id"] = caller.get("/auth/sessions").json()["items"][-1]["id"]
    return caller.call(**request_of(route, stock))


def _make_ready(stage: Stage, route: Route) -> None:
    owner, stock = stage.as_alices("owner"), stage.world.alices
    if route[1].endswith("/unblock"):
        owner.post(f"/vendor/loyalty/cards/{stock['card_id']}/block")
    elif route[1].endswith(("/logo.png", "/hero.png")):
        kind = route[1].rsplit("/", 1)[1].removesuffix(".png")
        path = f"/vendor/loyalty/programs/{stock['program_id']}/{kind}"
        owner.call("PUT", path, content=a_picture(size=(600, 240)))
    elif route[1].endswith("/resume"):
        admin = stage.api.with_token(stage.world.admin)
        admin.post(f"/admin/vendors/{stock['vendor_id']}/suspend")


def _names_a_thing(route: Route, stock: Stock) -> bool:
    """Return whether the request names something that belongs to the shop."""
    if not route[1].startswith("/api/v1/vendor"):
        return False
    request = request_of(route, stock)
    sent = [request.get("json"), request.get("params") if route[0] == "POST" else None]
    told = json.dumps(sent)
    return "{" in route[1] or any(thing in told for thing in _ids(stock))


def _check_not_there(route: Route, answer: httpx.Response) -> None:
    if route[1].endswith("/operations"):
        assert [result["status"] for result in answer.json()["results"]] == [404]
        return
    if route[1].endswith("/lookup"):
        assert answer.json() == {"items": []}
        return
    assert answer.status_code == 404, answer.text
    assert answer.json()["code"].endswith("_not_found")


def _ids(stock: Stock) -> list[str]:
    return [
        value
        for name, value in stock.items()
        if name.endswith("_id") or name in ("number", "token", "slug")
    ]
