"""The PIN desk: checks a typed PIN, and counts wrong ones against whom they belong to.

One bcrypt a check, however many staff there are, for a miss as for a hit, and never inside a
transaction. A wrong PIN counts against the person who was named; if nobody (or nobody known) was
named, against the credential that typed it. Each count is committed on its own, so it survives the
refusal.

What was typed counts as right only if the lock is still open when the success is written down:
guesses that arrive all at once can't slip past the limit, and once it is reached a right PIN and a
wrong one get the same answer.
"""

import base64
import hmac
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Protocol

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from punchcard.accounts.subjects import Subject
from punchcard.db.database import Database
from punchcard.kit.clock import Clock
from punchcard.kit.errors import invalid_field
from punchcard.kit.i18n import N_
from punchcard.kit.ids import as_id
from punchcard.kit.secrets import derive_key
from punchcard.kit.settings import Settings
from punchcard.loyalty import pin_counters
from punchcard.loyalty.models import StaffPin
from punchcard.loyalty.operations import StaffIdentity
from punchcard.loyalty.pin_counters import Miss
from punchcard.loyalty.pin_errors import PinTooSimple, StaffPinInvalid, StaffPinLocked
from punchcard.loyalty.rules.pin_rules import is_pin, is_too_simple

_NOT_A_PIN = N_("Must be 4 to 8 digits.")


class PinHasher(Protocol):
    """Hashes slowly, a few at once."""

    def hash(self, plain: bytes, cost: int) -> str:
        """Return the bcrypt hash of `plain`."""

    def verify(self, plain: bytes, hashed: str) -> bool:
        """Tell whether `plain` is what `hashed` was made of."""


@dataclass(frozen=True, slots=True)
class PreparedPin:
    """A new PIN, ready to be stored: made before the transaction, because hashing takes long."""

    pin_hash: str
    pin_index: bytes


@dataclass(frozen=True, slots=True)
class PinHit:
    """A right PIN: whose it is, and the generation that a staff token of it carries."""

    identity: StaffIdentity
    generation: int


@dataclass(frozen=True, slots=True)
class _Candidate:
    """The one row a typed PIN is compared with; `pin` None means that there is none."""

    pin: StaffPin | None
    is_named: bool


