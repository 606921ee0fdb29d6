"""The `webhooks` of the OpenAPI document: what a shop's own software is sent, type by type."""

from typing import Any, Final

from fastapi import FastAPI
from pydantic.json_schema import models_json_schema

from punchcard.api.schemas.connections.vendor_events import DATA_OF
from punchcard.loyalty.vocabulary import VendorEventType

_REF: Final = "#/components/schemas/{model}"
_HEADERS: Final = (
    ("webhook-id", "Names the event: the same in every attempt.", "string"),
    ("webhook-timestamp", "When it is sent, in seconds since 1970.", "integer"),
    ("webhook-signature", "`v1,` and the signature in base64; two have a space between.", "string"),
)
_RESPONSES: Final = {
    "2XX": {"description": "Taken. Everything else is tried again, but for 410."},
    "410": {"description": "Switches the endpoint off."},
}


def install(app: FastAPI) -> None:
    """Make `app` describe what it sends; call it before `openapi.install` completes."""
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        return add_webhooks(plain())

    app.openapi = openapi  # type: ignore[method-assign] # FastAPI's own way to extend it


def add_webhooks(document: dict[str, Any]) -> dict[str, Any]:
    """Add every type of event to the document, with the schema of its `data`."""
    models = sorted(set(DATA_OF.values()), key=lambda model: model.__name__)
    wanted = [(model, "serialization") for model in models]
    _, schemas = models_json_schema(wanted, ref_template=_REF)  # type: ignore[arg-type] # literals
    known = document.setdefault("components", {}).setdefault("schemas", {})
    for name, schema in schemas["$defs"].items():
        known.setdefault(name, schema)
    document["webhooks"] = {str(kind): {"post": _described(kind)} for kind in DATA_OF}
    return document


def _described(kind: VendorEventType) -> dict[str, Any]:
    body = {
        "type": "object",
        "required": ["type", "timestamp", "data"],
        "properties": {
            "type": {"const": str(kind)},
            "timestamp": {"type": "string", "format": "date-time"},
            "data": {"$ref": _REF.format(model=DATA_OF[kind].__name__)},
        },
    }
    return {
        "tags": ["Webhooks"],
        "summary": str(kind),
        "description": DATA_OF[kind].__doc__,
        "operationId": f"webhook_{kind.replace('.', '_')}",
        "parameters": [_header(*header) for header in _HEADERS],
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": _RESPONSES,
    }


def _header(name: str, told: str, type_: str) -> dict[str, Any]:
    schema = {"type": type_}
    return {"name": name, "in": "header", "required": True, "description": told, "schema": schema}
