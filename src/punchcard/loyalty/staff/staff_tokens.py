"""Staff tokens: a right PIN exchanged for a signed token, so that a shift costs one bcrypt."""

import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy import bindparam, select

from punchcard.accounts.subjects import Subject
from punchcard.db.database import Database
from punchcard.db.types import Id
from punchcard.kit.clock import Clock
from punchcard.kit.ids import StaffPinId, VendorId, as_id
from punchcard.kit.refreshing_cache import RefreshingCache
from punchcard.kit.secrets import Signer
from punchcard.kit.settings import Settings
from punchcard.loyalty.errors.staff import StaffTokenInvalid
from punchcard.loyalty.models import StaffPin
from punchcard.loyalty.operations import StaffIdentity
from punchcard.loyalty.staff.pin_verifier import VerifiedPin

STAFF_PREFIX: Final = "st_"
CACHE_LIMIT: Final = 10_000
_LONGEST_TOKEN = 500


@dataclass(frozen=True, slots=True)
class _Facts:
    """What a token says, once its signature was found good; moments in seconds since 1970."""

    pin_id: StaffPinId
    vendor_id: VendorId
    generation: int
    bound_to: str
    issued: int
    expires: int


class _Known(NamedTuple):
    """What the database says of a PIN; `identity` None means retired, or none of ours."""

    identity: StaffIdentity | None
    generation: int


class StaffTokens:
    """Issues staff tokens and checks them; a check costs microseconds once the PIN is known.

    What the database says of a PIN is remembered for `credential_cache_seconds` at most; `forget`
    makes a change of this process felt at once. A person who is locked keeps a running token: the
    lock is there against guesses, and a token is none.
    """

    def __init__(self, database: Database, clock: Clock, settings: Settings) -> None:
        self._database = database
        self._clock = clock
        self._signer = Signer(settings.keys, "staff token", STAFF_PREFIX)
        self._life = timedelta(minutes=settings.staff_token_minutes)
        self._grace = timedelta(hours=settings.offline_grace_hours)
        self._cache = RefreshingCache[_Known](
            clock, keep_for=timedelta(seconds=settings.credential_cache_seconds), limit=CACHE_LIMIT
        )
        self._guard = threading.Lock()
        # A signature never turns bad, so a token that was found good is not computed again.
        self._read: dict[str, _Facts] = {}

    def issue(self, hit: VerifiedPin, subject: Subject) -> tuple[str, datetime]:
        """Return a token for whose PIN was right, good for `subject` alone, and when it expires."""
        issued = int(self._clock.now().timestamp())
        expires = issued + int(self._life.total_seconds())
        facts = [
            hit.identity.pin_id,
            subject.vendor_id,
            hit.generation,
            _bound_to(subject),
            issued,
            expires,
        ]
        return self._signer.sign({"staff": facts}), datetime.fromtimestamp(expires, UTC)

    def verify(
        self, token: str, subject: Subject, *, occurred_at: datetime | None = None
    ) -> StaffIdentity:
        """Return whose token it is.

        An operation that comes in late (`occurred_at`) may carry a token that has expired since,
        if it happened during the token's life and not too long ago.
        Raises StaffTokenInvalid if it is forged, expired, lent to another credential, or its PIN
        was changed or retired.
        """
        now = self._clock.now()
        facts = self._read.get(token) or self._read_token(token, now)
        known = self._cache.get_or_load(facts.pin_id, lambda: (self._load(facts.pin_id), None))
        return self._checked(facts, known, subject, now, occurred_at)

    def verify_cached(
        self, token: str, subject: Subject, *, occurred_at: datetime | None = None
    ) -> StaffIdentity | None:
        """Return whose token it is if that is remembered, None if `verify` is to be asked.

        Never asks the database. Raises StaffTokenInvalid like `verify`.
        """
        facts = self._read.get(token)
        known = self._cache.get(facts.pin_id) if facts is not None else None
        if facts is None or known is None:
            return None
        return self._checked(facts, known, subject, self._clock.now(), occurred_at)

    def invalidate(self, pin_id: StaffPinId) -> None:
        """Drop a PIN from the cache: call it after the commit that changed it."""
        self._cache.invalidate(lambda kept_id, _known: kept_id == pin_id)

    def _read_token(self, token: str, now: datetime) -> _Facts:
        signed = self._signer.verify(token) if len(token) <= _LONGEST_TOKEN else None
        if signed is None:
            raise StaffTokenInvalid()
        facts = _Facts(*signed["staff"])
        with self._guard:
            if len(self._read) >= CACHE_LIMIT:
                running = now.timestamp()
                self._read = {t: one for t, one in self._read.items() if one.expires > running}
            if len(self._read) < CACHE_LIMIT:
                self._read[token] = facts
        return facts

    def _checked(
        self,
        facts: _Facts,
        known: _Known,
        subject: Subject,
        now: datetime,
        occurred_at: datetime | None,
    ) -> StaffIdentity:
        is_theirs = facts.vendor_id == subject.vendor_id and facts.bound_to == _bound_to(subject)
        if not is_theirs or not self._is_running(facts, now, occurred_at):
            raise StaffTokenInvalid()
        if known.identity is None or known.generation != facts.generation:
            raise StaffTokenInvalid()
        return known.identity

    def _is_running(self, facts: _Facts, now: datetime, occurred_at: datetime | None) -> bool:
        if now.timestamp() < facts.expires:
            return True
        if occurred_at is None or occurred_at < now - self._grace:
            return False
        return facts.issued <= occurred_at.timestamp() < facts.expires

    def _load(self, pin_id: StaffPinId) -> _Known:
        with self._database.read_connection() as connection:
            row = connection.execute(_STAFF_PIN, {"pin_id": pin_id}).one_or_none()
        if row is None or row.retired_at is not None:
            return _Known(None, 0)
        identity = StaffIdentity(row.id, row.staff_id, row.name, row.program_id)
        return _Known(identity, row.generation)


def names(identity: StaffIdentity, staff_id: str) -> bool:
    """Return whether `staff_id` (a StaffPin's id or its staff_id) names this person."""
    return staff_id == identity.staff_id or as_id(staff_id) == identity.pin_id


def _bound_to(subject: Subject) -> str:
    # A user's token follows the person: signing in again during a shift does not end it.
    return f"{subject.kind}:{subject.id}"


_STAFF_PIN = select(
    StaffPin.id,
    StaffPin.staff_id,
    StaffPin.name,
    StaffPin.program_id,
    StaffPin.generation,
    StaffPin.retired_at,
).where(StaffPin.id == bindparam("pin_id", type_=Id))
