"""The sessions of people who signed in: listed, ended, and confirmed by a password typed again."""

from datetime import datetime, timedelta

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session

from punchcard.accounts import user_service
from punchcard.accounts.access.credentials import has_idle_end
from punchcard.accounts.audit_service import Act, record_act
from punchcard.accounts.errors import ConfirmationRequired, NotAllowed, SessionNotFound
from punchcard.accounts.events import CredentialChanged, SubjectChanged
from punchcard.accounts.models import AccessToken, Admin, User
from punchcard.accounts.subjects import Subject
from punchcard.accounts.vocabulary import SubjectKind
from punchcard.db.database import Database
from punchcard.db.events import announce
from punchcard.kit.clock import Clock
from punchcard.kit.ids import SessionId, as_id
from punchcard.kit.settings import Settings


class SessionRules:
    """When sessions end by themselves, and for what they must be confirmed."""

    def __init__(self, database: Database, clock: Clock, settings: Settings) -> None:
        self._database = database
        self._clock = clock
        self._idle = timedelta(minutes=settings.session_idle_minutes)
        self._confirmed = timedelta(minutes=settings.confirm_minutes)

    def idle_end(self, subject: Subject) -> timedelta | None:
        """Return after how long without use a person's sessions end, None for never."""
        return self._idle if self._idle and has_idle_end(subject) else None

    def require_confirmed(self, subject: Subject) -> None:
        """Let a caller through who signed in, or confirmed it, within `confirm_minutes`.

        Software is not asked, an API key and a device have no password; with 0 minutes nobody is.
        Raises ConfirmationRequired.
        """
        if subject.kind not in (SubjectKind.MEMBER, SubjectKind.ADMIN) or not self._confirmed:
            return
        with self._database.read() as session:
            row = session.get(AccessToken, subject.credential_id)
        if row is None:
            raise ConfirmationRequired
        if self._clock.now() - (row.confirmed_at or row.created_at) > self._confirmed:
            raise ConfirmationRequired


def list_sessions(
    session: Session,
    subject: Subject,
    *,
    now: datetime,
    idle: timedelta | None,
    before_id: str | None,
    limit: int,
) -> list[AccessToken]:
    """Return the caller's sessions that are still open, newest first.

    With `idle` those that were not used for so long are not: they have ended.
    """
    query = own_sessions(subject).where(AccessToken.expires_at > now)
    if idle is not None:
        used_at = func.coalesce(AccessToken.last_used_at, AccessToken.created_at)
        is_current = AccessToken.id == subject.credential_id
        query = query.where((used_at > now - idle) | is_current)
    if before_id is not None:
        query = query.where(AccessToken.id < before_id)
    return list(session.scalars(query.order_by(AccessToken.id.desc()).limit(limit)))


def revoke_session(session: Session, act: Act, session_id: SessionId) -> None:
    """End one of the caller's own sessions; raises SessionNotFound."""
    wanted = as_id(session_id)
    query = own_sessions(act.subject).where(AccessToken.id == wanted)
    row = session.scalar(query.with_for_update()) if wanted else None
    if row is None:
        raise SessionNotFound
    _revoke(session, act, row)


def revoke_other_sessions(session: Session, act: Act) -> int:
    """End all of the caller's sessions but the one in use; returns how many there were."""
    others = own_sessions(act.subject).where(
        AccessToken.id != act.subject.credential_id, AccessToken.expires_at > act.now
    )
    rows = session.scalars(others.with_for_update()).all()
    for row in rows:
        _revoke(session, act, row)
    return len(rows)


def revoke_all_sessions(session: Session, act: Act, person: User | Admin) -> None:
    """End all sessions of a person: what they sign in with has changed."""
    owner = AccessToken.user_id if isinstance(person, User) else AccessToken.admin_id
    open_ones = update(AccessToken).where(owner == person.id, AccessToken.revoked_at.is_(None))
    session.execute(
        open_ones.values(revoked_at=act.now), execution_options={"synchronize_session": False}
    )
    announce(session, SubjectChanged(person.id))


def set_password(session: Session, act: Act, person: User | Admin, password_hash: str) -> None:
    """Set the caller's own password; sessions other than the one in use end."""
    if isinstance(person, User):
        user_service.set_password(
            session, act, person, password_hash, keep_session=act.subject.credential_id
        )
        return
    person.password_hash = password_hash
    others = own_sessions(act.subject).where(AccessToken.id != act.subject.credential_id)
    for row in session.scalars(others):
        row.revoked_at = act.now
    announce(session, SubjectChanged(person.id))
    of = ("admin", person.id)
    record_act(session, act, "admin.password_changed", of=of, vendor_id=None)


def confirm_session(session: Session, subject: Subject, now: datetime) -> None:
    """Note that whoever uses this session has just shown again who they are."""
    mine = update(AccessToken).where(AccessToken.id == subject.credential_id)
    session.execute(mine.values(confirmed_at=now), execution_options={"synchronize_session": False})


def own_sessions(subject: Subject) -> Select[AccessToken]:
    """Return the query of a person's sessions that were not ended. Raises NotAllowed."""
    if subject.kind not in (SubjectKind.MEMBER, SubjectKind.ADMIN):
        raise NotAllowed
    owner = AccessToken.user_id if subject.kind == SubjectKind.MEMBER else AccessToken.admin_id
    return select(AccessToken).where(owner == subject.id, AccessToken.revoked_at.is_(None))


def _revoke(session: Session, act: Act, row: AccessToken) -> None:
    row.revoked_at = act.now
    announce(session, CredentialChanged(row.id))
    of = ("session", row.id)
    record_act(session, act, "session.revoked", of=of, vendor_id=act.subject.vendor_id)
