"""Signing in by e-mail address and password, and the sessions that come of it."""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from punchcard.accounts import checks, throttle, user_service
from punchcard.accounts.access.hashing import Hasher, password_bytes
from punchcard.accounts.access.rate_limit import PublicLimits, counted_address
from punchcard.accounts.audit_service import Act, record_act
from punchcard.accounts.errors import (
    CredentialsInvalid,
    NotAllowed,
    PasswordWrong,
    SessionNotFound,
    VendorSuspended,
)
from punchcard.accounts.events import CredentialChanged, SubjectChanged
from punchcard.accounts.models import AccessToken, Admin, User, Vendor
from punchcard.accounts.security.desk import SecurityDesk
from punchcard.accounts.subjects import ACCESS_PREFIX, ADMIN_PERMISSIONS, ROLES, Subject
from punchcard.accounts.throttle import Failure, Limit
from punchcard.accounts.vocabulary import SecurityEvent, SubjectKind, VendorStatus
from punchcard.db.database import Database
from punchcard.db.events import announce
from punchcard.kit.clock import Clock
from punchcard.kit.ids import Ids, SessionId, as_id
from punchcard.kit.secrets import derive_key, hash_token
from punchcard.kit.security.request_origin import request_origin
from punchcard.kit.settings import Settings
from punchcard.kit.validation.contacts import email_forms

_USER_AGENT_CHARACTERS = 200


@dataclass(frozen=True, kw_only=True)
class SignedIn:
    """A new session: the token is shown once."""

    access_token: str
    expires_at: datetime
    subject: Subject


