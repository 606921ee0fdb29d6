"""Staff tokens: a right PIN exchanged for a signed token, so that a shift costs one bcrypt."""

import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import select

from punchcard.accounts.subjects import Subject
from punchcard.db.database import Database
from punchcard.kit.clock import Clock
from punchcard.kit.ids import as_id
from punchcard.kit.secrets import Signer
from punchcard.kit.settings import Settings
from punchcard.loyalty.models import StaffPin
from punchcard.loyalty.operations import StaffIdentity
from punchcard.loyalty.pin_desk import PinHit
from punchcard.loyalty.pin_errors import StaffTokenInvalid

STAFF_PREFIX: Final = "st_"
CACHE_LIMIT: Final = 10_000
_LONGEST_TOKEN = 500


@dataclass(frozen=True, slots=True)
class _Facts:
    """What a token says, once its signature was found good; moments in seconds since 1970."""

    pin_id: str
    vendor_id: str
    generation: int
    bound_to: str
    issued: int
    expires: int


@dataclass(frozen=True, slots=True)
class _Known:
    """What the database says of a PIN; `identity` None means retired, or none of ours."""

    identity: StaffIdentity | None
    generation: int
    fresh_until: datetime


class StaffTokens:
    """Issues staff tokens and checks them; a check costs microseconds once the PIN is known.

    What the database says of a PIN is remembered for `credential_cache_seconds`; `forget` makes a
    change of this process felt at once. A person who is locked keeps a running token: the lock is
    there against guesses, and a token is none.
    """

    def __init__(self, database: Database, clock: Clock, settings: Settings) -> None:
        self._database = database
        self._clock = clock
        self._signer = Signer(settings.secret_key, "staff token", STAFF_PREFIX)
        self._life = timedelta(minutes=settings.staff_token_minutes)
        self._grace = timedelta(hours=settings.offline_grace_hours)
        self._cache_time = timedelta(seconds=settings.credential_cache_seconds)
        self._guard = threading.Lock()
        self._known: dict[str, _Known] = {}
        # A signature never turns bad, so a token that was found good is not computed again.
        self._read: dict[str, _Facts] = {}
        self._changes = 0

    def issue(self, hit: PinHit, subject: Subject) -> tuple[str, datetime]:
        """Return a token for whose PIN was right, good for `subject` alone, and when it expires."""
        issued = int(self._clock.now().timestamp())
        expires = issued + int(self._life.total_seconds())
        facts = [
            *(hit.identity.pin_id, subject.vendor_id, hit.generation),
            *(_bound_to(subject), issued, expires),
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
        if facts.vendor_id != subject.vendor_id or facts.bound_to != _bound_to(subject):
            raise StaffTokenInvalid()
        if not self._is_running(facts, now, occurred_at):
            raise StaffTokenInvalid()
        known = self._known.get(facts.pin_id)
        if known is None or known.fresh_until <= now:
            known = self._look_up(facts.pin_id, now)
        if known.identity is None or known.generation != facts.generation:
            raise StaffTokenInvalid()
        return known.identity

    def is_remembered(self, token: str) -> bool:
        """Tell whether `verify` can answer without asking the database."""
        facts = self._read.get(token)
        known = self._known.get(facts.pin_id) if facts is not None else None
        return known is not None and known.fresh_until > self._clock.now()

    def forget(self, pin_id: str) -> None:
        """Drop a PIN from memory: call it after the commit that changed it."""
        with self._guard:
            # A lookup that read before the change and ends after it must not be remembered.
            self._changes += 1
            self._known.pop(pin_id, None)

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

    def _is_running(self, facts: _Facts, now: datetime, occurred_at: datetime | None) -> bool:
        if now.timestamp() < facts.expires:
            return True
        if occurred_at is None or occurred_at < now - self._grace:
            return False
        return facts.issued <= occurred_at.timestamp() < facts.expires

    def _look_up(self, pin_id: str, now: datetime) -> _Known:
        changes = self._changes
        with self._database.read_connection() as connection:
            row = connection.execute(_STAFF_PIN.where(StaffPin.id == pin_id)).one_or_none()
        identity = None
        if row is not None and row.retired_at is None:
            identity = StaffIdentity(row.id, row.staff_id, row.name, row.program_id)
        known = _Known(identity, row.generation if row else 0, now + self._cache_time)
        with self._guard:
            if changes == self._changes:
                self._remember(pin_id, known, now)
        return known

    def _remember(self, pin_id: str, known: _Known, now: datetime) -> None:
        if len(self._known) >= CACHE_LIMIT:
            self._known = {name: one for name, one in self._known.items() if one.fresh_until > now}
        if len(self._known) < CACHE_LIMIT:
            self._known[pin_id] = known


def names(identity: StaffIdentity, staff_id: str) -> bool:
    """Tell whether `staff_id` (a StaffPin's id or its staff_id) names this person."""
    return staff_id == identity.staff_id or as_id(staff_id) == identity.pin_id


def _bound_to(subject: Subject) -> str:
    # A member's token follows the person: signing in again during a shift does not end it.
    return f"{subject.kind}:{subject.id}"


_STAFF_PIN = select(
    StaffPin.id,
    StaffPin.staff_id,
    StaffPin.name,
    StaffPin.program_id,
    StaffPin.generation,
    StaffPin.retired_at,
)
