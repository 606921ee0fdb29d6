"""Another vendor's data does not exist: its ids are answered like ids that nothing ever had.

Not only in the first part of a path: in each part, each field of a body, and each filter of a list.
"""

import json
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import pytest

from tests.contract.conftest import Stage
from tests.contract.world import Stock

_FOREIGN: Final = "<foreign>"
_LOYALTY: Final = "/vendor/loyalty"
_PROGRAM: Final = f"{_LOYALTY}/programs/{{points_program_id}}"

NOTHINGS: Final = {
    "number": "999999999995",
    "token": "nQ3vXo0b5cY2kq9T1aZ8Lw",
    "public_url": "http://127.0.0.1:8000/c/nQ3vXo0b5cY2kq9T1aZ8Lw",
}
"""What stands for each kind of name and was never given to anything; an id otherwise."""
NO_ID: Final = str(UUID(int=0x019CAC1E_7B00_7000_8000_0000DEADBEEF))


@dataclass(frozen=True)
class Asked:
    """A good request of Bob's but for one place, where `thing` of Alice's stands."""

    thing: str
    method: str
    path: str
    body: Any = None
    params: dict[str, str] | None = None

    def __str__(self) -> str:
        """Return it as tests are named."""
        place = json.dumps(self.body or self.params or "path")
        return f"{self.thing} in {self.method} {self.path} {place}".replace("/vendor/loyalty", "")


def _in_bodies() -> list[Asked]:
    operations: list[tuple[str, dict[str, Any], tuple[str, ...]]] = [
        ("/stamp", {"card": "{card_id}"}, ("location_id", "import_id")),
        ("/visit", {"card": "{card_id}", "stamps": 1}, ("location_id", "import_id")),
        ("/visit/quote", {"card": "{card_id}", "stamps": 1}, ("location_id", "import_id")),
        ("/stamp/redeem", {"card": "{card_id}"}, ("location_id",)),
        (
            "/points/earn",
            {"card": "{points_card_id}", "amount_minor": 5},
            ("location_id", "import_id"),
        ),
        (
            "/points/quote",
            {"card": "{points_card_id}", "amount_minor": 5},
            ("location_id", "import_id"),
        ),
        (
            "/points/redeem",
            {"card": "{points_card_id}", "reward_id": "{reward_id}"},
            ("location_id", "reward_id"),
        ),
        (
            "/points/adjust",
            {"card": "{points_card_id}", "points_delta": 1, "reason": "x"},
            ("location_id",),
        ),
        (
            "/points/refund",
            {
                "transaction_id": "{points_transaction_id}",
                "amount_minor": 1,
                "refund_reference": "r",
            },
            ("location_id", "transaction_id"),
        ),
        ("/transactions/{transaction_id}/void", {"reason": "x"}, ("location_id",)),
        (
            "/grants",
            {"card": "{points_card_id}", "reward_id": "{reward_id}", "reason": "apology"},
            ("location_id", "reward_id"),
        ),
        (
            "/grants/redeem",
            {"card": "{points_card_id}", "grant_id": "{grant_id}"},
            ("location_id", "grant_id"),
        ),
        ("/grants/{grant_id}/revoke", {"note": "x"}, ("location_id",)),
        (
            "/reservations",
            {"card": "{points_card_id}", "reward_id": "{reward_id}"},
            ("location_id", "reward_id"),
        ),
        (
            "/reservations",
            {"card": "{points_card_id}", "grant_id": "{grant_id}"},
            ("location_id", "grant_id"),
        ),
        ("/reservations/{reservation_id}/confirm", {}, ("location_id",)),
        ("/reservations/{reservation_id}/release", {}, ("location_id",)),
        (
            "/cards/{card_id}/merge",
            {"from_card_id": "{found_card_id}"},
            ("location_id", "from_card_id"),
        ),
        ("/cards/{card_id}/merge/preview", {"from_card_id": "{found_card_id}"}, ("from_card_id",)),
        ("/cards", {"program_id": "{program_id}"}, ("location_id", "import_id", "program_id")),
        ("/pins", {"name": "Carl", "pin": "5937"}, ("program_id",)),
        (
            "/claims",
            {"program_id": "{points_program_id}", "reference": "r 9", "amount_minor": 10},
            ("location_id", "program_id"),
        ),
        (
            "/receipt-keys",
            {"name": "Till 9", "program_id": "{points_program_id}"},
            ("location_id", "program_id"),
        ),
    ]
    of_cards = {"from_card_id": "found_card_id", "transaction_id": "points_transaction_id"}
    asked = [
        Asked(of_cards.get(field, field), "POST", _LOYALTY + path, {**body, field: _FOREIGN})
        for path, body, fields in operations
        for field in fields
    ]
    asked += [
        Asked(name, "POST", _LOYALTY + path, {**body, "card": _FOREIGN})
        for path, body, _ in operations
        if "card" in body
        for name in ("card_id", "points_card_id", "number", "token", "public_url")
    ]
    return asked


