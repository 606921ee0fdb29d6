"""The ledger: how an entry is numbered, chained and hashed.

The hash of an entry is SHA-256 over the UTF-8 text `punchcard-entry-1`, a line feed, and the
entry's canonical form: the JSON array (RFC 8785: no spaces) of the values of `HASHED_FIELDS` in
their order. Ids are lower-case text, moments RFC 3339 in UTC with six digits after the second,
hashes lower-case hex, absent values null. The first entry of a card follows `FIRST_HASH`.

An entry with `details` is of form 2: its text is `punchcard-entry-2`, and its details stand as the
28th value, an object with sorted keys that holds integers, texts, booleans, lists and objects. They
are kept as the text that is hashed.

Personal data never enters the hashed part: a note stands outside it, so that erasing a customer
leaves every chain valid. `docs/ledger.md` shows how to check a chain with other tools.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from operator import itemgetter
from typing import Any, Final

import orjson

from punchcard.kit.clock import to_rfc3339
from punchcard.kit.ids import EntryId
from punchcard.loyalty.operations import Actor, Operation
from punchcard.loyalty.rules.standing import Details
from punchcard.loyalty.rules.values import CardState, EntryDraft, ProgramRules
from punchcard.loyalty.tables import EntryRow
from punchcard.loyalty.vocabulary import COMES_BY_ITSELF, ActorKind, EntryType

_NOBODY: Final = Actor(ActorKind.SYSTEM, None)
# Looked up once: before Python 3.12 an enum gives its words slowly, and this is asked always.
_IMPORT: Final = ActorKind.IMPORT
FIRST_HASH = bytes(32)

HASHED_FIELDS = (
    "id",
    "vendor_id",
    "program_id",
    "program_version",
    "card_id",
    "sequence",
    "type",
    "stamps_delta",
    "points_delta",
    "stamps_after",
    "points_after",
    "points_carry_after",
    "amount_minor",
    "currency",
    "reference",
    "reward_id",
    "reward_name",
    "reward_value_minor",
    "staff_pin_id",
    "location_id",
    "actor_kind",
    "actor_id",
    "voids",
    "idempotency_key",
    "occurred_at",
    "created_at",
    "previous_hash",
)

HASH_DOMAIN = b"punchcard-entry-1\n"
HASH_DOMAIN_OF_DETAILS = b"punchcard-entry-2\n"

CARRYING = (
    EntryType.POINTS_EARNED,
    EntryType.VOIDED,
    EntryType.VISIT_RECORDED,
    EntryType.POINTS_REFUNDED,
    EntryType.MERGED_OUT,
    EntryType.MERGED_IN,
)
"""The types of entries that move the carried part of a point; all others repeat it."""


def entry_hash(row: Mapping[str, Any]) -> bytes:
    """Return the SHA-256 of an entry's canonical form; see the module's description."""
    return _hash(row["form"], canonical_form(row))


def canonical_form(row: Mapping[str, Any]) -> bytes:
    """Return the bytes that are hashed: the JSON array of `HASHED_FIELDS`, and the details."""
    values = _values(row)
    return values if row["form"] == 1 else _with_details(values, _text_of(row["details"]))


def _hash(form: int, canonical: bytes) -> bytes:
    domain = HASH_DOMAIN if form == 1 else HASH_DOMAIN_OF_DETAILS
    return hashlib.sha256(domain + canonical).digest()


def _with_details(values: bytes, details: bytes) -> bytes:
    return b"%b,%b]" % (values[:-1], details)


def _text_of(details: Details) -> bytes:
    return orjson.dumps(details, option=orjson.OPT_SORT_KEYS)


_OF_MOVEMENT: Final = itemgetter(*HASHED_FIELDS[: HASHED_FIELDS.index("reward_name")])
_OF_CAUSE: Final = itemgetter(
    *HASHED_FIELDS[HASHED_FIELDS.index("staff_pin_id") : HASHED_FIELDS.index("occurred_at")]
)


def _values(row: Mapping[str, Any]) -> bytes:
    reward = row["reward"] or {}
    values = (
        *_OF_MOVEMENT(row),
        reward.get("name"),
        reward.get("value_minor"),
        *_OF_CAUSE(row),
        to_rfc3339(row["occurred_at"]),
        to_rfc3339(row["created_at"]),
        row["previous_hash"].hex(),
    )
    return orjson.dumps(values)


def make_entry(
    draft: EntryDraft,
    after: CardState,
    *,
    entry_id: EntryId,
    operation: Operation,
    program: ProgramRules,
    sequence: int,
    previous_hash: bytes,
    at: datetime,
    now: datetime,
    is_main: bool,
) -> EntryRow:
    """Return the entry of `draft`, numbered `sequence` and chained to `previous_hash`.

    It happened at `at`, unless the draft says when, and is recorded `now`.
    Only the main entry of an operation carries its key, note and fingerprint.
    """
    actor = operation.actor
    if actor.kind == _IMPORT and draft.type in COMES_BY_ITSELF:
        # Booked on the way, and nothing that was told: statistics count it as any other.
        actor = _NOBODY
    row: EntryRow = {
        "id": entry_id,
        "vendor_id": operation.vendor_id,
        "program_id": program.id,
        "program_version": program.version,
        "card_id": after.id,
        "sequence": sequence,
        "type": draft.type,
        "stamps_delta": draft.stamps_delta,
        "points_delta": draft.points_delta,
        "stamps_after": after.stamps,
        "points_after": after.points,
        "points_carry_after": after.points_carry,
        "amount_minor": draft.amount_minor,
        "currency": program.currency if draft.amount_minor is not None else None,
        "reference": draft.reference,
        "reward_id": draft.reward_id,
        "reward": draft.reward,
        "staff_pin_id": operation.staff.pin_id if operation.staff else None,
        "location_id": operation.location_id,
        "actor_kind": actor.kind,
        "actor_id": actor.id,
        "note": operation.note if is_main else None,
        "voids": draft.voids,
        "idempotency_key": operation.idempotency_key if is_main else None,
        "fingerprint": operation.fingerprint if is_main else None,
        "answer": None,
        "occurred_at": draft.at or at,
        "created_at": now,
        "previous_hash": previous_hash,
        "form": 1,
        "details": None,
    }
    canonical = _values(row)
    if draft.details is not None:
        # Written from anywhere, the details have the text that is hashed: their keys are sorted.
        text = _text_of(draft.details)
        row["form"], row["details"] = 2, orjson.loads(text)
        canonical = _with_details(canonical, text)
    row["hash"] = _hash(row["form"], canonical)
    return row