class PinDesk:
    """Prepares new PINs and checks typed ones."""

    def __init__(
        self, database: Database, hasher: PinHasher, clock: Clock, settings: Settings
    ) -> None:
        self._database = database
        self._hasher = hasher
        self._clock = clock
        self._cost = settings.pin_bcrypt_cost
        self._hash_key = derive_key(settings.pin_pepper, "punchcard pin hash")
        self._index_key = derive_key(settings.pin_pepper, "punchcard pin index")
        # A well-formed hash that belongs to nobody: comparing with it takes as long as any other.
        self._nobodys_hash = f"$2b${self._cost:02d}${'.' * 53}"

    def prepare(self, vendor_id: str, pin: str) -> PreparedPin:
        """Return what is kept of a new PIN; takes one bcrypt.

        Raises InvalidInput if it is not 4 to 8 digits, PinTooSimple.
        """
        if not is_pin(pin):
            raise invalid_field("pin", message=_NOT_A_PIN)
        if is_too_simple(pin):
            raise PinTooSimple()
        pin_hash = self._hasher.hash(self._peppered(pin), self._cost)
        return PreparedPin(pin_hash, self._index(vendor_id, pin))

    def verify(self, subject: Subject, pin: str, staff_id: str | None = None) -> StaffIdentity:
        """Return whose PIN it is; see `check`."""
        return self.check(subject, pin, staff_id).identity

    def check(self, subject: Subject, pin: str, staff_id: str | None = None) -> PinHit:
        """Compare a PIN that `subject` typed, and count the outcome.

        `staff_id` names the person: a StaffPin's id or its staff_id.
        Raises InvalidInput if it is not 4 to 8 digits, StaffPinInvalid(remaining_attempts), and
        StaffPinLocked(locked_until) for a person or a credential with too many wrong ones.
        """
        if not is_pin(pin):
            raise invalid_field("staff_pin", message=_NOT_A_PIN)
        vendor_id = subject.vendor_id or ""
        now = self._clock.now()
        with self._database.read() as session:
            candidate = self._find(session, vendor_id, pin, staff_id)
            self._refuse_locked(session, candidate, subject, now)
        found = candidate.pin
        hashed = found.pin_hash if found is not None else self._nobodys_hash
        is_right = self._hasher.verify(self._peppered(pin), hashed)
        if found is not None and is_right and self._is_counted_as_right(candidate, subject):
            identity = StaffIdentity(found.id, found.staff_id, found.name, found.program_id)
            return PinHit(identity, found.generation)
        raise self._counted_as_wrong(candidate, subject, vendor_id)

    def _find(self, session: Session, vendor_id: str, pin: str, staff_id: str | None) -> _Candidate:
        in_use = select(StaffPin).where(
            StaffPin.vendor_id == vendor_id, StaffPin.retired_at.is_(None)
        )
        if staff_id is None:
            index = self._index(vendor_id, pin)
            return _Candidate(session.scalar(in_use.where(StaffPin.pin_index == index)), False)
        is_meant = StaffPin.staff_id == staff_id
        pin_id = as_id(staff_id)
        if pin_id is not None:
            is_meant = or_(StaffPin.id == pin_id, is_meant)
        rows = session.scalars(in_use.where(is_meant)).all()
        # An id comes before somebody's staff_id that happens to look like it.
        found = next((row for row in rows if row.id == pin_id), rows[0] if rows else None)
        return _Candidate(found, found is not None)

    def _refuse_locked(
        self, session: Session, candidate: _Candidate, subject: Subject, now: datetime
    ) -> None:
        if candidate.is_named and candidate.pin is not None:
            until = candidate.pin.locked_until
        else:
            until = pin_counters.credential_locked_until(session, subject)
        if until is not None and until > now:
            raise _locked(until, now)

    def _is_counted_as_right(self, candidate: _Candidate, subject: Subject) -> bool:
        """Write the success down; False if the PIN was changed or retired in the meantime.

        Raises StaffPinLocked if the person, or the credential of an unnamed entry, is locked now.
        """
        pin = candidate.pin
        if pin is None:
            return False
        now = self._clock.now()
        with self._database.write() as session:
            if not candidate.is_named:
                until = pin_counters.credential_locked_until(session, subject)
                if until is not None and until > now:
                    raise _locked(until, now)
            if pin_counters.count_hit(session, pin, now=now):
                return True
            until = pin_counters.person_locked_until(session, pin.id)
            if until is not None and until > now:
                raise _locked(until, now)
        return False

    def _counted_as_wrong(
        self, candidate: _Candidate, subject: Subject, vendor_id: str
    ) -> StaffPinInvalid | StaffPinLocked:
        """Count the failure in a transaction of its own, and return the refusal to raise."""
        now = self._clock.now()
        with self._database.write() as session:
            if candidate.is_named and candidate.pin is not None:
                miss = pin_counters.count_miss_of_person(session, candidate.pin, now=now)
            else:
                miss = pin_counters.count_miss_of_credential(
                    session, subject, vendor_id=vendor_id, now=now
                )
        return _refusal(miss, now)

    def _peppered(self, pin: str) -> bytes:
        # bcrypt stops at a NUL byte, so the digest is written as text.
        return base64.b64encode(hmac.digest(self._hash_key, pin.encode(), "sha256"))

    def _index(self, vendor_id: str, pin: str) -> bytes:
        return hmac.digest(self._index_key, f"{vendor_id}|{pin}".encode(), "sha256")


def _refusal(miss: Miss, now: datetime) -> StaffPinInvalid | StaffPinLocked:
    if not miss.was_open and miss.locked_until is not None:
        return _locked(miss.locked_until, now)
    if miss.locked_until is None:
        return StaffPinInvalid(remaining_attempts=miss.remaining_attempts)
    return StaffPinInvalid(remaining_attempts=0, locked_until=miss.locked_until)


def _locked(until: datetime, now: datetime) -> StaffPinLocked:
    seconds = max(1, ceil((until - now).total_seconds()))
    return StaffPinLocked(locked_until=until, retry_after_seconds=seconds)