class SignIn:
    """Checks passwords.

    It opens its own transactions, because a check is four steps: take a place in the queue for
    bcrypt, count the attempt and commit, run bcrypt outside of any transaction, then write down
    what came of it. Who gets no place has cost nothing, and is not counted.
    """

    def __init__(
        self,
        *,
        database: Database,
        hasher: Hasher,
        limits: PublicLimits,
        security: SecurityDesk,
        clock: Clock,
        ids: Ids,
        settings: Settings,
    ) -> None:
        self._database = database
        self._hasher = hasher
        self._limits = limits
        self._security = security
        self._clock = clock
        self._ids = ids
        self._cost = settings.password_bcrypt_cost
        self._session_time = timedelta(hours=settings.access_token_hours)
        self._limit = Limit(
            attempts=settings.sign_in_attempts,
            block_seconds=settings.sign_in_slowdown_seconds,
            block_limit_seconds=settings.sign_in_slowdown_limit_seconds,
        )
        self._key = derive_key(settings.secret_key, "punchcard sign-in throttle")
        # Nobody's hash: an unknown address costs the same time as a known one.
        self._nobodys_hash = f"$2b${self._cost:02d}$" + "." * 53

    def sign_in(
        self,
        email: str,
        password: str,
        *,
        asked_from: str,
        user_agent: str | None,
        request_id: str | None,
    ) -> SignedIn:
        """Open a session for the person with this address and password.

        `asked_from` is the network address of who asks. Raises TooManyRequests for who asks too
        often, before anything is done; CredentialsInvalid, the same and as slowly for an unknown
        address; TooManyRequests after repeated failures; HasherBusy; and VendorSuspended when the
        password was right.
        """
        caller = counted_address(asked_from)
        self._limits.sign_ins.take(caller)
        with self._hasher.place(caller):
            failure = self._count(email)
            with self._database.read() as session:
                person = find_person(session, email)
            hashed = person.password_hash if person is not None else self._nobodys_hash
            is_right = self._hasher.verify_in_place(password_bytes(password), hashed)
        if person is None or not is_right:
            self._note_refused(email)
            raise CredentialsInvalid
        return self._open_session(failure, person, user_agent, request_id)

    def change_password(
        self, subject: Subject, *, current: str, new: str, request_id: str | None
    ) -> None:
        """Set the caller's own password and end their other sessions.

        Raises PasswordWrong, TooManyRequests after repeated failures, HasherBusy, and NotAllowed
        for callers that have no password.
        """
        checks.password("new_password", new)
        failure = self._confirm(subject, current)
        hashed = self.hash_password(new, caller=subject.id)
        act = Act(subject=subject, now=self._clock.now(), ids=self._ids, request_id=request_id)
        with self._database.write() as session:
            throttle.reset(session, failure.key)
            set_password(session, act, load_person(session, subject), hashed)

    def confirm_password(self, subject: Subject, current: str) -> None:
        """Let a caller through who knows their own password; raises like `change_password`."""
        failure = self._confirm(subject, current)
        with self._database.write() as session:
            throttle.reset(session, failure.key)

    def hash_password(
        self, password: str, field: str = "password", *, caller: str | None = None
    ) -> str:
        """Return the hash to store of a new password; call it outside of transactions.

        `caller` is who has a share of the queue for it, see `Hasher.place`.
        Raises InvalidInput for a password that is too short or long, HasherBusy, TooManyRequests.
        """
        plain = password_bytes(checks.password(field, password))
        return self._hasher.hash(plain, self._cost, caller=caller)

    def reset_failures(self, session: Session, email: str) -> None:
        """Forget the wrong passwords typed for an address: its owner has chosen another one."""
        throttle.reset(session, self._throttle_key(email))

    def _confirm(self, subject: Subject, current: str) -> Failure:
        with self._database.read() as session:
            person = load_person(session, subject)
        with self._hasher.place(subject.id):
            failure = self._count(person.email)
            plain = password_bytes(current)
            is_right = self._hasher.verify_in_place(plain, person.password_hash)
        if not is_right:
            event = SecurityEvent.PASSWORD_REFUSED
            self._security.note(event, request_origin.get(), actor=subject)
            raise PasswordWrong
        return failure

    def _note_refused(self, typed: str) -> None:
        account = self._security.account(address_of(typed))
        event = SecurityEvent.SIGN_IN_REFUSED
        self._security.note(event, request_origin.get(), account=account)

    def _count(self, address: str) -> Failure:
        key = self._throttle_key(address)
        with self._database.write() as session:
            return throttle.fail(session, key, limit=self._limit, now=self._clock.now())

    def _throttle_key(self, address: str) -> str:
        counted = address_of(address).encode("utf-8", "replace")
        digest = hmac.digest(self._key, counted, "sha256")
        return f"sign_in:{digest.hex()}"

    def _open_session(
        self,
        failure: Failure,
        person: User | Admin,
        user_agent: str | None,
        request_id: str | None,
    ) -> SignedIn:
        now = self._clock.now()
        token = ACCESS_PREFIX + self._ids.new_token()
        with self._database.write() as session:
            throttle.reset(session, failure.key)
            row = AccessToken(
                id=self._ids.new_id(),
                user_id=person.id if isinstance(person, User) else None,
                admin_id=person.id if isinstance(person, Admin) else None,
                token_hash=hash_token(token),
                user_agent=(user_agent or "")[:_USER_AGENT_CHARACTERS] or None,
                created_at=now,
                expires_at=now + self._session_time,
            )
            subject = _signed_in(session, person, row.id)
            session.add(row)
            session.flush()
            act = Act(subject=subject, now=now, ids=self._ids, request_id=request_id)
            of = ("session", row.id)
            record_act(session, act, "session.opened", of=of, vendor_id=subject.vendor_id)
        return SignedIn(access_token=token, expires_at=row.expires_at, subject=subject)


def list_sessions(
    session: Session, subject: Subject, *, now: datetime, before_id: str | None, limit: int
) -> list[AccessToken]:
    """Return the caller's sessions that are still open, newest first."""
    query = _own_sessions(subject).where(AccessToken.expires_at > now)
    if before_id is not None:
        query = query.where(AccessToken.id < before_id)
    return list(session.scalars(query.order_by(AccessToken.id.desc()).limit(limit)))


