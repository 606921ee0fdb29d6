"""Passkeys: a device signs with them, beside a password or in its place.

No false page can ask for it.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from punchcard.accounts.access.attempts import Attempts
from punchcard.accounts.access.factor_models import Passkey, SecondFactor
from punchcard.accounts.access.factor_rows import (
    changed,
    free_sessions,
    owned,
    owner_columns,
    passkeys_of,
)
from punchcard.accounts.access.people import load_person, person_of
from punchcard.accounts.access.relying_party import Credential, RelyingParty
from punchcard.accounts.access.second_factor import (
    CHALLENGE_LIFE,
    AnsweredChallenge,
    SecondFactors,
    answered_challenge,
)
from punchcard.accounts.access.session_service import revoke_other_sessions
from punchcard.accounts.audit_service import Act, record_act
from punchcard.accounts.errors import (
    LinkInvalid,
    PasskeyInvalid,
    PasskeyNotFound,
    PasskeysFull,
    SecondFactorNeeded,
)
from punchcard.accounts.links import LinkTokens
from punchcard.accounts.models import Admin, User
from punchcard.accounts.subjects import Subject
from punchcard.accounts.vocabulary import SignInWay, SubjectKind
from punchcard.db.database import Database
from punchcard.kit.clock import Clock
from punchcard.kit.ids import Ids, as_id
from punchcard.kit.security.url_base64 import from_url_base64, to_url_base64
from punchcard.kit.settings import Settings
from punchcard.kit.validation import texts
from punchcard.kit.validation.invalid import check_field

PASSKEYS_LIMIT: Final = 20
"""How many passkeys a person can have."""

NAME_CHARACTERS: Final = 60
_CHALLENGE_BYTES: Final = 32
_MICROSECOND: Final = timedelta(microseconds=1)
_EPOCH: Final = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


@dataclass(frozen=True, kw_only=True)
class PasskeyAsk:
    """What a browser is to ask of a device, good for five minutes.

    `token` comes back with the device's answer; nothing is kept until then.
    """

    options: dict[str, Any]
    token: str


@dataclass(frozen=True, kw_only=True)
class NewPasskey:
    """A passkey that was added; `recovery_codes` with the first second factor, shown this once."""

    passkey: Passkey
    recovery_codes: list[str] | None


class Passkeys:
    """Adds passkeys, checks what they sign, and removes them.

    What is asked carries its own challenge, sealed. An answer counts once: a passkey takes none
    that was asked before its last use. Like SecondFactors it opens its own transactions.
    """

    def __init__(
        self,
        *,
        database: Database,
        attempts: Attempts,
        factors: SecondFactors,
        clock: Clock,
        ids: Ids,
        settings: Settings,
    ) -> None:
        self._database = database
        self._attempts = attempts
        self._factors = factors
        self._clock = clock
        self._ids = ids
        self._party = RelyingParty(settings.base_url)
        self._additions = LinkTokens(settings.keys, "passkey addition", clock)
        self._sign_ins = LinkTokens(settings.keys, "passkey sign-in", clock)
        self._whole_sign_ins = LinkTokens(settings.keys, "passkey alone", clock)

    @property
    def is_available(self) -> bool:
        """Return whether browsers have passkeys for this server: it has a name, and https."""
        return self._party.is_available

    def begin(self, subject: Subject) -> PasskeyAsk:
        """Return what a browser asks a device for, to make a passkey of the caller's.

        It is for the session in use. Raises PasskeysUnavailable, PasskeysFull, NotAllowed.
        """
        self._party.require_available()
        with self._database.read() as session:
            person = load_person(session, subject)
            known = passkeys_of(session, person)
        _require_room(known)
        challenge = secrets.token_bytes(_CHALLENGE_BYTES)
        options = self._party.creation(
            challenge=challenge,
            handle=person.id.encode(),
            email=person.email,
            name=person.name,
            known=known,
        )
        facts = {"kind": subject.kind, "id": person.id, "session": subject.credential_id}
        return PasskeyAsk(options=options, token=self._seal(self._additions, challenge, facts))

    def finish(
        self,
        subject: Subject,
        token: str,
        credential: Credential,
        *,
        name: str,
        request_id: str | None,
    ) -> NewPasskey:
        """Add the passkey that a device made for the caller, called `name`.

        Raises PasskeyInvalid, PasskeysFull, PasskeysUnavailable, TooManyRequests, InvalidInput.
        """
        self._party.require_available()
        name = check_field("name", texts.one_line, name, minimum=1, maximum=NAME_CHARACTERS)
        try:
            facts = self._additions.read(token)
        except LinkInvalid:
            raise PasskeyInvalid from None
        asked = (facts["kind"], facts["id"], facts["session"])
        if asked != (subject.kind, subject.id, subject.credential_id):
            raise PasskeyInvalid
        act = self._act(subject, request_id)
        with self._database.write() as session:
            attempt = self._attempts.count_second_factor(session, facts["id"], now=act.now)
        made = self._party.check_new(credential, _challenge(facts))
        with self._database.write() as session:
            self._attempts.forget(session, attempt)
            person = load_person(session, subject)
            is_first = not self._factors.has_one(session, person)
            _require_room(passkeys_of(session, person))
            row = Passkey(
                id=act.ids.new_id(),
                **owner_columns(person),
                name=name,
                credential_id=made.credential_id,
                public_key=made.credential_public_key,
                sign_count=made.sign_count,
                transports=self._party.transports(credential),
                created_at=act.now,
            )
            _add(session, row)
            if is_first:
                revoke_other_sessions(session, act)
            free_sessions(session, person)
            self._factors.note(session, act, person, "passkey_added")
            codes = self._factors.new_recovery_codes(session, act, person) if is_first else None
            return NewPasskey(passkey=row, recovery_codes=codes)

    def remove(self, subject: Subject, passkey_id: str, *, request_id: str | None) -> None:
        """Remove one of the caller's passkeys; with the last factor the recovery codes go too.

        Raises PasskeyNotFound, and SecondFactorNeeded for the last of who must have a second
        factor.
        """
        act = self._act(subject, request_id)
        with self._database.write() as session:
            person = load_person(session, subject)
            known = passkeys_of(session, person)
            row = _own(known, passkey_id)
            app = select(SecondFactor.id).where(owned(SecondFactor, person))
            if len(known) > 1 or session.scalar(app) is not None:
                session.delete(row)
                self._factors.note(session, act, person, "passkey_removed")
            elif self._factors.is_required(session, person):
                raise SecondFactorNeeded
            else:
                self._factors.remove(session, act, person)

    def rename(
        self, subject: Subject, passkey_id: str, name: str, *, request_id: str | None
    ) -> Passkey:
        """Call one of the caller's passkeys `name`. Raises PasskeyNotFound, InvalidInput."""
        name = check_field("name", texts.one_line, name, minimum=1, maximum=NAME_CHARACTERS)
        act = self._act(subject, request_id)
        with self._database.write() as session:
            row = _own(passkeys_of(session, load_person(session, subject)), passkey_id)
            old, row.name = row.name, name
            record_act(
                session,
                act,
                f"{subject.kind}.passkey_renamed",
                of=(subject.kind, subject.id or ""),
                vendor_id=subject.vendor_id,
                old={"name": old},
                new={"name": name},
            )
            return row

    def ask_anybody(self) -> PasskeyAsk:
        """Return what a browser asks a device for, of whom has said nothing yet.

        Raises PasskeysUnavailable.
        """
        self._party.require_available()
        challenge = secrets.token_bytes(_CHALLENGE_BYTES)
        options = self._party.request_anybody(challenge=challenge)
        return PasskeyAsk(options=options, token=self._seal(self._whole_sign_ins, challenge, {}))

    def answer_alone(self, token: str, credential: Credential) -> AnsweredChallenge:
        """Return whose passkey signed what `ask_anybody` asked, with no password.

        Raises LinkInvalid for what is over, PasskeyInvalid, TooManyRequests after several.
        """
        facts = self._whole_sign_ins.read(token)
        with self._database.read() as session:
            facts |= self._holder(session, credential)
        person = self._answer(facts, credential, is_alone=True)
        return AnsweredChallenge(person, SignInWay.PASSKEY)

    def ask(self, challenge_token: str) -> PasskeyAsk | None:
        """Return what a browser asks a device for, of whom has typed the right password.

        None for who has no passkey. Raises LinkInvalid for a challenge that is over.
        """
        facts = self._factors.read_challenge(challenge_token)
        if not self.is_available:
            return None
        with self._database.read() as session:
            person = self._factors.person_of_challenge(session, facts)
            known = passkeys_of(session, person)
        if not known:
            return None
        challenge = secrets.token_bytes(_CHALLENGE_BYTES)
        options = self._party.request(challenge=challenge, known=known)
        return PasskeyAsk(options=options, token=self._seal(self._sign_ins, challenge, facts))

    def answer(self, token: str, credential: Credential) -> AnsweredChallenge:
        """Return whose passkey signed what was asked.

        Raises LinkInvalid for what is over, PasskeyInvalid, TooManyRequests after several.
        """
        facts = self._sign_ins.read(token)
        return answered_challenge(self._answer(facts, credential), facts)

    def _holder(self, session: Session, credential: Credential) -> dict[str, Any]:
        """Return whose passkey an answer is of; its device must know them by the same name."""
        credential_id = self._party.credential_id(credential)
        row = session.scalar(select(Passkey).where(Passkey.credential_id == credential_id))
        if row is None:
            raise PasskeyInvalid
        person_id = row.user_id or row.admin_id or ""
        if self._party.handle(credential) != person_id.encode():
            raise PasskeyInvalid
        kind = SubjectKind.ADMIN if row.user_id is None else SubjectKind.MEMBER
        return {"kind": kind, "id": person_id}

    def _answer(
        self, facts: dict[str, Any], credential: Credential, *, is_alone: bool = False
    ) -> User | Admin:
        with self._database.write() as session:
            attempt = self._attempts.count_second_factor(
                session, facts["id"], now=self._clock.now()
            )
        with self._database.write() as session:
            whose = person_of if is_alone else self._factors.person_of_challenge
            person = whose(session, facts)
            try:
                self._use(session, person, facts, credential, is_alone=is_alone)
            except PasskeyInvalid:
                self._factors.note_refused(person, PasskeyInvalid.code)
                raise
            self._attempts.forget(session, attempt)
        return person

    def _use(
        self,
        session: Session,
        person: User | Admin,
        facts: dict[str, Any],
        credential: Credential,
        *,
        is_alone: bool,
    ) -> None:
        """Use an answer up; of two that show the same at once, one gets nothing."""
        credential_id = self._party.credential_id(credential)
        row = session.scalar(
            select(Passkey).where(owned(Passkey, person), Passkey.credential_id == credential_id)
        )
        if row is None:
            raise PasskeyInvalid
        shown = self._party.check(credential, _challenge(facts), row, is_alone=is_alone)
        asked_at = _EPOCH + facts["asked"] * _MICROSECOND
        # Devices that do not count are told from replays by this alone.
        unused = update(Passkey).where(
            Passkey.id == row.id,
            Passkey.sign_count == row.sign_count,
            or_(Passkey.last_used_at.is_(None), Passkey.last_used_at < asked_at),
        )
        now = self._clock.now()
        if not changed(session, unused.values(sign_count=shown.new_sign_count, last_used_at=now)):
            raise PasskeyInvalid

    def _seal(self, tokens: LinkTokens, challenge: bytes, facts: dict[str, Any]) -> str:
        now = self._clock.now()
        asked = (now - _EPOCH) // _MICROSECOND
        sealed = {**facts, "challenge": to_url_base64(challenge), "asked": asked}
        return tokens.issue(sealed, expires_at=now + CHALLENGE_LIFE)

    def _act(self, subject: Subject, request_id: str | None) -> Act:
        now = self._clock.now()
        return Act(subject=subject, now=now, ids=self._ids, request_id=request_id)


def _own(known: list[Passkey], passkey_id: str) -> Passkey:
    row = next((one for one in known if one.id == as_id(passkey_id)), None)
    if row is None:
        raise PasskeyNotFound
    return row


def _challenge(facts: dict[str, Any]) -> bytes:
    challenge = from_url_base64(facts["challenge"])
    if challenge is None:
        raise LinkInvalid
    return challenge


def _require_room(known: list[Passkey]) -> None:
    if len(known) >= PASSKEYS_LIMIT:
        raise PasskeysFull


def _add(session: Session, row: Passkey) -> None:
    """Add a row, unless somebody has the same credential already. Raises PasskeyInvalid."""
    session.add(row)
    try:
        session.flush()
    except IntegrityError:
        raise PasskeyInvalid from None
