"""What goes into a leaf: digests of an event of the audit trail, and of what no hash holds.

An entry's own hash leaves out its note, fingerprint, kept answer, and most of what is kept of its
reward. These get a digest of their own, under a salt of the entry: whoever has the digest alone
cannot try out notes on it, and a note whose salt is deleted is forgotten.
"""

import hashlib
from collections.abc import Mapping
from typing import Any, Final

import orjson

BESIDE_NAMES: Final = ("note", "fingerprint", "answer", "reward")
"""What stands beside an entry's hash, in the order of its marks."""

SALT_BYTES: Final = 16

EVENT_FIELDS: Final = (
    "id",
    "vendor_id",
    "actor_kind",
    "actor_id",
    "action",
    "subject_kind",
    "subject_id",
    "old",
    "new",
    "request_id",
    "created_at",
)
"""What the digest of an event covers; `old` and `new` are its documents."""

_EVENT_DOMAIN: Final = b"punchcard-event-1\n"
_BESIDE_DOMAIN: Final = b"punchcard-beside-1\n"
_DOCUMENTS: Final = ("answer", "reward", "old", "new")


def event_digest(values: Mapping[str, Any]) -> bytes:
    """Return the digest of an event, from its values as `stream_plain` gives them."""
    shown = [_as_document(name, values[name]) for name in EVENT_FIELDS]
    return hashlib.sha256(_EVENT_DOMAIN + _canonical(shown)).digest()


def beside_digest(values: Mapping[str, Any], salt: bytes) -> tuple[bytes, bytes]:
    """Return the digest of what stands beside an entry's hash, and a mark for each part of it.

    `values` are as `stream_plain` gives them.
    """
    parts = [_part(name, values[name], salt) for name in BESIDE_NAMES]
    return hashlib.sha256(_BESIDE_DOMAIN + b"".join(parts)).digest(), bytes(p[0] for p in parts)


def changed_parts(marks: bytes, kept: bytes) -> list[str]:
    """Return the names of the parts whose marks are others; marks are not all of a digest."""
    return [name for name, is_, was in zip(BESIDE_NAMES, marks, kept, strict=True) if is_ != was]


def _part(name: str, value: Any, salt: bytes) -> bytes:
    shown = b"" if value is None else b"\x01" + _canonical(_as_document(name, value))
    return hashlib.sha256(_BESIDE_DOMAIN + name.encode() + b"\n" + salt + shown).digest()


def _as_document(name: str, value: Any) -> Any:
    if name not in _DOCUMENTS or value is None:
        return value
    try:
        return orjson.loads(value)
    except (orjson.JSONDecodeError, TypeError):
        # SQLite keeps whatever someone writes there: it is no document, and counts as it is.
        return {"not a document": str(value)}


def _canonical(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