def _in_lists_of_operations() -> list[Asked]:
    items: list[tuple[str, str, dict[str, Any], str]] = [
        ("card_id", "stamp", {}, "card"),
        ("location_id", "stamp", {"card": "{card_id}"}, "location_id"),
        ("import_id", "stamp", {"card": "{card_id}"}, "import_id"),
        ("points_card_id", "earn", {"amount_minor": 5}, "card"),
        ("reward_id", "redeem_points", {"card": "{points_card_id}"}, "reward_id"),
        ("transaction_id", "void", {"reason": "x"}, "transaction_id"),
        (
            "points_transaction_id",
            "refund",
            {"amount_minor": 1, "refund_reference": "r"},
            "transaction_id",
        ),
        ("grant_id", "redeem_grant", {"card": "{points_card_id}"}, "grant_id"),
    ]
    return [
        Asked(
            thing,
            "POST",
            f"{_LOYALTY}/operations",
            {"operations": [{"op": op, "idempotency_key": "one", **fields, place: _FOREIGN}]},
        )
        for thing, op, fields, place in items
    ]


def _in_set_ups() -> list[Asked]:
    terms = {"points": 5}
    tier = {"key": "gold", "name": "Gold", "threshold": 0, "grants": [_FOREIGN]}
    automation = {"trigger": "first_visit", "action": "grant", "reward_id": _FOREIGN}
    integration = {"program_id": "{points_program_id}", "kind": "generic"}
    promotion = {"name": "Double", "effect": {"kind": "multiply", "factor": "2.000"}}
    integrations = "/vendor/integrations"
    one = f"{integrations}/{{integration_id}}"
    referral = {"referral": {"referrer": {"reward_id": _FOREIGN}, "friend": terms}}
    return [
        Asked("location_id", "POST", "/vendor/devices/pairing-codes", {"location_id": _FOREIGN}),
        Asked("location_id", "PATCH", "/vendor/devices/{device_id}", {"location_id": _FOREIGN}),
        Asked("points_program_id", "POST", integrations, {**integration, "program_id": _FOREIGN}),
        Asked("location_id", "POST", integrations, {**integration, "location_id": _FOREIGN}),
        Asked("location_id", "PATCH", one, {"location_id": _FOREIGN}),
        Asked("card_id", "POST", f"{one}/events/{{event_id}}/assign", {"card": _FOREIGN}),
        Asked("reward_id", "PATCH", _PROGRAM, referral),
        Asked("reward_id", "PATCH", _PROGRAM, {"tiers": [tier]}),
        Asked("reward_id", "POST", f"{_PROGRAM}/tiers/preview", {"tiers": [tier]}),
        Asked(
            "location_id",
            "POST",
            f"{_PROGRAM}/promotions",
            {**promotion, "location_ids": [_FOREIGN]},
        ),
        Asked(
            "location_id", "POST", f"{_PROGRAM}/promotions", {**promotion, "segment_id": _FOREIGN}
        ),
        Asked(
            "location_id",
            "PATCH",
            f"{_PROGRAM}/promotions/{{promotion_id}}",
            {"location_ids": [_FOREIGN]},
        ),
        Asked("reward_id", "POST", f"{_PROGRAM}/automations", automation),
        Asked("reward_id", "POST", f"{_PROGRAM}/automations/preview", automation),
        Asked(
            "reward_id",
            "PATCH",
            f"{_PROGRAM}/automations/{{automation_id}}",
            {"reward_id": _FOREIGN},
        ),
        Asked("program_id", "PATCH", f"{_LOYALTY}/pins/{{pin_id}}", {"program_id": _FOREIGN}),
    ]


