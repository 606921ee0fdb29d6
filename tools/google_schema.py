"""`python -m tools.google_schema DOCUMENT`: take the loyalty part out of Google's own description.

DOCUMENT is `walletobjects.v1.json`, which the package google-api-python-client carries under
`googleapiclient/discovery_cache/documents/` (Apache-2.0). Names, types and enums are kept, texts
are not, save for the word that says that a field is required.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

TARGET = Path("src/punchcard/fakes/data/walletobjects.json")
ROOTS = ("LoyaltyClass", "LoyaltyObject", "AddMessageRequest")
_KEPT = ("type", "format", "enum", "enumDeprecated", "deprecated", "readOnly", "$ref")


def main() -> None:
    """Write the part, with where it comes from."""
    document = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    part = {
        "origin": "Google Wallet API discovery document, as in google-api-python-client",
        "licence": "Apache-2.0, Copyright Google LLC; texts left out",
        "revision": document["revision"],
        "schemas": {name: _slim(document["schemas"][name]) for name in _closure(document)},
    }
    TARGET.write_text(json.dumps(part, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    print(f"{TARGET}: {len(part['schemas'])} schemas, revision {part['revision']}")


def _closure(document: dict[str, Any]) -> list[str]:
    """Return the names of the roots and of all they refer to."""
    found: set[str] = set()
    waiting = list(ROOTS)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += _references(document["schemas"][name])
    return sorted(found)


def _references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for value in part.values():
            yield from _references(value)
    elif isinstance(part, list):
        for value in part:
            yield from _references(value)


def _slim(schema: dict[str, Any]) -> dict[str, Any]:
    slim = {name: schema[name] for name in _KEPT if name in schema}
    text = schema.get("description", "")
    if text.startswith("Required."):
        slim["required"] = True
    # Some fields are called deprecated only in words.
    if text.startswith("Deprecated"):
        slim["deprecated"] = True
    if "items" in schema:
        slim["items"] = _slim(schema["items"])
    if "properties" in schema:
        slim["properties"] = {n: _slim(one) for n, one in schema["properties"].items()}
    return slim


if __name__ == "__main__":
    main()
