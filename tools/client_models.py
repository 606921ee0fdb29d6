"""`make client`: write the models of the Python client from the OpenAPI document.

Each schema that the client's routes take or give becomes a `TypedDict`; what the document may say
is little, so this reads exactly that and refuses all else.
"""

import keyword
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final, cast

from fastapi import FastAPI

from punchcard.api.application import prepare
from punchcard.context import Context
from punchcard.main import FAST_ROUTES, ROUTERS

ROOT: Final = Path(__file__).parent.parent
TO: Final = ROOT / "clients" / "python" / "src" / "punchcard_client" / "models.py"
_LOYALTY: Final = "/api/v1/vendor/loyalty"
OPERATIONS: Final = (
    ("get", f"{_LOYALTY}/programs"),
    ("get", f"{_LOYALTY}/programs/{{program_id}}"),
    ("get", f"{_LOYALTY}/programs/{{program_id}}/rewards"),
    ("get", f"{_LOYALTY}/programs/{{program_id}}/promotions"),
    ("get", f"{_LOYALTY}/programs/{{program_id}}/stats"),
    ("get", f"{_LOYALTY}/cards"),
    ("post", f"{_LOYALTY}/cards"),
    ("get", f"{_LOYALTY}/cards/{{card_id}}"),
    ("post", f"{_LOYALTY}/cards/lookup"),
    ("get", f"{_LOYALTY}/transactions"),
    ("post", f"{_LOYALTY}/stamp"),
    ("post", f"{_LOYALTY}/stamp/redeem"),
    ("post", f"{_LOYALTY}/visit"),
    ("post", f"{_LOYALTY}/points/earn"),
    ("post", f"{_LOYALTY}/points/redeem"),
    ("post", f"{_LOYALTY}/points/refund"),
    ("post", f"{_LOYALTY}/transactions/{{transaction_id}}/void"),
    ("post", f"{_LOYALTY}/operations"),
    ("post", f"{_LOYALTY}/claims"),
)
"""The routes that the client has a method for."""

_REF: Final = "#/components/schemas/"
_PLAIN: Final = {
    "string": "str",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "null": "None",
}
_HEAD: Final = '''\
"""What the server takes and gives, made from its OpenAPI document by `make client`."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict
'''


def openapi_document() -> dict[str, Any]:
    """Return the document that a server gives, without a server."""
    app = FastAPI(title="Punchcard")
    nothing = cast(Context, SimpleNamespace())
    prepare(app, nothing, ROUTERS, FAST_ROUTES)
    return app.openapi()


def models_of(document: dict[str, Any]) -> str:
    """Return the module's text. Raises LookupError for what this does not know how to write."""
    schemas = document["components"]["schemas"]
    reached: set[str] = set()
    for method, path in OPERATIONS:
        operation = document["paths"][path][method]
        answers = [told for status, told in operation["responses"].items() if status[0] == "2"]
        _reach([operation.get("requestBody"), answers], schemas, reached)
    names = [_name(one) for one in reached]
    if len(set(names)) < len(names):
        raise LookupError("two schemas would bear the same name")
    parts = [_HEAD, *(_model(one, schemas[one]) for one in sorted(reached, key=_name))]
    return _laid_out("\n\n".join(parts))


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


def _model(name: str, schema: dict[str, Any]) -> str:
    if schema.get("type") != "object" or "properties" not in schema:
        raise LookupError(f"{name} is no object with fields")
    told = (schema.get("description") or f"{_name(name)}, as the server gives it.").strip()
    required = schema.get("required", [])
    fields = {
        field: _type(one) if field in required else f"NotRequired[{_type(one)}]"
        for field, one in schema["properties"].items()
    }
    if any(not field.isidentifier() or keyword.iskeyword(field) for field in fields):
        inner = ", ".join(f'"{field}": {_quoted(kind)}' for field, kind in fields.items())
        return f'{_name(name)} = TypedDict("{_name(name)}", {{{inner}}})'
    lines = [f"    {field}: {kind}" for field, kind in fields.items()]
    first = told.splitlines()[0].replace('"""', "'''")
    return "\n".join([f"class {_name(name)}(TypedDict):", f'    """{first}"""', "", *lines])


def _quoted(kind: str) -> str:
    """Return a type as text, which may name a model that stands below."""
    return "'" + kind.replace("'", '"') + "'"


def _type(schema: Any) -> str:
    if not schema or schema is True:
        return "Any"
    if "$ref" in schema:
        return _name(schema["$ref"].removeprefix(_REF))
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return " | ".join(dict.fromkeys(_type(one) for one in schema[several]))
    if "const" in schema:
        return f"Literal[{schema['const']!r}]"
    if "enum" in schema:
        return f"Literal[{', '.join(repr(one) for one in schema['enum'])}]"
    return _type_by_word(schema)


def _type_by_word(schema: dict[str, Any]) -> str:
    word = schema.get("type")
    if word == "array":
        return f"list[{_type(schema.get('items'))}]"
    if word == "object":
        return f"dict[str, {_type(schema.get('additionalProperties'))}]"
    if isinstance(word, str) and word in _PLAIN:
        return _PLAIN[word]
    raise LookupError(f"no type is known for {schema}")


def _name(name: str) -> str:
    """Return a schema's name in Python: `Listed_Card_` is `ListedCard`."""
    return "".join(name.split("_"))


def _laid_out(text: str) -> str:
    ruff = str(Path(sys.executable).with_name("ruff"))
    path = ["--stdin-filename", str(TO)]
    for words in (["check", "--fix", "--quiet", "--exit-zero", *path], ["format", *path]):
        text = subprocess.run(
            [ruff, *words, "-"], input=text, capture_output=True, text=True, check=True, cwd=ROOT
        ).stdout
    return text


if __name__ == "__main__":
    TO.write_text(models_of(openapi_document()), encoding="utf-8")
