"""The models of the Python client, written from the OpenAPI document.

Each schema that the clients' routes take or give, and each event that webhooks send, becomes a
`TypedDict`; what the document may say is little, so this reads exactly that and refuses all else.
"""

import keyword
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from tools.clients.document import described_as, event_name, events, reached_schemas
from tools.clients.spelling import Spelling

ROOT: Final = Path(__file__).parents[2]
TO: Final = ROOT / "clients" / "python" / "src" / "punchcard_client" / "models.py"
_SPELLING: Final = Spelling(
    anything="Any",
    plain={
        "string": "str",
        "integer": "int",
        "number": "float",
        "boolean": "bool",
        "null": "None",
    },
    array="list[{}]",
    mapping="dict[str, {}]",
    literals=lambda values: f"Literal[{', '.join(map(repr, values))}]",
)
_HEAD: Final = '''\
"""What the server takes, gives and sends, made from its OpenAPI document by `make client`."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict
'''


def models_of(document: dict[str, Any]) -> str:
    """Return the module's text. Raises LookupError for what this does not know how to write."""
    schemas = reached_schemas(document)
    told = [_event(kind, data) for kind, data in events(document)]
    union = " | ".join(event_name(kind) for kind, _ in events(document))
    last = f'WebhookEvent = {union}\n"""What a webhook sends; `type` tells them apart."""'
    parts = [_HEAD, *(_model(name, schema) for name, schema in schemas.items()), *told, last]
    return _laid_out("\n\n".join(parts))


def _event(kind: str, data: str) -> str:
    lines = [f'    type: Literal["{kind}"]', "    timestamp: str", f"    data: {data}"]
    head = [f"class {event_name(kind)}(TypedDict):", f'    """`{kind}`, as a webhook tells it."""']
    return "\n".join([*head, "", *lines])


def _model(name: str, schema: dict[str, Any]) -> str:
    required = schema.get("required", [])
    fields = {
        field: _SPELLING.of(one) if field in required else f"NotRequired[{_SPELLING.of(one)}]"
        for field, one in schema["properties"].items()
    }
    if any(not field.isidentifier() or keyword.iskeyword(field) for field in fields):
        inner = ", ".join(f'"{field}": {_quoted(kind)}' for field, kind in fields.items())
        return f'{name} = TypedDict("{name}", {{{inner}}})'
    lines = [f"    {field}: {kind}" for field, kind in fields.items()]
    first = described_as(name, schema).replace('"""', "'''")
    return "\n".join([f"class {name}(TypedDict):", f'    """{first}"""', "", *lines])


def _quoted(kind: str) -> str:
    """Return a type as text, which may name a model that stands below."""
    return "'" + kind.replace("'", '"') + "'"


def _laid_out(text: str) -> str:
    ruff = str(Path(sys.executable).with_name("ruff"))
    path = ["--stdin-filename", str(TO)]
    for words in (["check", "--fix", "--quiet", "--exit-zero", *path], ["format", *path]):
        text = subprocess.run(
            [ruff, *words, "-"], input=text, capture_output=True, text=True, check=True, cwd=ROOT
        ).stdout
    return text
