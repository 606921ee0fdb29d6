"""The OpenAPI document: what the framework can't know is added from the same tables it obeys."""

import re
from collections.abc import Iterator
from typing import Any, Final

from fastapi import FastAPI

from punchcard import __version__
from punchcard.accounts.subjects import AccessRule
from punchcard.api.http.idempotency import HEADER, PATHS_WITHOUT_KEYS, REPLAYED_HEADER
from punchcard.api.http.permissions import ACCESS
from punchcard.api.http.preconditions import HEADER as IF_MATCH
from punchcard.api.http.problems import MEDIA_TYPE

_PROBLEM: Final[dict[str, Any]] = {
    "type": "object",
    "description": "What went wrong (RFC 9457), with the facts that belong to its `code`.",
    "required": ["type", "title", "status", "detail", "code", "request_id"],
    "properties": {
        "type": {"type": "string", "examples": ["urn:problem-type:punchcard:not_allowed"]},
        "title": {"type": "string", "examples": ["Not allowed"]},
        "status": {"type": "integer", "examples": [403]},
        "detail": {"type": "string", "examples": ["You are not allowed to do this."]},
        "code": {"type": "string", "examples": ["not_allowed"]},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["loc", "message"],
                "properties": {
                    "loc": {"type": "array", "items": {"type": ["string", "integer"]}},
                    "message": {"type": "string"},
                },
            },
        },
    },
}
_WORDS: Final[dict[int, str]] = {
    400: "The body is not JSON.",
    401: "Nobody is signed in, or the credentials are not valid.",
    403: "The caller may not do this.",
    404: "There is no such thing, or it is another vendor's.",
    409: "A rule refuses it, or it conflicts with what is there.",
    412: "It is no longer what `If-Match` names.",
    413: "The body is too large.",
    422: "A field is not valid, or an idempotency key was used for another request.",
    423: "Locked for a while; see `Retry-After`.",
    429: "Too many requests; see `Retry-After`.",
    503: "Busy; try again after `Retry-After` seconds.",
}
_WAITING: Final = frozenset({423, 429, 503})
_IDEMPOTENCY_KEY: Final[dict[str, Any]] = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "description": "The same key with the same request gives the same response again.",
    "schema": {"type": "string", "pattern": "^[!-~]{1,128}$", "maxLength": 128},
}
_IF_MATCH: Final[dict[str, Any]] = {
    "name": IF_MATCH,
    "in": "header",
    "required": False,
    "description": "The `ETag` of what was read: nothing changes if it is something else by now.",
    "schema": {"type": "string", "maxLength": 1000},
}
_ETAG: Final[dict[str, Any]] = {
    "description": "Names this state of it, for `If-Match`.",
    "schema": {"type": "string"},
}
# A list's items carry keys of their own.
_WITHOUT_KEYS: Final = {"/api/v1/vendor/loyalty/operations", *PATHS_WITHOUT_KEYS}
_COMPONENTS: Final = "#/components/schemas/"
# In code a schema is told from the thing by its name's end, also inside of a list of such.
_SCHEMA_ENDING: Final = re.compile(r"(?<=\w)Schema(?=[_\]]|$)")
_METHODS: Final = frozenset({"get", "post", "put", "patch", "delete"})


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return `responses=` for the refusals that are a route's own; common ones are added to all."""
    return {status: _problem_response(status) for status in statuses}


def install(app: FastAPI) -> None:
    """Make `app` serve the completed document; it is made at the first call."""
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = complete(plain())
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign] # FastAPI's own way to extend it


def complete(document: dict[str, Any]) -> dict[str, Any]:
    """Add to every operation what all of its kind share: refusals, credentials, key.

    Components lose the `Schema` at the end of their names: `VendorSchema` is `Vendor` to clients.
    Raises LookupError when two would then bear the same name.
    """
    document = with_public_names(document)
    document["info"]["version"] = __version__
    parts = document.setdefault("components", {})
    schemas = parts.setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas["Problem"] = _PROBLEM
    for method, path, operation in _operations(document):
        rule = ACCESS.get((method, path))
        if rule is not None:
            _complete_operation(method, path, operation, rule)
        elif "422" in operation["responses"]:
            operation["responses"]["422"] = _problem_response(422)
    return document


