"""A second factor beside the password: one-time codes of an app, and codes for when it is lost.

Passkeys (`passkeys.py`) stand beside them: whoever has either has a second factor.
"""

import base64
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from urllib.parse import quote, urlencode

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from punchcard.accounts.access.attempts import Attempts, address_of
from punchcard.accounts.access.factor_models import Passkey, RecoveryCode, SecondFactor
from punchcard.accounts.access.factor_rows import (
    changed,
    free_sessions,
    owned,
    owner_columns,
    passkeys_of,
)
from punchcard.accounts.access.hashing import password_marks
from punchcard.accounts.access.people import (
    load_person,
    mail_to,
    person_of,
    person_subject,
    vendor_of,
)
from punchcard.accounts.access.session_service import revoke_other_sessions
from punchcard.accounts.audit_service import Act, record_act
from punchcard.accounts.errors import (
    LinkInvalid,
    SecondFactorInvalid,
    SecondFactorNeeded,
    SecondFactorNotSet,
)
from punchcard.accounts.links import LinkTokens
from punchcard.accounts.mail.mail_queue import MailQueue
from punchcard.accounts.models import Admin, User, Vendor
from punchcard.accounts.security.event_counter import SecurityEventCounter
from punchcard.accounts.subjects import Subject
from punchcard.accounts.vocabulary import Role, SecurityEvent, SignInWay
from punchcard.db.database import Database
from punchcard.kit.clock import Clock
from punchcard.kit.ids import Ids
from punchcard.kit.secrets import Sealer, totp
from punchcard.kit.security.request_origin import request_origin
from punchcard.kit.settings import Settings

RECOVERY_CODES: Final = 10
"""How many codes there are for when the app is lost; each works once."""

PERIOD_SECONDS: Final = 30
DIGITS: Final = 6
_KEY_BYTES: Final = 20
# One step before and after: phones' clocks differ (RFC 6238, section 5.2).
_STEPS_AROUND: Final = (0, -1, 1)
_SETUP_LIFE: Final = timedelta(minutes=15)
CHALLENGE_LIFE: Final = timedelta(minutes=5)
_ISSUER: Final = "Punchcard"
# 10 letters of 32: 50 bits, and a person has five attempts before a pause.
_LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"
_CODE_LETTERS: Final = 10


@dataclass(frozen=True, kw_only=True)
class SecondFactorSetup:
    """What an app needs to make codes: a key as text (base32) and as an address for its QR code.

    `token` carries it back with the first code; nothing is kept until then.
    """

    key: str
    uri: str
    token: str


@dataclass(frozen=True, kw_only=True)
class SecondFactorState:
    """What someone has of a second factor, whether they must, and how many recovery codes are left.

    `added_at` is when their app was added; `passkeys` are the oldest first.
    """

    added_at: datetime | None
    passkeys: list[Passkey]
    is_required: bool
    recovery_codes_left: int

    @property
    def is_set(self) -> bool:
        """Return whether there is a second factor of either kind."""
        return self.added_at is not None or bool(self.passkeys)


class AnsweredChallenge(NamedTuple):
    """Whose challenge was answered, and by what they had come."""

    person: User | Admin
    way: SignInWay


def answered_challenge(person: User | Admin, facts: Mapping[str, Any]) -> AnsweredChallenge:
    """Return whose challenge it was, which has these facts; one of before tells no way."""
    return AnsweredChallenge(person, SignInWay(facts.get("way", SignInWay.PASSWORD)))


