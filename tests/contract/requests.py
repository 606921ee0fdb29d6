"""One good request for every route of the table, about the things of one shop."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from tests.contract.world import STAFF_PIN, Stock, credentials
from tests.support.cast import PASSWORD
from tests.support.pictures import a_picture

_STALLS = count(1)
"""No two locations of a shop bear one name, and no two plans."""

Route = tuple[str, str]

_AUTH = "/api/v1/auth"
_VENDOR = "/api/v1/vendor"
_LOYALTY = "/api/v1/vendor/loyalty"
_WEBHOOKS = f"{_VENDOR}/webhook-endpoints"
_INTEGRATIONS = f"{_VENDOR}/integrations"
_PROMOTIONS = f"{_LOYALTY}/programs/{{program_id}}/promotions"
_AUTOMATIONS = f"{_LOYALTY}/programs/{{program_id}}/automations"
_PLATFORM = "/api/v1/admin"
_OPEN = "/api/v1/loyalty"

_NEXT_YEAR = (datetime.now(UTC) + timedelta(days=365)).date().isoformat()
_NEW_OWNER = {"email": "carla@carla.example", "name": "Carla", "password": PASSWORD}
_NEW_VENDOR = {
    "name": "Chez Carla",
    "slug": "chez-carla",
    "currency": "EUR",
    "timezone": "Europe/Paris",
    "owner": _NEW_OWNER,
}
_FIRST_VISIT = {"trigger": "first_visit", "action": "points", "points": 5}
_NEW_USER = {"email": "dan@dan.example", "name": "Dan", "role": "staff", "password": PASSWORD}

BODIES: dict[Route, Callable[[Stock], dict[str, Any]]] = {
    ("POST", f"{_AUTH}/token"): credentials,
    ("POST", f"{_AUTH}/password"): lambda _: {
        "current_password": PASSWORD,
        "new_password": "another password",
    },
    ("POST", f"{_AUTH}/second-factor"): lambda _: {"challenge": "none of ours", "code": "000000"},
    ("POST", f"{_AUTH}/second-factor/passkey/options"): lambda _: {"challenge": "none of ours"},
    ("POST", f"{_AUTH}/second-factor/passkey"): lambda _: {"token": "none", "credential": {}},
    ("POST", f"{_AUTH}/passkey"): lambda _: {"token": "none", "credential": {}},
    ("PATCH", f"{_AUTH}/second-factor/passkeys/{{passkey_id}}"): lambda _: {"name": "Key"},
    ("POST", f"{_AUTH}/second-factor/passkeys"): lambda _: {
        "token": "none",
        "credential": {},
        "name": "Key",
    },
    ("PUT", f"{_AUTH}/second-factor"): lambda _: {"setup": "none of ours", "code": "000000"},
    ("POST", f"{_AUTH}/confirm"): lambda _: {"password": PASSWORD},
    ("POST", f"{_AUTH}/password-reset"): lambda stock: {"email": stock["staff_email"]},
    ("POST", f"{_AUTH}/password-reset/confirm"): lambda _: {
        "token": "not one of ours",
        "new_password": "another password",
    },
    ("POST", f"{_AUTH}/email"): lambda _: {
        "email": "another@another.example",
        "current_password": PASSWORD,
    },
    ("POST", f"{_AUTH}/verify-email"): lambda _: {"token": "not one of ours"},
    ("POST", "/api/v1/devices/pair"): lambda stock: {
        "code": stock["pairing_code"],
        "name": "Till 3",
    },
    ("PATCH", _VENDOR): lambda _: {"name": "Another name"},
    ("POST", f"{_VENDOR}/users"): lambda _: _NEW_USER,
    ("PATCH", f"{_VENDOR}/users/{{user_id}}"): lambda _: {"name": "Another name"},
    ("POST", f"{_VENDOR}/members"): lambda _: _NEW_USER,
    ("PATCH", f"{_VENDOR}/members/{{user_id}}"): lambda _: {"name": "Another name"},
    ("POST", f"{_VENDOR}/locations"): lambda _: {"name": f"Market stall {next(_STALLS):06}"},
    ("PATCH", f"{_VENDOR}/locations/{{location_id}}"): lambda _: {"name": "Another name"},
    ("POST", f"{_VENDOR}/devices/pairing-codes"): lambda stock: {
        "location_id": stock["location_id"]
    },
    ("PATCH", f"{_VENDOR}/devices/{{device_id}}"): lambda _: {"name": "Another name"},
    ("POST", f"{_VENDOR}/api-keys"): lambda _: {"name": "New", "scopes": ["loyalty:read"]},
    ("POST", _WEBHOOKS): lambda _: {"url": "https://till.example/hooks"},
    ("PATCH", f"{_WEBHOOKS}/{{endpoint_id}}"): lambda _: {"description": "The till's list"},
    ("POST", f"{_WEBHOOKS}/{{endpoint_id}}/rotate"): lambda _: {},
    ("POST", f"{_WEBHOOKS}/{{endpoint_id}}/replay"): lambda _: {"since": "2026-01-01T00:00:00Z"},
    ("POST", _INTEGRATIONS): lambda stock: {
        "program_id": stock["points_program_id"],
        "kind": "woocommerce",
    },
    ("PATCH", f"{_INTEGRATIONS}/{{integration_id}}"): lambda _: {"name": "The kiosk's till"},
    ("POST", f"{_INTEGRATIONS}/{{integration_id}}/rotate"): lambda _: {"at_once": True},
    ("POST", f"{_INTEGRATIONS}/{{integration_id}}/events/{{event_id}}/assign"): lambda stock: {
        "card": stock["card_id"]
    },
    ("POST", f"{_LOYALTY}/programs"): lambda _: {"name": "Tea card", "type": "stamps"},
    ("PATCH", f"{_LOYALTY}/programs/{{program_id}}"): lambda _: {"name": "Another name"},
    ("POST", f"{_LOYALTY}/programs/{{program_id}}/tiers/preview"): lambda _: {"tiers": None},
    ("POST", f"{_LOYALTY}/programs/{{program_id}}/rewards"): lambda _: {
        "name": "A tart",
        "points_required": 50,
    },
    ("PATCH", f"{_LOYALTY}/rewards/{{reward_id}}"): lambda _: {"name": "Another name"},
    ("POST", f"{_PROMOTIONS}"): lambda _: {
        "name": "Double points",
        "effect": {"kind": "multiply", "factor": "2.000"},
    },
    ("POST", f"{_PROMOTIONS}/{{promotion_id}}/simulate"): lambda _: {
        "from": "2026-01-01",
        "to": "2026-12-31",
    },
    ("PATCH", f"{_PROMOTIONS}/{{promotion_id}}"): lambda _: {"name": "Another name"},
    ("POST", _AUTOMATIONS): lambda _: _FIRST_VISIT,
    ("POST", f"{_AUTOMATIONS}/preview"): lambda _: _FIRST_VISIT,
    ("PATCH", f"{_AUTOMATIONS}/{{automation_id}}"): lambda _: {"points": 6},
    ("POST", f"{_LOYALTY}/imports/history"): lambda _: {"name": "Paper cards"},
    ("POST", f"{_LOYALTY}/imports/{{import_id}}/preview"): lambda _: {"balance": "add"},
    ("POST", f"{_LOYALTY}/imports/{{import_id}}/run"): lambda _: {"balance": "set"},
    ("POST", f"{_LOYALTY}/cards"): lambda stock: {"program_id": stock["program_id"]},
    ("PATCH", f"{_LOYALTY}/cards/{{card_id}}"): lambda _: {"customer": {"name": "Chloé B."}},
    ("POST", f"{_LOYALTY}/cards/lookup"): lambda stock: {"code": stock["number"]},
    ("POST", f"{_LOYALTY}/cards/{{card_id}}/merge"): lambda stock: {
        "from_card_id": stock["found_card_id"]
    },
    ("POST", f"{_LOYALTY}/cards/{{card_id}}/merge/preview"): lambda stock: {
        "from_card_id": stock["found_card_id"]
    },
    ("POST", f"{_LOYALTY}/cards/{{card_id}}/proof-of-person"): lambda _: {"code": "40718253"},
    ("POST", "/api/v1/loyalty/cards/{token}/merge-request"): lambda stock: {
        "card": stock["number"]
    },
    ("POST", "/api/v1/loyalty/card-merges/preview"): lambda _: {"token": "not one of ours"},
    ("POST", "/api/v1/loyalty/card-merges"): lambda _: {
        "token": "not one of ours",
        "both_are_mine": True,
    },
    ("POST", "/api/v1/loyalty/contact-objections"): lambda _: {"token": "not one of ours"},
    ("POST", "/api/v1/loyalty/cards/{token}/contact-change"): lambda _: {
        "email": "another@another.example"
    },
    ("POST", f"{_LOYALTY}/stamp"): lambda stock: {"card": stock["card_id"]},
    ("POST", f"{_LOYALTY}/stamp/redeem"): lambda stock: {"card": stock["card_id"]},
    ("POST", f"{_LOYALTY}/visit"): lambda stock: {"card": stock["card_id"]},
    ("POST", f"{_LOYALTY}/points/earn"): lambda stock: {
        "card": stock["points_card_id"],
        "amount_minor": 1000,
    },
    ("POST", f"{_LOYALTY}/points/quote"): lambda stock: {
        "card": stock["points_card_id"],
        "amount_minor": 1000,
    },
    ("POST", f"{_LOYALTY}/visit/quote"): lambda stock: {"card": stock["card_id"], "stamps": 1},
    ("POST", f"{_LOYALTY}/points/redeem"): lambda stock: {
        "card": stock["points_card_id"],
        "reward_id": stock["reward_id"],
    },
    ("POST", f"{_LOYALTY}/points/refund"): lambda stock: {
        "transaction_id": stock["points_transaction_id"],
        "amount_minor": 500,
        "refund_reference": "refund 1",
    },
    ("POST", f"{_LOYALTY}/grants"): lambda stock: {
        "card": stock["points_card_id"],
        "reward_id": stock["reward_id"],
        "reason": "surprise",
        "expires_on": _NEXT_YEAR,
    },
    ("POST", f"{_LOYALTY}/grants/redeem"): lambda stock: {"card": stock["points_card_id"]},
    ("POST", f"{_LOYALTY}/grants/{{grant_id}}/revoke"): lambda _: {"note": "Given twice"},
    ("POST", f"{_LOYALTY}/reservations"): lambda stock: {
        "card": stock["points_card_id"],
        "reward_id": stock["reward_id"],
        "reference": "order 7",
    },
    ("POST", f"{_LOYALTY}/reservations/{{reservation_id}}/confirm"): lambda _: {},
    ("POST", f"{_LOYALTY}/reservations/{{reservation_id}}/release"): lambda _: {},
    ("POST", f"{_LOYALTY}/points/adjust"): lambda stock: {
        "card": stock["points_card_id"],
        "points_delta": 5,
        "reason": "Goodwill",
    },
    ("POST", f"{_LOYALTY}/transactions/{{transaction_id}}/void"): lambda _: {"reason": "Mistake"},
    ("POST", f"{_LOYALTY}/operations"): lambda stock: {
        "operations": [{"op": "stamp", "card": stock["card_id"], "idempotency_key": "item-1"}]
    },
    ("POST", f"{_LOYALTY}/pins"): lambda _: {"name": "Carl", "pin": "5937"},
    ("PATCH", f"{_LOYALTY}/pins/{{pin_id}}"): lambda _: {"name": "Another name"},
    ("POST", f"{_LOYALTY}/pins/verify"): lambda _: {"pin": STAFF_PIN},
    ("POST", f"{_LOYALTY}/claims"): lambda stock: {
        "program_id": stock["points_program_id"],
        "reference": "receipt 7",
        "amount_minor": 1000,
    },
    ("POST", f"{_LOYALTY}/receipt-keys"): lambda stock: {
        "name": "Till 7",
        "program_id": stock["points_program_id"],
    },
    ("POST", f"{_OPEN}/cards/{{token}}/claims"): lambda stock: {"claim": stock["claim_code"]},
    ("POST", f"{_PLATFORM}/loyalty/plans"): lambda _: {"name": f"Plan {next(_STALLS):06}"},
    ("PATCH", f"{_PLATFORM}/loyalty/plans/{{plan_id}}"): lambda _: {"cards": 100_000},
    ("PUT", f"{_PLATFORM}/vendors/{{vendor_id}}/plan"): lambda stock: {"plan_id": stock["plan_id"]},
    ("POST", f"{_PLATFORM}/vendors"): lambda _: _NEW_VENDOR,
    ("PATCH", f"{_PLATFORM}/vendors/{{vendor_id}}"): lambda _: {"name": "Another name"},
    ("POST", f"{_OPEN}/programs/{{slug}}/enroll"): lambda _: {"accept_terms": True},
}
"""What a route is sent as JSON; those that are missing here take none."""

FILES: dict[Route, bytes] = {
    ("PUT", f"{_LOYALTY}/programs/{{program_id}}/logo"): a_picture(),
    ("PUT", f"{_LOYALTY}/programs/{{program_id}}/hero"): a_picture(size=(600, 240)),
    ("POST", f"{_LOYALTY}/imports"): b"email,stamps\njo@home.example,3\n",
}
"""Routes that take a file, and a good one."""

QUERIES: dict[Route, Callable[[Stock], dict[str, str]]] = {
    ("GET", f"{_OPEN}/domains/ask"): lambda _: {"domain": "cards.bakery.example"},
    ("GET", f"{_LOYALTY}/cards"): lambda stock: {"query": stock["number"]},
    ("GET", f"{_LOYALTY}/cards/lookup"): lambda stock: {"code": stock["number"]},
    ("POST", f"{_LOYALTY}/imports"): lambda stock: {"program_id": stock["program_id"]},
}

_OTHER_PATHS: dict[Route, dict[str, str]] = {
    # A program with cards stays; a card that is active can't be unblocked.
    ("DELETE", f"{_LOYALTY}/programs/{{program_id}}"): {"program_id": "empty_program_id"},
    ("POST", f"{_LOYALTY}/programs/{{program_id}}/rewards"): {"program_id": "points_program_id"},
    ("POST", _PROMOTIONS): {"program_id": "points_program_id"},
    **{
        (method, f"{_PROMOTIONS}/{{promotion_id}}"): {"program_id": "points_program_id"}
        for method in ("GET", "PATCH", "DELETE")
    },
    ("POST", f"{_PROMOTIONS}/{{promotion_id}}/simulate"): {"program_id": "points_program_id"},
    **{
        route: {"program_id": "points_program_id"}
        for route in (
            ("POST", _AUTOMATIONS),
            ("POST", f"{_AUTOMATIONS}/preview"),
            ("GET", f"{_AUTOMATIONS}/{{automation_id}}"),
            ("PATCH", f"{_AUTOMATIONS}/{{automation_id}}"),
            ("DELETE", f"{_AUTOMATIONS}/{{automation_id}}"),
            ("GET", f"{_AUTOMATIONS}/{{automation_id}}/results"),
        )
    },
    **{
        (method, f"{_LOYALTY}/imports/{{import_id}}{end}"): {"import_id": "card_import_id"}
        for method, end in (
            ("GET", ""),
            ("DELETE", ""),
            ("POST", "/preview"),
            ("POST", "/run"),
            ("POST", "/undo"),
            ("GET", "/errors.csv"),
        )
    },
}


# What a phone and Google name, on routes that they have laid down themselves.
_OF_WALLETS = {
    "device_library_id": "a-phone",
    "pass_type_id": "pass.example.loyalty",
    "serial_number": "482915036274",
}


def is_of_wallets(route: Route) -> bool:
    """Return whether Apple or Google has laid down what the route takes and answers."""
    return route[1].startswith((f"{_OPEN}/apple/", f"{_OPEN}/google/"))


def path_of(route: Route, stock: Stock) -> str:
    """Return the route's path below /api/v1, about this shop's things."""
    chosen = _OTHER_PATHS.get(route, {})
    named = {**_OF_WALLETS, **stock, **{name: stock[other] for name, other in chosen.items()}}
    return route[1].removeprefix("/api/v1").format_map(named)


def request_of(route: Route, stock: Stock) -> dict[str, Any]:
    """Return the arguments of `Api.call` that make the route's good request."""
    request: dict[str, Any] = {"method": route[0], "path": path_of(route, stock)}
    if body := BODIES.get(route):
        request["json"] = body(stock)
    if route in FILES:
        request["content"] = FILES[route]
    if query := QUERIES.get(route):
        request["params"] = query(stock)
    return request
