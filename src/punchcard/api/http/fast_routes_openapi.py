"""How the fast routes stand in the OpenAPI document, which the framework can't know of."""

from collections.abc import Sequence
from typing import Any, Final

from fastapi import FastAPI
from pydantic.json_schema import models_json_schema

from punchcard.api.http.fast_routes import FastRoute
from punchcard.api.http.openapi import problems

_REF: Final = "#/components/schemas/{model}"
_REFUSALS: Final = (404, 409, 423, 429)


def install(app: FastAPI, routes: Sequence[FastRoute]) -> None:
    """Make `app` describe `routes` beside its own; call it before `openapi.install` completes."""
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        return add_fast_routes(plain(), routes)

    app.openapi = openapi  # type: ignore[method-assign] # FastAPI's own way to extend it


def add_fast_routes(document: dict[str, Any], routes: Sequence[FastRoute]) -> dict[str, Any]:
    """Add the paths and schemas of `routes` to the document."""
    models = {route.request for route in routes} | {route.response for route in routes}
    wanted = [(model, "validation") for model in sorted(models, key=lambda model: model.__name__)]
    _, schemas = models_json_schema(wanted, ref_template=_REF)  # type: ignore[arg-type] # literals
    known = document.setdefault("components", {}).setdefault("schemas", {})
    for name, schema in schemas["$defs"].items():
        known.setdefault(name, schema)
    for route in routes:
        document["paths"].setdefault(route.path, {})["post"] = _described(route)
    return document


def _described(route: FastRoute) -> dict[str, Any]:
    response = {
        "description": "Done.",
        "content": {"application/json": {"schema": _ref(route.response.__name__)}},
    }
    return {
        "tags": ["till"],
        "summary": route.summary,
        "operationId": _operation_id(route.path),
        "parameters": _path_parameters(route.path),
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": _ref(route.request.__name__)}},
        },
        "responses": {
            str(route.status): response,
            **{str(status): refusal for status, refusal in problems(*_REFUSALS).items()},
        },
    }


def _path_parameters(path: str) -> list[dict[str, Any]]:
    schema = {"type": "string", "format": "uuid"}
    return [
        {"name": part.strip("{}"), "in": "path", "required": True, "schema": schema}
        for part in path.split("/")
        if part.startswith("{")
    ]


def _operation_id(path: str) -> str:
    name = path.rsplit("/loyalty/", 1)[-1].replace("/", "_")
    return "till_" + name.replace("{", "").replace("}", "")


def _ref(name: str) -> dict[str, str]:
    return {"$ref": _REF.format(model=name)}
