"""What Google takes: its own description of each body, and the rules that stand beside it.

The description is the loyalty part of Google's discovery document (see `data/walletobjects.json`
for its revision and licence). It is applied strictly: unknown and deprecated names are refused,
although Google lets some of them pass.
"""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any, Final

JsonSchema = Mapping[str, Any]

_INT64: Final = re.compile(r"-?[0-9]{1,19}")
_INT32: Final = range(-(2**31), 2**31)
_HEX: Final = re.compile(r"([0-9A-Fa-f]{2}){8,64}")
_OUTPUT_ONLY: Final = ("hasUsers", "hasLinkedDevice", "classReference", "review", "version", "kind")
_LIMITS: Final = {"messages": 10, "merchantLocations": 10, "valueAddedModuleData": 15}


@cache
def schemas() -> dict[str, JsonSchema]:
    """Return Google's description of each kind of thing."""
    text = resources.files("punchcard.fakes").joinpath("data/walletobjects.json").read_text("utf-8")
    found: dict[str, JsonSchema] = json.loads(text)["schemas"]
    return found


def faults(name: str, body: Any, *, is_patch: bool = False) -> list[str]:
    """Return what is wrong with a body of this kind; a patch may leave out and clear."""
    found = list(_faults({"$ref": name}, body, name, is_patch=is_patch))
    if not found and isinstance(body, dict):
        found = list(_meaning(name, body))
    return found


def _faults(schema: JsonSchema, value: Any, at: str, *, is_patch: bool) -> Iterator[str]:
    if "$ref" in schema:
        yield from _object_faults(schemas()[schema["$ref"]], value, at, is_patch=is_patch)
    elif schema["type"] == "object":
        yield from _object_faults(schema, value, at, is_patch=is_patch)
    elif schema["type"] == "array":
        if not isinstance(value, list):
            yield f"{at}: must be a list"
            return
        for index, item in enumerate(value):
            # An array is replaced as a whole, so what is in it must be complete.
            yield from _faults(schema["items"], item, f"{at}[{index}]", is_patch=False)
    else:
        yield from _plain_faults(schema, value, at)


def _object_faults(schema: JsonSchema, value: Any, at: str, *, is_patch: bool) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{at}: must be an object"
        return
    properties = schema.get("properties", {})
    for name, part in value.items():
        inner = properties.get(name)
        if inner is None:
            yield f"{at}.{name}: unknown name"
        elif inner.get("deprecated"):
            yield f"{at}.{name}: deprecated"
        elif part is None:
            if not is_patch or inner.get("required"):
                yield f"{at}.{name}: must not be null"
        else:
            yield from _faults(inner, part, f"{at}.{name}", is_patch=is_patch)
    if not is_patch:
        for name, inner in properties.items():
            if inner.get("required") and name not in value:
                yield f"{at}.{name}: required"


def _plain_faults(schema: JsonSchema, value: Any, at: str) -> Iterator[str]:
    kind, form = schema["type"], schema.get("format")
    if kind == "string":
        if not isinstance(value, str):
            yield f"{at}: must be a string"
        elif form == "int64" and not _INT64.fullmatch(value):
            yield f"{at}: must be a whole number written as a string"
        elif "enum" in schema and value not in _allowed(schema):
            yield f"{at}: {value!r} is not one of its values"
    elif kind == "integer":
        if not isinstance(value, int) or isinstance(value, bool) or value not in _INT32:
            yield f"{at}: must be a whole number of 32 bits"
    elif kind == "number":
        if not isinstance(value, int | float) or isinstance(value, bool):
            yield f"{at}: must be a number"
    elif kind == "boolean" and not isinstance(value, bool):
        yield f"{at}: must be true or false"


def _allowed(schema: JsonSchema) -> list[str]:
    deprecated = schema.get("enumDeprecated") or [False] * len(schema["enum"])
    pairs = zip(schema["enum"], deprecated, strict=True)
    return [value for value, is_old in pairs if not is_old]


def _meaning(name: str, body: Mapping[str, Any]) -> Iterator[str]:
    """Tell what Google's texts rule out although the description allows it."""
    yield from (f"{name}.{one}: is Google's to say" for one in _OUTPUT_ONLY if one in body)
    for field, most in _LIMITS.items():
        if len(body.get(field) or []) > most:
            yield f"{name}.{field}: more than {most}"
    if body.get("reviewStatus") in ("APPROVED", "REJECTED"):
        yield f"{name}.reviewStatus: only Google approves or rejects"
    for field in ("loyaltyPoints", "secondaryLoyaltyPoints"):
        balance = (body.get(field) or {}).get("balance")
        if balance is not None and len(balance) != 1:
            yield f"{name}.{field}.balance: exactly one kind"
    yield from _image_faults(body, name)
    yield from _barcode_faults(body, name)
    for one in body.get("textModulesData") or []:
        if "." in one.get("id", ""):
            yield f"{name}.textModulesData: an id without dots"


def _image_faults(part: Any, at: str) -> Iterator[str]:
    if isinstance(part, list):
        for one in part:
            yield from _image_faults(one, at)
    elif isinstance(part, dict):
        if "sourceUri" in part and not _is_public(part["sourceUri"].get("uri", "")):
            yield f"{at}: image address must be https"
        for name, one in part.items():
            yield from _image_faults(one, f"{at}.{name}")


def _is_public(address: str) -> bool:
    # The demonstration serves its pictures itself, on this machine.
    return address.startswith(("https://", "http://127.0.0.1:", "http://localhost:"))


def _barcode_faults(body: Mapping[str, Any], name: str) -> Iterator[str]:
    barcode = body.get("barcode") or {}
    if barcode and not ("type" in barcode and barcode.get("value")):
        yield f"{name}.barcode: type and value"
    if barcode.get("type") == "CODE_128" and not barcode["value"].isascii():
        yield f"{name}.barcode.value: ASCII"
    totp = (body.get("rotatingBarcode") or {}).get("totpDetails")
    for one in (totp or {}).get("parameters", []):
        if not _HEX.fullmatch(one.get("key", "")):
            yield f"{name}.rotatingBarcode: a key in Base16"