class SecondFactors:
    """Sets second factors up, checks and removes them.

    A code is good once: its step is written down, by one statement, before anybody gets in. Like
    SignIn it opens its own transactions.
    """

    def __init__(
        self,
        *,
        database: Database,
        attempts: Attempts,
        mail_queue: MailQueue,
        security: SecurityEventCounter,
        clock: Clock,
        ids: Ids,
        settings: Settings,
    ) -> None:
        self._database = database
        self._attempts = attempts
        self._mail_queue = mail_queue
        self._security = security
        self._clock = clock
        self._ids = ids
        self._required = frozenset(
            word.strip() for word in settings.second_factor_required.split(",") if word.strip()
        )
        self._sealer = Sealer(settings.keys, "second factor")
        self._setups = LinkTokens(settings.keys, "second factor setup", clock)
        self._challenges = LinkTokens(settings.keys, "second factor challenge", clock)
        self._keys = settings.keys.derived("punchcard second factor")

    def is_required(self, session: Session, person: User | Admin) -> bool:
        """Return whether this person must have a second factor.

        The operator says so of admins and owners, an owner of the shop's managers.
        """
        if isinstance(person, Admin):
            return "admins" in self._required
        if person.role == Role.MANAGER:
            return session.get_one(Vendor, person.vendor_id).managers_need_second_factor
        return person.role == Role.OWNER and "owners" in self._required

    def has_one(self, session: Session, person: User | Admin) -> bool:
        """Return whether a person has set a second factor up: an app or a passkey."""
        passkey = select(Passkey.id).where(owned(Passkey, person)).limit(1)
        return self._find(session, person) is not None or session.scalar(passkey) is not None

    def state(self, subject: Subject) -> SecondFactorState:
        """Return what there is of the caller's. Raises NotAllowed for who is no person."""
        with self._database.read() as session:
            person = load_person(session, subject)
            row = self._find(session, person)
            left = select(func.count()).where(
                owned(RecoveryCode, person), RecoveryCode.used_at.is_(None)
            )
            return SecondFactorState(
                added_at=row.created_at if row is not None else None,
                passkeys=passkeys_of(session, person),
                is_required=self.is_required(session, person),
                recovery_codes_left=session.scalar(left) or 0,
            )

    def begin(self, subject: Subject) -> SecondFactorSetup:
        """Return a new key for an app of the caller's; it counts once `finish` has seen a code."""
        with self._database.read() as session:
            person = load_person(session, subject)
        key = base64.b32encode(secrets.token_bytes(_KEY_BYTES)).decode("ascii")
        facts = {"kind": subject.kind, "id": person.id, "key": key}
        token = self._setups.issue(facts, expires_at=self._clock.now() + _SETUP_LIFE)
        return self._setup(person, key, token)

    def begun(self, subject: Subject, token: str) -> SecondFactorSetup:
        """Return what was begun, to be shown again after a wrong code. Raises LinkInvalid."""
        with self._database.read() as session:
            person = load_person(session, subject)
        facts = self._setups.read(token)
        return self._setup(person, facts["key"], token)

    def finish(
        self, subject: Subject, token: str, code: str, *, request_id: str | None
    ) -> list[str]:
        """Set the caller's second factor up with its first code; returns the recovery codes.

        They are shown now and never again. One that was there before is replaced. Other sessions
        end: who knows the password may have opened one, and would remove it again.
        Raises LinkInvalid, SecondFactorInvalid, TooManyRequests.
        """
        act = self._act(subject, request_id)
        facts = self._setups.read(token)
        if (facts["kind"], facts["id"]) != (subject.kind, subject.id):
            raise SecondFactorInvalid
        with self._database.write() as session:
            attempt = self._attempts.count_second_factor(
                session, facts["id"], now=self._clock.now()
            )
        step = self._step_of(facts["key"], code)
        if step is None:
            raise SecondFactorInvalid
        with self._database.write() as session:
            self._attempts.forget(session, attempt)
            person = load_person(session, subject)
            session.execute(delete(SecondFactor).where(owned(SecondFactor, person)))
            row = SecondFactor(
                id=act.ids.new_id(), **owner_columns(person), last_step=step, created_at=act.now
            )
            row.key_sealed = self._sealer.seal(facts["key"].encode(), row.id)
            session.add(row)
            revoke_other_sessions(session, act)
            free_sessions(session, person)
            self.note(session, act, person, "second_factor_added")
            return self.new_recovery_codes(session, act, person)

    def renew_recovery_codes(self, subject: Subject, *, request_id: str | None) -> list[str]:
        """Replace the caller's recovery codes by new ones, shown now and never again.

        Raises SecondFactorNotSet.
        """
        act = self._act(subject, request_id)
        with self._database.write() as session:
            person = load_person(session, subject)
            if not self.has_one(session, person):
                raise SecondFactorNotSet
            by = person_subject(person)
            of = (by.kind, person.id)
            action = f"{by.kind}.recovery_codes_renewed"
            record_act(session, act, action, of=of, vendor_id=by.vendor_id)
            return self.new_recovery_codes(session, act, person)

    def remove_own(self, subject: Subject, *, request_id: str | None) -> None:
        """Remove the caller's second factor, passkeys too.

        Raises SecondFactorNotSet, and SecondFactorNeeded for who must have one.
        """
        act = self._act(subject, request_id)
        with self._database.write() as session:
            person = load_person(session, subject)
            if self.is_required(session, person):
                raise SecondFactorNeeded
            self.remove(session, act, person)

    def reset(self, session: Session, act: Act, person: User | Admin) -> None:
        """Remove somebody else's second factor, passkeys too, who has lost it; a mail tells them.

        Raises SecondFactorNotSet.
        """
        self.remove(session, act, person)

    def challenge(self, person: User | Admin, *, way: SignInWay = SignInWay.PASSWORD) -> str:
        """Return the token of who has typed the right password, good for five minutes.

        `way` is what they came by, where it was something else.
        """
        by = person_subject(person)
        facts = {"kind": by.kind, "id": person.id, "was": self._fingerprint(person), "way": way}
        return self._challenges.issue(facts, expires_at=self._clock.now() + CHALLENGE_LIFE)

    def read_challenge(self, token: str) -> dict[str, Any]:
        """Return the facts of a challenge, for `person_of_challenge`. Raises LinkInvalid."""
        return self._challenges.read(token)

    def person_of_challenge(self, session: Session, facts: dict[str, Any]) -> User | Admin:
        """Return whose challenge it is, held in a transaction.

        Raises LinkInvalid when there is no such person any more, or their password is another one.
        """
        person = person_of(session, facts)
        if not hmac.compare_digest(self._fingerprint(person), facts["was"]):
            raise LinkInvalid
        return person

    def note_refused(self, person: User | Admin, refusal: str) -> None:
        """Note that somebody who knows a person's password showed a wrong second factor."""
        account = self._security.account(address_of(person.email))
        event = SecurityEvent.SIGN_IN_REFUSED
        self._security.note(event, request_origin.get(), account=account, refusal=refusal)

    def answer(self, token: str, code: str) -> AnsweredChallenge:
        """Return whose challenge it is, if their app, or a recovery code, gave `code`.

        Raises LinkInvalid for a challenge that is over, SecondFactorInvalid for a code that is
        wrong or was used, TooManyRequests after several.
        """
        facts = self._challenges.read(token)
        with self._database.write() as session:
            attempt = self._attempts.count_second_factor(
                session, facts["id"], now=self._clock.now()
            )
        with self._database.write() as session:
            person = self.person_of_challenge(session, facts)
            if not self._use(session, person, code):
                self.note_refused(person, SecondFactorInvalid.code)
                raise SecondFactorInvalid
            self._attempts.forget(session, attempt)
        return answered_challenge(person, facts)

    def _use(self, session: Session, person: User | Admin, code: str) -> bool:
        """Use a code up; of two that show the same at once, one gets nothing."""
        row = self._find(session, person)
        key = self._sealer.open(row.key_sealed, row.id) if row is not None else None
        step = self._step_of(key.decode(), code) if key is not None else None
        now = self._clock.now()
        if row is not None and step is not None:
            later = update(SecondFactor).where(
                SecondFactor.id == row.id, SecondFactor.last_step < step
            )
            return changed(session, later.values(last_step=step, last_used_at=now))
        unused = update(RecoveryCode).where(
            owned(RecoveryCode, person),
            RecoveryCode.code_hash.in_(self._recovery_hashes(person, code)),
            RecoveryCode.used_at.is_(None),
        )
        return changed(session, unused.values(used_at=now))

    def _step_of(self, key: str, code: str) -> int | None:
        """Return the period that a code belongs to, None when it is of none around now."""
        typed = code.replace(" ", "")
        if len(typed) != DIGITS or not (typed.isascii() and typed.isdigit()):
            return None
        secret = base64.b32decode(key)
        now = int(self._clock.now().timestamp()) // PERIOD_SECONDS
        for around in _STEPS_AROUND:
            if hmac.compare_digest(totp(secret, now + around, DIGITS), typed):
                return now + around
        return None

    def new_recovery_codes(self, session: Session, act: Act, person: User | Admin) -> list[str]:
        """Replace a person's recovery codes; returns them as they are shown, this once."""
        session.execute(delete(RecoveryCode).where(owned(RecoveryCode, person)))
        codes = [
            "".join(secrets.choice(_LETTERS) for _ in range(_CODE_LETTERS))
            for _ in range(RECOVERY_CODES)
        ]
        for code in codes:
            session.add(
                RecoveryCode(
                    id=act.ids.new_id(),
                    **owner_columns(person),
                    code_hash=self._recovery_hashes(person, code)[0],
                    created_at=act.now,
                )
            )
        return [f"{code[:5]}-{code[5:]}" for code in codes]

    def remove(self, session: Session, act: Act, person: User | Admin) -> None:
        """Remove all of a person's second factor. Raises SecondFactorNotSet."""
        if not self.has_one(session, person):
            raise SecondFactorNotSet
        for table in (SecondFactor, Passkey, RecoveryCode):
            session.execute(delete(table).where(owned(table, person)))
        self.note(session, act, person, "second_factor_removed")

    def note(
        self, session: Session, act: Act, person: User | Admin, what: str, **changes: dict[str, str]
    ) -> None:
        """Write what was changed (`old`, `new`) into the audit trail, and mail the person so."""
        by = person_subject(person)
        of, action = (by.kind, person.id), f"{by.kind}.{what}"
        record_act(session, act, action, of=of, vendor_id=by.vendor_id, **changes)
        if person.is_confirmed and self._mail_queue.is_configured:
            self._mail_queue.enqueue(session, mail_to(person, vendor_of(session, person), what, {}))

    def _recovery_hashes(self, person: User | Admin, code: str) -> list[bytes]:
        """Return what a code is kept as, under the key in use and under those of before."""
        typed = code.replace("-", "").replace(" ", "").lower()
        # Keyed: 50 bits would be found from the database alone.
        plain = f"{person.id} {typed}".encode("utf-8", "replace")
        return [hmac.digest(key, plain, "sha256") for key in self._keys]

    def _fingerprint(self, person: User | Admin) -> str:
        mark = password_marks(person.password_hash)[0]
        return hmac.digest(self._keys[0], mark.encode(), "sha256").hex()

    def _act(self, subject: Subject, request_id: str | None) -> Act:
        now = self._clock.now()
        return Act(subject=subject, now=now, ids=self._ids, request_id=request_id)

    def _find(self, session: Session, person: User | Admin) -> SecondFactor | None:
        return session.scalar(select(SecondFactor).where(owned(SecondFactor, person)))

    @staticmethod
    def _setup(person: User | Admin, key: str, token: str) -> SecondFactorSetup:
        label = quote(f"{_ISSUER}:{person.email}", safe="@:")
        asked = urlencode({"secret": key, "issuer": _ISSUER})
        return SecondFactorSetup(key=key, uri=f"otpauth://totp/{label}?{asked}", token=token)
