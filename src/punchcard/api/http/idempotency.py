"""The same key and the same request give the same response again, also when both arrive at once.

A change stores its response in its own transaction, as the last thing. Of two that run at once the
second one either can't store its response (the key is taken) or is refused by a rule because the
first one was quicker; in both cases the first has committed, so its response is there to be read.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final

import orjson
from fastapi import FastAPI, Request, Response
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from punchcard.accounts.models import IdempotencyRecord
from punchcard.accounts.subjects import Subject
from punchcard.kit.ids import VendorId
from punchcard.kit.secrets import Digests, Keyring, Sealer
from punchcard.kit.validation.invalid import check_field
from punchcard.kit.validation.request_keys import request_key
from punchcard.loyalty.errors.till import IdempotencyKeyReused
from punchcard.loyalty.models import LoyaltyTransaction

HEADER: Final = "Idempotency-Key"
REPLAYED_HEADER: Final = "Idempotency-Replayed"

PATHS_WITHOUT_KEYS: Final = frozenset(
    {"/api/v1/vendor/loyalty/cards/lookup", "/api/v1/vendor/loyalty/pins/verify"}
)
"""What is asked there changes nothing that must be done once."""

_SECRET_FIELDS: Final = frozenset({"pin", "staff_pin", "staff_token", "password", "new_password"})
"""What people prove with who they are, by the names that requests give it; it may be renewed."""


@dataclass(frozen=True)
class SentRequest:
    """What was asked, as it came over the wire."""

    method: str
    path: str
    body: bytes


class Replay(Exception):
    """The request was answered before; this is the response."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__("answered before")
        self.status = status
        self.body = body


class IdempotencyRace(Exception):
    """Another request with the same key was answered while this one was being worked on."""


@dataclass(frozen=True)
class Keyed:
    """A request that came with a key."""

    vendor_id: VendorId
    key: str
    fingerprints: tuple[bytes, ...]
    """By each key of the server; the first is kept, any of them is known again."""

    @property
    def bound_to(self) -> str:
        """Return what the stored response's seal is bound to."""
        return f"{self.vendor_id} {self.key}"


def read_key(header: str | None) -> str | None:
    """Return the key in the header's value, None without one; raises InvalidInput."""
    return None if header is None else check_field(("header", HEADER), request_key, header)


def fingerprints(ring: Keyring, subject: Subject, request: SentRequest) -> tuple[bytes, ...]:
    """Return what tells one request from another under the same key, by each key of the server.

    Who sent it is part of that: a key is no secret, so nobody learns by another's key what they
    were answered. PINs and passwords are left out: whoever had the digest could try all there are.
    """
    sender = f"{subject.kind} {subject.id} {request.method} {request.path}\n".encode()
    return _digests(ring).any_of(sender + _without_secrets(request.body))


def _without_secrets(body: bytes) -> bytes:
    try:
        fields = orjson.loads(body)
    except orjson.JSONDecodeError:
        return body
    if not isinstance(fields, dict) or fields.keys().isdisjoint(_SECRET_FIELDS):
        return body
    kept = {name: value for name, value in fields.items() if name not in _SECRET_FIELDS}
    return orjson.dumps(kept, option=orjson.OPT_SORT_KEYS)


@lru_cache(maxsize=4)
def _digests(ring: Keyring) -> Digests:
    return Digests(ring, "punchcard idempotency fingerprint")


def find_response(session: Session, sealer: Sealer, request: Keyed) -> Replay | None:
    """Return the response given under the key before, or None.

    Raises IdempotencyKeyReused when it was given to another request.
    """
    record = session.get(IdempotencyRecord, (request.vendor_id, request.key))
    if record is None:
        _refuse_key_of_the_ledger(session, request)
        return None
    body = sealer.open(record.body_sealed, request.bound_to)
    if record.fingerprint not in request.fingerprints or body is None:
        raise IdempotencyKeyReused
    return Replay(record.status, body)


def store_response(
    session: Session, sealer: Sealer, request: Keyed, *, status: int, body: bytes, now: datetime
) -> None:
    """Keep a response inside the change's own transaction; raises IdempotencyRace."""
    record = insert(IdempotencyRecord).values(
        vendor_id=request.vendor_id,
        key=request.key,
        fingerprint=request.fingerprints[0],
        status=status,
        body_sealed=sealer.seal(body, request.bound_to),
        created_at=now,
    )
    session.flush()
    try:
        session.execute(record)
    except IntegrityError as error:
        raise IdempotencyRace from error


def install(app: FastAPI) -> None:
    """Make `app` give stored responses again."""
    app.add_exception_handler(Replay, _replay)


async def _replay(_request: Request, replay: Exception) -> Response:
    assert isinstance(replay, Replay)
    headers = {REPLAYED_HEADER: "true"}
    return Response(replay.body or None, replay.status, headers, "application/json")


def _refuse_key_of_the_ledger(session: Session, request: Keyed) -> None:
    entry = select(LoyaltyTransaction.id).where(
        LoyaltyTransaction.vendor_id == request.vendor_id,
        LoyaltyTransaction.idempotency_key == request.key,
    )
    if session.scalar(entry.limit(1)) is not None:
        raise IdempotencyKeyReused