def _complete_operation(
    method: str, path: str, operation: dict[str, Any], rule: AccessRule
) -> None:
    responses = operation["responses"]
    for status in _common(method, operation, is_public=rule.is_public):
        if status == 422 or str(status) not in responses:
            responses[str(status)] = _problem_response(status)
    if not rule.is_public:
        operation["security"] = [{"bearer": []}]
    if rule.any_of:
        needed = " or ".join(f"`{permission}`" for permission in sorted(rule.any_of))
        told = operation.get("description", "")
        operation["description"] = f"{told}\n\nNeeds {needed}.".strip()
    if ("PATCH", path) in ACCESS and method in ("GET", "PATCH"):
        _add_etag(method, operation)
    if method == "POST" and path.startswith("/api/v1/vendor") and path not in _WITHOUT_KEYS:
        _add_idempotency(operation)


def with_public_names(document: dict[str, Any]) -> dict[str, Any]:
    """Return the document with `Schema` dropped from the ends of components' names and titles.

    Raises LookupError when two components would then bear the same name.
    """
    renamed: dict[str, Any] = _with_public_references(document)
    schemas = renamed.get("components", {}).get("schemas", {})
    public: dict[str, Any] = {}
    for name, schema in schemas.items():
        new = _SCHEMA_ENDING.sub("", name)
        if new in public:
            raise LookupError(f"two schemas would be called {new} in the OpenAPI document")
        if "title" in schema:
            schema["title"] = _SCHEMA_ENDING.sub("", schema["title"])
        public[new] = schema
    if schemas:
        renamed["components"]["schemas"] = public
    return renamed


def _with_public_references(part: Any) -> Any:
    """Return a copy of a part of the document that refers to components by their public names."""
    if isinstance(part, dict):
        return {name: _with_public_references(value) for name, value in part.items()}
    if isinstance(part, list):
        return [_with_public_references(value) for value in part]
    if isinstance(part, str) and part.startswith(_COMPONENTS):
        return _SCHEMA_ENDING.sub("", part)
    return part


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document.get("paths", {}).items():
        for method, operation in methods.items():
            if method in _METHODS:
                yield method.upper(), path, operation


def _common(method: str, operation: dict[str, Any], *, is_public: bool) -> list[int]:
    common = [422, 503]
    if "requestBody" in operation:
        common.append(400)
    if method in ("POST", "PATCH", "PUT"):
        # Also where no body is read: one may be sent.
        common.append(413)
    if any(parameter["in"] == "path" for parameter in operation.get("parameters", [])):
        common.append(404)
    return [*common, 429] if is_public else [*common, 401, 403, 429]


def _problem_response(status: int) -> dict[str, Any]:
    response: dict[str, Any] = {
        "description": _WORDS[status],
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    if status in _WAITING:
        seconds = {"description": "Seconds to wait.", "schema": {"type": "integer"}}
        response["headers"] = {"Retry-After": seconds}
    return response


def _add_etag(method: str, operation: dict[str, Any]) -> None:
    operation["responses"]["200"].setdefault("headers", {})["ETag"] = _ETAG
    if method == "PATCH":
        operation.setdefault("parameters", []).append(_IF_MATCH)
        operation["responses"]["412"] = _problem_response(412)


def _add_idempotency(operation: dict[str, Any]) -> None:
    parameters = operation.setdefault("parameters", [])
    if all(parameter.get("name") != HEADER for parameter in parameters):
        parameters.append(_IDEMPOTENCY_KEY)
    told = {
        "description": "`true` when this response was given before.",
        "schema": {"type": "string"},
    }
    for status, response in operation["responses"].items():
        if status.startswith("2"):
            response.setdefault("headers", {})[REPLAYED_HEADER] = told
