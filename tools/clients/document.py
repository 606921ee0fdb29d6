"""What of the OpenAPI document the clients know: the routes they have a method for, the events."""

from collections.abc import Iterator, Sequence
from types import SimpleNamespace
from typing import Any, Final, cast

from fastapi import FastAPI

from punchcard.api.application import prepare
from punchcard.context import Context
from punchcard.main import FAST_ROUTES, ROUTERS

Operation = tuple[str, str]
"""A route: its method in small letters, and its path."""

_LOYALTY: Final = "/api/v1/vendor/loyalty"
_OPEN: Final = "/api/v1/loyalty"
OPERATIONS: Final[Sequence[Operation]] = (
    ("get", f"{_LOYALTY}/programs"),
    ("get", f"{_LOYALTY}/programs/{{program_id}}"),
    ("get", f"{_LOYALTY}/programs/{{program_id}}/rewards"),
    ("get", f"{_LOYALTY}/programs/{{program_id}}/promotions"),
    ("get", f"{_LOYALTY}/programs/{{program_id}}/stats"),
    ("get", f"{_LOYALTY}/cards"),
    ("post", f"{_LOYALTY}/cards"),
    ("get", f"{_LOYALTY}/cards/{{card_id}}"),
    ("post", f"{_LOYALTY}/cards/lookup"),
    ("get", f"{_LOYALTY}/cards/{{card_id}}/grants"),
    ("get", f"{_LOYALTY}/cards/{{card_id}}/reservations"),
    ("get", f"{_LOYALTY}/transactions"),
    ("post", f"{_LOYALTY}/stamp"),
    ("post", f"{_LOYALTY}/stamp/redeem"),
    ("post", f"{_LOYALTY}/visit"),
    ("post", f"{_LOYALTY}/visit/quote"),
    ("post", f"{_LOYALTY}/points/earn"),
    ("post", f"{_LOYALTY}/points/quote"),
    ("post", f"{_LOYALTY}/points/redeem"),
    ("post", f"{_LOYALTY}/points/refund"),
    ("post", f"{_LOYALTY}/transactions/{{transaction_id}}/void"),
    ("post", f"{_LOYALTY}/operations"),
    ("post", f"{_LOYALTY}/grants"),
    ("post", f"{_LOYALTY}/grants/redeem"),
    ("post", f"{_LOYALTY}/grants/{{grant_id}}/revoke"),
    ("post", f"{_LOYALTY}/reservations"),
    ("get", f"{_LOYALTY}/reservations/{{reservation_id}}"),
    ("post", f"{_LOYALTY}/reservations/{{reservation_id}}/confirm"),
    ("post", f"{_LOYALTY}/reservations/{{reservation_id}}/release"),
    ("get", f"{_LOYALTY}/claims"),
    ("post", f"{_LOYALTY}/claims"),
    ("get", f"{_LOYALTY}/claims/{{claim_id}}"),
    ("post", f"{_LOYALTY}/claims/{{claim_id}}/withdraw"),
    ("get", f"{_OPEN}/programs/{{slug}}"),
    ("get", f"{_OPEN}/cards/{{token}}"),
    ("get", f"{_OPEN}/cards/{{token}}/transactions"),
    ("post", f"{_OPEN}/cards/{{token}}/claims"),
)
"""The routes that the clients have a method for."""

_REF: Final = "#/components/schemas/"


def openapi_document() -> dict[str, Any]:
    """Return the document that a server gives, without a server."""
    app = FastAPI(title="Punchcard")
    nothing = cast(Context, SimpleNamespace())
    prepare(app, nothing, ROUTERS, FAST_ROUTES)
    return app.openapi()


def reached_schemas(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return by name what the clients' routes and the webhooks take and give, in order.

    Raises LookupError if two of them would bear the same name.
    """
    schemas = document["components"]["schemas"]
    reached: set[str] = set()
    for method, path in OPERATIONS:
        operation = document["paths"][path][method]
        answers = [told for status, told in operation["responses"].items() if status[0] == "2"]
        _reach([operation.get("requestBody"), answers], schemas, reached)
    _reach(list(document["webhooks"].values()), schemas, reached)
    named = {plain_name(one): schemas[one] for one in sorted(reached, key=plain_name)}
    if len(named) < len(reached):
        raise LookupError("two schemas would bear the same name")
    for name, schema in named.items():
        if schema.get("type") != "object" or "properties" not in schema:
            raise LookupError(f"{name} is no object with fields")
    return named


def events(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Give each type of event that webhooks send, and the name of what its `data` holds."""
    for kind, described in document["webhooks"].items():
        body = described["post"]["requestBody"]["content"]["application/json"]["schema"]
        yield kind, named_by(body["properties"]["data"])


def event_name(kind: str) -> str:
    """Return what an event is called among types: `reward.ready` is `RewardReadyEvent`."""
    return "".join(word.capitalize() for word in kind.split(".")) + "Event"


def described_as(name: str, schema: dict[str, Any]) -> str:
    """Return the first line that the document says of a schema."""
    told = (schema.get("description") or f"{name}, as the server gives it.").strip()
    return str(told.splitlines()[0])


def named_by(reference: dict[str, Any]) -> str:
    """Return the name of the schema that a `$ref` leads to."""
    return plain_name(reference["$ref"].removeprefix(_REF))


def plain_name(name: str) -> str:
    """Return a schema's name as a type's: `Listed_Card_` is `ListedCard`."""
    return "".join(name.split("_"))


def _reach(part: Any, schemas: dict[str, Any], reached: set[str]) -> None:
    """Add to `reached` the names of all schemas that `part` leads to."""
    for name in _references(part):
        if name not in reached:
            reached.add(name)
            _reach(schemas[name], schemas, reached)


def _references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(reference := part.get("$ref"), str):
            yield reference.removeprefix(_REF)
        for value in part.values():
            yield from _references(value)
    elif isinstance(part, list):
        for value in part:
            yield from _references(value)