def _in_filters() -> list[Asked]:
    of_entries = ("program_id", "card_id", "staff_pin_id", "location_id")
    lists = {
        f"{_LOYALTY}/transactions": of_entries,
        f"{_LOYALTY}/exports/transactions.csv": of_entries,
        f"{_LOYALTY}/exports/cards.csv": ("program_id",),
        f"{_LOYALTY}/cards": ("program_id",),
        f"{_LOYALTY}/referrals": ("program_id",),
        f"{_LOYALTY}/staff-report": ("program_id",),
        f"{_LOYALTY}/exports/staff-report.csv": ("program_id",),
    }
    asked = [
        Asked(name.replace("staff_pin_id", "pin_id"), "GET", path, params={name: _FOREIGN})
        for path, names in lists.items()
        for name in names
    ]
    asked += [
        Asked(name, "GET", f"{_LOYALTY}/cards/lookup", params={"code": _FOREIGN})
        for name in ("card_id", "number", "token", "public_url")
    ]
    return asked


def _in_paths() -> list[Asked]:
    """Return those where the first thing of the path is Bob's own and the next is not."""
    hook, one = "/vendor/webhook-endpoints/{endpoint_id}", "/vendor/integrations/{integration_id}"
    promotion, automation = f"{_PROGRAM}/promotions", f"{_PROGRAM}/automations"
    days = {"from": "2026-01-01", "to": "2026-12-31"}
    return [
        Asked("delivery_id", "POST", f"{hook}/deliveries/{_FOREIGN}/retry"),
        Asked("event_id", "POST", f"{one}/events/{_FOREIGN}/retry"),
        Asked("event_id", "POST", f"{one}/events/{_FOREIGN}/assign", {"card": "{card_id}"}),
        *(
            Asked("promotion_id", method, f"{promotion}/{_FOREIGN}", body)
            for method, body in (("GET", None), ("PATCH", {"name": "x"}), ("DELETE", None))
        ),
        Asked("promotion_id", "POST", f"{promotion}/{_FOREIGN}/simulate", days),
        *(
            Asked("automation_id", method, f"{automation}/{_FOREIGN}", body)
            for method, body in (("GET", None), ("PATCH", {"points": 6}), ("DELETE", None))
        ),
        Asked("automation_id", "GET", f"{automation}/{_FOREIGN}/results"),
        Asked("points_program_id", "GET", f"{_LOYALTY}/programs/{_FOREIGN}/liability"),
        Asked("points_program_id", "GET", f"{_LOYALTY}/programs/{_FOREIGN}/wallet"),
        Asked(
            "points_program_id",
            "GET",
            f"{_LOYALTY}/programs/{_FOREIGN}/promotions/{{promotion_id}}",
        ),
        Asked(
            "points_program_id",
            "GET",
            f"{_LOYALTY}/programs/{_FOREIGN}/automations/{{automation_id}}",
        ),
        Asked("secret", "POST", f"/hooks/generic/{{integration_id}}/{_FOREIGN}", {"id": 1}),
        Asked("integration_id", "POST", f"/hooks/generic/{_FOREIGN}/{{secret}}", {"id": 1}),
    ]


ALL = [
    *_in_bodies(),
    *_in_lists_of_operations(),
    *_in_set_ups(),
    *_in_filters(),
    *_in_paths(),
]


@pytest.mark.parametrize("asked", ALL, ids=str)
def test_anothers_id_is_answered_as_one_that_nothing_has(either_stage: Stage, asked: Asked) -> None:
    world = either_stage.world
    nothing = _answer(either_stage, asked, NOTHINGS.get(asked.thing, NO_ID))

    assert _answer(either_stage, asked, world.alices[asked.thing]) == nothing
    assert nothing[0] < 500


def _answer(stage: Stage, asked: Asked, name: str) -> tuple[int, str]:
    """Return what Bob's owner is answered, but for the name itself."""
    own = stage.world.bobs
    bob = stage.api.with_token(stage.world.bob["owner"])
    path = _filled(asked.path, own, name)
    request: dict[str, Any] = {
        "method": asked.method,
        "path": path,
        "headers": {"X-Request-ID": "the-same"},
    }
    if asked.body is not None:
        request["json"] = _filled(asked.body, own, name)
    if asked.params is not None:
        request["params"] = _filled(asked.params, own, name)
    answer = bob.call(**request)
    return answer.status_code, answer.text.replace(name, _FOREIGN)


def _filled(part: Any, own: Stock, name: str) -> Any:
    if isinstance(part, str):
        return part.replace(_FOREIGN, "\0").format_map(own).replace("\0", name)
    if isinstance(part, dict):
        return {key: _filled(value, own, name) for key, value in part.items()}
    if isinstance(part, list):
        return [_filled(value, own, name) for value in part]
    return part
