"""The one file of the JavaScript client: its parts one after another, then its types.

Users copy one file; we read and change its parts in `clients/javascript/src`. The types are
comments, written from the OpenAPI document, and stand last, where nobody has to read past them.
"""

import json
import re
from pathlib import Path
from typing import Any, Final

from tools.clients.document import described_as, event_name, events, reached_schemas
from tools.clients.spelling import Spelling

FOLDER: Final = Path(__file__).parents[2] / "clients" / "javascript"
TO: Final = FOLDER / "punchcard.js"
PARTS: Final = ("head", "errors", "transport", "shop", "guest", "webhooks")
"""In this order, so that nothing is used before it is there."""

PUBLIC: Final = frozenset(
    {"Problem", "Unreachable", "NotVerified", "Shop", "Guest", "verifyWebhook"}
)
_IMPORT: Final = re.compile(r"^import [^;]*;\n", re.MULTILINE)
_EXPORT: Final = re.compile(r"^export (?=(?:async )?(?:class|function|const) (\w+))", re.MULTILINE)
_SPELLING: Final = Spelling(
    anything="any",
    plain={
        "string": "string",
        "integer": "number",
        "number": "number",
        "boolean": "boolean",
        "null": "null",
    },
    array="Array<{}>",
    mapping="Record<string, {}>",
    literals=lambda values: " | ".join(map(json.dumps, values)),
)
_TYPES: Final = "// What the server takes, gives and sends, from its OpenAPI document.\n"


def file_of(document: dict[str, Any]) -> str:
    """Return the file's text. Raises LookupError for what this does not know how to write."""
    parts = [_part((FOLDER / "src" / f"{name}.js").read_text(encoding="utf-8")) for name in PARTS]
    types = [_typedef(name, schema) for name, schema in reached_schemas(document).items()]
    told = [
        _comment(f'@typedef {{{{ type: "{kind}", timestamp: string, data: {data} }}}} {name}')
        for kind, data in events(document)
        for name in (event_name(kind),)
    ]
    union = " | ".join(event_name(kind) for kind, _ in events(document))
    last = _comment(f"@typedef {{{union}}} WebhookEvent What a webhook sends.")
    return "\n".join([*parts, _TYPES, "".join([*types, *told, last])])


def _part(text: str) -> str:
    """Return a part without what ties it to the others."""

    def kept(found: re.Match[str]) -> str:
        return found[0] if found[1] in PUBLIC else ""

    return _EXPORT.sub(kept, _IMPORT.sub("", text)).strip() + "\n"


def _typedef(name: str, schema: dict[str, Any]) -> str:
    required = schema.get("required", [])
    fields = [
        f" * @property {{{_SPELLING.of(one)}}} {field if field in required else f'[{field}]'}"
        for field, one in schema["properties"].items()
    ]
    first = described_as(name, schema).replace("*/", "* /")
    return "\n".join(["/**", f" * @typedef {{object}} {name} {first}", *fields, " */\n"])


def _comment(line: str) -> str:
    return f"/** {line} */\n"
