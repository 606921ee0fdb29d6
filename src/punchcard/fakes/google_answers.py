"""How Google reads bodies, merges patches and refuses."""

import json
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from starlette.responses import JSONResponse


class Refusal(Exception):
    """An answer of Google's that is not a success."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.status, self.reason = status, reason


def parsed(body: bytes) -> dict[str, Any]:
    """Return the object that a body holds. Raises Refusal."""
    try:
        told = json.loads(body)
    except ValueError:
        raise Refusal(400, "parseError", "not JSON") from None
    if not isinstance(told, dict):
        raise Refusal(400, "parseError", "not an object")
    return told


def settled(thing: dict[str, Any]) -> dict[str, Any]:
    """Approve a class that asks for review, at once."""
    kept = {name: value for name, value in thing.items() if name != "notifyPreference"}
    if kept.get("reviewStatus") == "UNDER_REVIEW":
        kept["reviewStatus"] = "APPROVED"
    return kept


def merged(old: Any, new: Any) -> Any:
    """Return `old` changed by a patch: objects merge, arrays are replaced, null clears."""
    if not isinstance(old, dict) or not isinstance(new, dict):
        return deepcopy(new)
    after = {name: value for name, value in old.items() if new.get(name, value) is not None}
    for name, value in new.items():
        if value is not None:
            after[name] = merged(after.get(name), value)
    return after


def refused(refusal: Refusal, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """Return a refusal as Google puts it."""
    message = str(refusal)
    one = {"message": message, "domain": "walletobjects", "reason": refusal.reason}
    error = {"code": refusal.status, "message": message, "errors": [one]}
    return JSONResponse({"error": error}, refusal.status, dict(headers or {}))