def revoke_session(session: Session, act: Act, session_id: SessionId) -> None:
    """End one of the caller's own sessions; raises SessionNotFound."""
    wanted = as_id(session_id)
    query = _own_sessions(act.subject).where(AccessToken.id == wanted)
    row = session.scalar(query.with_for_update()) if wanted else None
    if row is None:
        raise SessionNotFound
    row.revoked_at = act.now
    announce(session, CredentialChanged(row.id))
    of = ("session", row.id)
    record_act(session, act, "session.revoked", of=of, vendor_id=act.subject.vendor_id)


def revoke_other_sessions(session: Session, act: Act) -> int:
    """End all of the caller's sessions but the one in use; returns how many there were."""
    others = _own_sessions(act.subject).where(
        AccessToken.id != act.subject.credential_id, AccessToken.expires_at > act.now
    )
    rows = session.scalars(others.with_for_update()).all()
    for row in rows:
        row.revoked_at = act.now
        announce(session, CredentialChanged(row.id))
        of = ("session", row.id)
        record_act(session, act, "session.revoked", of=of, vendor_id=act.subject.vendor_id)
    return len(rows)


def set_password(session: Session, act: Act, person: User | Admin, password_hash: str) -> None:
    """Set the caller's own password; sessions other than the one in use end."""
    if isinstance(person, User):
        user_service.set_password(
            session, act, person, password_hash, keep_session=act.subject.credential_id
        )
        return
    person.password_hash = password_hash
    others = _own_sessions(act.subject).where(AccessToken.id != act.subject.credential_id)
    for row in session.scalars(others):
        row.revoked_at = act.now
    announce(session, SubjectChanged(person.id))
    of = ("admin", person.id)
    record_act(session, act, "admin.password_changed", of=of, vendor_id=None)


def find_person(session: Session, typed: str) -> User | Admin | None:
    """Return who signs in with the address that was typed; a removed user no longer has one.

    Their address may have been kept under an older rule: who is kept exactly as typed comes first.
    """
    for address in email_forms(typed):
        member = session.scalar(select(User).where(User.email == address))
        person = member or session.scalar(select(Admin).where(Admin.email == address))
        if person is not None:
            return person
    return None


def address_of(typed: str) -> str:
    """Return the one form of an address by which attempts are counted, or else what was typed."""
    forms = email_forms(typed)
    return forms[-1] if forms else typed


def load_person(session: Session, subject: Subject) -> User | Admin:
    """Return the user or admin who calls, held if in a transaction that writes."""
    person: User | Admin | None = None
    if subject.kind == SubjectKind.MEMBER:
        person = session.get(User, subject.id, with_for_update=True)
    elif subject.kind == SubjectKind.ADMIN:
        person = session.get(Admin, subject.id, with_for_update=True)
    if person is None or person.removed_at is not None:
        raise NotAllowed
    return person


def _signed_in(session: Session, person: User | Admin, session_id: SessionId) -> Subject:
    """Return the subject of a new session, unless the person changed while bcrypt ran."""
    now_stored = session.merge(person, load=False)
    session.refresh(now_stored, with_for_update=True)
    if now_stored.removed_at is not None or now_stored.password_hash != person.password_hash:
        raise CredentialsInvalid
    if isinstance(now_stored, Admin):
        return Subject(
            kind=SubjectKind.ADMIN,
            id=now_stored.id,
            permissions=ADMIN_PERMISSIONS,
            credential_id=session_id,
        )
    vendor = session.get_one(Vendor, now_stored.vendor_id)
    if vendor.status == VendorStatus.SUSPENDED:
        raise VendorSuspended
    if vendor.status == VendorStatus.CLOSED:
        raise CredentialsInvalid
    return Subject(
        kind=SubjectKind.MEMBER,
        id=now_stored.id,
        vendor_id=vendor.id,
        role=now_stored.role,
        permissions=ROLES[now_stored.role],
        language=now_stored.language or vendor.language,
        credential_id=session_id,
    )


def _own_sessions(subject: Subject) -> Select[AccessToken]:
    if subject.kind not in (SubjectKind.MEMBER, SubjectKind.ADMIN):
        raise NotAllowed
    owner = AccessToken.user_id if subject.kind == SubjectKind.MEMBER else AccessToken.admin_id
    return select(AccessToken).where(owner == subject.id, AccessToken.revoked_at.is_(None))
