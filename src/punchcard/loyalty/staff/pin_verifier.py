"""Checks a typed PIN, and counts wrong ones against the person they belong to.

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
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Protocol

from punchcard.accounts import throttle, vendor_service
from punchcard.accounts.access.hashing import cost_of, nobodys_hash
from punchcard.accounts.audit_service import Act
from punchcard.accounts.errors import HasherBusy
from punchcard.accounts.subjects import Subject
from punchcard.db.database import Database
from punchcard.kit.clock import Clock
from punchcard.kit.errors import DomainError, invalid_field
from punchcard.kit.i18n import N_
from punchcard.kit.ids import Ids, VendorId
from punchcard.kit.secrets import Digests, ServerKey
from punchcard.kit.settings import Settings
from punchcard.loyalty.errors.staff import (
    PinAlreadyUsed,
    PinTooSimple,
    StaffPinExhausted,
    StaffPinInvalid,
    StaffPinLocked,
)
from punchcard.loyalty.operations import StaffIdentity
from punchcard.loyalty.rules.pin_rules import is_pin, is_too_simple
from punchcard.loyalty.staff import pin_lockout, pin_queries
from punchcard.loyalty.staff.lock_events import record_lock
from punchcard.loyalty.staff.pin_lockout import FailedAttempt, LockGrowth
from punchcard.loyalty.staff.pin_queries import FoundPin

_NOT_A_PIN = N_("Must be 4 to 8 digits.")


class PinHasher(Protocol):
    """Hashes slowly, a few at once."""

    @property
    def taken(self) -> int:
        """Return how many PINs are being hashed or wait for it."""

    def hash(self, plain: bytes, cost: int) -> str:
        """Return the bcrypt hash of `plain`."""

    def verify(self, plain: bytes, hashed: str, *, cost: int) -> bool:
        """Return whether `plain` is what `hashed` was made of, as slowly as a hash of `cost`."""


@dataclass(frozen=True, slots=True)
class PreparedPin:
    """A new PIN, ready to be stored: made before the transaction, because hashing takes long."""

    pin_hash: str
    pin_index: bytes
    pepper_id: str
    former_indexes: tuple[bytes, ...]
    """Its index under the peppers of before: a colleague may still have it under one of them."""


@dataclass(frozen=True, slots=True)
class VerifiedPin:
    """A right PIN: whose it is, and the generation that a staff token of it carries."""

    identity: StaffIdentity
    generation: int


class PinVerifier:
    """Prepares new PINs and checks typed ones."""

    def __init__(
        self, database: Database, hasher: PinHasher, clock: Clock, ids: Ids, settings: Settings
    ) -> None:
        self._database = database
        self._hasher = hasher
        self._clock = clock
        self._ids = ids
        self._resolution = timedelta(seconds=settings.last_used_resolution_seconds)
        self._cost = settings.pin_bcrypt_cost
        self._growth = LockGrowth(
            longest=timedelta(minutes=settings.pin_longest_lock_minutes),
            forgotten_after=timedelta(hours=settings.pin_locks_forgotten_hours),
            misses=settings.pin_misses_until_exhausted,
        )
        self._peppers = settings.peppers
        self._hash_keys = dict(
            zip(self._peppers.keys, self._peppers.derived("punchcard pin hash"), strict=True)
        )
        self._indexes = Digests(self._peppers, "punchcard pin index")
        self._nobodys_hash = nobodys_hash(self._cost)

    def prepare(self, vendor_id: VendorId, pin: str) -> PreparedPin:
        """Return what is kept of a new PIN; takes one bcrypt.

        Raises InvalidInput if it is not 4 to 8 digits, PinTooSimple.
        """
        if not is_pin(pin):
            raise invalid_field("pin", message=_NOT_A_PIN)
        if is_too_simple(pin):
            raise PinTooSimple()
        current = self._peppers.current
        pin_hash = self._hasher.hash(self._peppered(pin, current), self._cost)
        index, *former = self._all_indexes(vendor_id, pin)
        return PreparedPin(pin_hash, index, current.name, tuple(former))

    @contextmanager
    def counting_taken(self, subject: Subject) -> Iterator[None]:
        """Count a new PIN that somebody has already like a wrong one, against the credential.

        Whoever sets PINs would otherwise learn which are in use, as often as they like.
        Raises StaffPinLocked, before any hashing, for a credential with too many wrong ones.
        """
        now = self._clock.now()
        with self._database.autocommit_connection() as connection:
            until = pin_queries.credential_locked_until(connection, subject)
        try:
            _refuse_locked(until, now)
        except StaffPinLocked as refusal:
            self._tell_local_time(refusal, subject)
            raise
        try:
            yield
        except PinAlreadyUsed:
            self._counted_as_wrong(None, subject)
            raise

    def verify(self, subject: Subject, pin: str, staff_id: str | None = None) -> StaffIdentity:
        """Return whose PIN it is; see `check`."""
        return self.check(subject, pin, staff_id).identity

    def check(self, subject: Subject, pin: str, staff_id: str | None = None) -> VerifiedPin:
        """Compare a PIN that `subject` typed, and count the outcome.

        `staff_id` names the person: a StaffPin's id or its staff_id.
        Raises InvalidInput if it is not 4 to 8 digits, StaffPinInvalid(remaining_attempts), and
        StaffPinLocked(locked_until) for a person or a credential with too many wrong ones, that
        moment as the vendor's clocks show it; StaffPinExhausted for a PIN that must be set anew.
        """
        if not is_pin(pin):
            raise invalid_field("staff_pin", message=_NOT_A_PIN)
        try:
            return self._checked(subject, pin, staff_id)
        except (StaffPinInvalid, StaffPinLocked) as refusal:
            self._tell_local_time(refusal, subject)
            raise

    def _tell_local_time(self, refusal: StaffPinInvalid | StaffPinLocked, subject: Subject) -> None:
        if refusal.facts.get("locked_until") is None:
            return
        with self._database.autocommit_connection() as connection:
            refusal.by_clocks_of(vendor_service.zone_of(connection, subject.vendor_id))

    def _checked(self, subject: Subject, pin: str, staff_id: str | None) -> VerifiedPin:
        found, is_named = self._find(subject, pin, staff_id)
        pepper = self._peppers.named(found.pepper_id) if found is not None else None
        # A PIN whose pepper is gone is nobody's, and takes as long as any other.
        hashed = found.pin_hash if found is not None and pepper else self._nobodys_hash
        peppered = self._peppered(pin, pepper or self._peppers.current)
        is_right = self._hasher.verify(peppered, hashed, cost=self._cost)
        if found is not None and is_right and self._counts_as_right(found, subject, is_named):
            if pepper is not self._peppers.current or cost_of(found.pin_hash) != self._cost:
                self._hash_anew(found, pin)
            identity = StaffIdentity(found.id, found.staff_id, found.name, found.program_id)
            return VerifiedPin(identity, found.generation)
        raise self._counted_as_wrong(found if is_named else None, subject)

    def _find(
        self, subject: Subject, pin: str, staff_id: str | None
    ) -> tuple[FoundPin | None, bool]:
        """Return the one PIN to compare with, if any, and whether its person was named.

        Raises StaffPinLocked if that person, or the credential of an unnamed entry, is locked, and
        StaffPinExhausted.
        """
        now = self._clock.now()
        with self._database.autocommit_connection() as connection:
            if staff_id is not None:
                found = pin_queries.find_by_name(connection, subject, staff_id)
                if found is not None:
                    _refuse_shut(found, now)
                    return found, True
                until = pin_queries.credential_locked_until(connection, subject)
            else:
                indexes = self._all_indexes(subject.vendor_id, pin)
                found, until = pin_queries.find_by_index(connection, subject, indexes)
        _refuse_locked(until, now)
        return found, False

    def _counts_as_right(self, pin: FoundPin, subject: Subject, is_named: bool) -> bool:
        """Write the success down; False if the PIN was changed or retired in the meantime.

        When there is nothing to write, looking once more is enough.
        Raises StaffPinLocked if the person, or the credential of an unnamed entry, is locked now,
        and StaffPinExhausted.
        """
        now = self._clock.now()
        with self._database.autocommit_connection() as connection:
            current = pin_queries.find_again(connection, subject, pin)
        if current is None:
            return False
        if not is_named:
            _refuse_locked(current.credential_locked_until, now)
        _refuse_shut(current, now)
        if not self._is_worth_writing(current, now):
            return True
        with self._database.write_connection() as connection:
            if pin_lockout.record_success(connection, pin.id, pin.generation, now=now):
                return True
            current = pin_queries.find_again(connection, subject, pin)
            if current is not None:
                _refuse_shut(current, now)
        return False

    def _is_worth_writing(self, pin: FoundPin, now: datetime) -> bool:
        if pin.misses or pin.locked_until is not None or pin.last_used_at is None:
            return True
        return pin.last_used_at <= now - self._resolution

    def _counted_as_wrong(self, pin: FoundPin | None, subject: Subject) -> DomainError:
        """Count the failure in a transaction of its own, and return the refusal to raise.

        A lock that it leads to stands in the audit trail.
        """
        now, growth = self._clock.now(), self._growth
        with self._database.write_connection() as connection:
            if pin is not None:
                miss = pin_lockout.record_failure_of_person(
                    connection, pin.id, pin.vendor_id, pin.program_id, growth, now=now
                )
            else:
                miss = pin_lockout.record_failure_of_credential(
                    connection, subject, growth, now=now
                )
            if miss.was_open and (miss.locked_until is not None or miss.exhausted_at):
                act = Act(subject=subject, now=now, ids=self._ids)
                record_lock(connection, act, pin.id if pin else None, miss)
        return StaffPinExhausted() if miss.exhausted_at else _refusal(miss, now)

    def _hash_anew(self, found: FoundPin, pin: str) -> None:
        """Keep a right PIN under the pepper and at the cost in use.

        The next time, if anybody else's is being hashed: nobody at a counter waits behind it.
        """
        if self._hasher.taken:
            return
        current = self._peppers.current
        try:
            pin_hash = self._hasher.hash(self._peppered(pin, current), self._cost)
        except HasherBusy:
            return
        index = self._all_indexes(found.vendor_id, pin)[0]
        with self._database.write_connection() as connection:
            pin_queries.hash_anew(
                connection, found, pin_hash=pin_hash, pin_index=index, pepper_id=current.name
            )

    def _peppered(self, pin: str, pepper: ServerKey) -> bytes:
        # bcrypt stops at a NUL byte, so the digest is written as text.
        return base64.b64encode(hmac.digest(self._hash_keys[pepper], pin.encode(), "sha256"))

    def _all_indexes(self, vendor_id: VendorId | None, pin: str) -> tuple[bytes, ...]:
        """Return the index of a PIN under each pepper, that in use first."""
        return self._indexes.any_of(f"{vendor_id}|{pin}".encode())


def _refuse_shut(pin: FoundPin, now: datetime) -> None:
    if pin.exhausted_at is not None:
        raise StaffPinExhausted()
    _refuse_locked(pin.locked_until, now)


def _refuse_locked(until: datetime | None, now: datetime) -> None:
    if until is not None and throttle.holds(until, now):
        raise _locked(until, now)


def _refusal(miss: FailedAttempt, now: datetime) -> StaffPinInvalid | StaffPinLocked:
    if not miss.was_open and miss.locked_until is not None:
        return _locked(miss.locked_until, now)
    if miss.locked_until is None:
        return StaffPinInvalid(remaining_attempts=miss.remaining_attempts)
    return StaffPinInvalid(remaining_attempts=0, locked_until=miss.locked_until)


def _locked(until: datetime, now: datetime) -> StaffPinLocked:
    seconds = max(1, ceil((until - now).total_seconds()))
    return StaffPinLocked(locked_until=until, retry_after_seconds=seconds)
