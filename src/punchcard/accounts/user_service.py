"""The people who sign in for a vendor, and their roles there."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from punchcard.accounts import checks
from punchcard.accounts.audit_service import Act, record_act
from punchcard.accounts.errors import EmailTaken, LastOwner, UserNotFound, VendorNotFound
from punchcard.accounts.events import SubjectChanged
from punchcard.accounts.models import AccessToken, Admin, AuditEvent, User, Vendor
from punchcard.accounts.plans import plan_limits
from punchcard.accounts.rows import apply_changes, find_own, paginate, values_of
from punchcard.accounts.vocabulary import PlanLimit, Role
from punchcard.db.events import announce
from punchcard.kit.ids import UserId, VendorId
from punchcard.kit.validation import contacts, places, texts
from punchcard.kit.validation.invalid import check_field


@dataclass(frozen=True, kw_only=True)
class NewUser:
    """A person to be added. `password_hash` was made before the transaction began.

    `is_confirmed`: an operator answers for the address; otherwise the person confirms it by a link.
    """

    email: str
    name: str
    role: Role
    password_hash: str
    language: str | None = None
    is_confirmed: bool = False


def create_user(session: Session, act: Act, vendor_id: VendorId, person: NewUser) -> User:
    """Add a person. Raises EmailTaken when the vendor has somebody with the address already.

    Who has it elsewhere is not told: an address counts only once its person has confirmed it, and
    then for one person. Of one that an operator answers for, EmailTaken says that it counts.
    Raises PlanLimitReached.
    """
    counted = select(func.count()).where(User.vendor_id == vendor_id, User.removed_at.is_(None))
    plan_limits.refuse_above(session, vendor_id, PlanLimit.USERS, counted)
    user_id = act.ids.new_id()
    address = check_field("email", contacts.email, person.email)
    user = User(
        id=user_id,
        vendor_id=vendor_id,
        confirmed_email=address if person.is_confirmed else f"{user_id}@unconfirmed.invalid",
        email=address,
        name=check_field("name", texts.one_line, person.name),
        role=checks.role("role", person.role),
        language=_language(person.language) if person.language else None,
        password_hash=person.password_hash,
        created_at=act.now,
    )
    if person.is_confirmed:
        refuse_taken_email(session, address)
    session.add(user)
    try:
        session.flush()
    except IntegrityError as error:
        raise EmailTaken from error
    new = values_of(user, ("email", "name", "role", "language"))
    record_act(session, act, "member.created", of=("member", user.id), vendor_id=vendor_id, new=new)
    return user


def list_users(
    session: Session, vendor_id: VendorId, *, after_id: str | None, limit: int
) -> list[User]:
    """Return the people of a vendor, longest there first."""
    query = select(User).where(User.vendor_id == vendor_id, User.removed_at.is_(None))
    return paginate(session, query, User, after_id, limit)


def last_sign_ins(session: Session, vendor_id: VendorId) -> dict[str, datetime]:
    """Return when each person of the vendor signed in last; who never did is not in it.

    Sessions are forgotten in time, the audit trail is not.
    """
    latest = (
        select(AuditEvent.actor_id, func.max(AuditEvent.created_at))
        .where(AuditEvent.vendor_id == vendor_id, AuditEvent.action == "session.opened")
        .group_by(AuditEvent.actor_id)
    )
    return {user_id: at for user_id, at in session.execute(latest) if user_id}


def get_user(session: Session, vendor_id: VendorId, user_id: UserId) -> User:
    """Return one person who is still there; raises UserNotFound."""
    user = find_own(session, User, vendor_id, user_id, missing=UserNotFound)
    if user.removed_at is not None:
        raise UserNotFound
    return user


def update_user(
    session: Session,
    act: Act,
    vendor_id: VendorId,
    user_id: UserId,
    changes: Mapping[str, Any],
    *,
    guard: Callable[[User], None] | None = None,
) -> User:
    """Change `name`, `role`, `language` or `password_hash`.

    A new role or password ends nothing by itself, but a new password revokes the person's
    `guard` is given the row, locked, before anything changes; what it raises ends it.
    sessions. Raises LastOwner.
    """
    user = _lock_user(session, vendor_id, user_id)
    if guard is not None:
        guard(user)
    wanted = _checked(changes)
    if user.role == Role.OWNER and wanted.get("role", Role.OWNER) != Role.OWNER:
        _refuse_last_owner(session, vendor_id)
    password_hash = wanted.pop("password_hash", None)
    if password_hash is not None:
        set_password(session, act, user, password_hash)
    old, new = apply_changes(user, wanted)
    if new:
        announce(session, SubjectChanged(user.id))
        of = ("member", user.id)
        record_act(session, act, "member.updated", of=of, vendor_id=vendor_id, old=old, new=new)
    return user


def remove_user(session: Session, act: Act, vendor_id: VendorId, user_id: UserId) -> None:
    """Remove a person and end their sessions; history keeps the name. Raises LastOwner.

    The address becomes free again, here or at another vendor.
    """
    user = _lock_user(session, vendor_id, user_id)
    if user.role == Role.OWNER:
        _refuse_last_owner(session, vendor_id)
    old = {"email": user.email, "name": user.name, "role": user.role}
    user.removed_at = act.now
    user.email = user.confirmed_email = f"{user.id}@removed.invalid"
    revoke_sessions(session, act, user_id=user.id)
    of = ("member", user.id)
    record_act(session, act, "member.removed", of=of, vendor_id=vendor_id, old=old)


def set_password(
    session: Session,
    act: Act,
    user: User,
    password_hash: str,
    *,
    keep_session: str | None = None,
) -> None:
    """Set a password and end the person's sessions, except the one to keep."""
    user.password_hash = password_hash
    revoke_sessions(session, act, user_id=user.id, keep_session=keep_session)
    of = ("member", user.id)
    record_act(session, act, "member.password_changed", of=of, vendor_id=user.vendor_id)


def revoke_sessions(
    session: Session, act: Act, *, user_id: UserId, keep_session: str | None = None
) -> None:
    """End the sessions of a user, except the one to keep."""
    query = update(AccessToken).where(
        AccessToken.user_id == user_id, AccessToken.revoked_at.is_(None)
    )
    if keep_session is not None:
        query = query.where(AccessToken.id != keep_session)
    session.execute(query.values(revoked_at=act.now))
    announce(session, SubjectChanged(user_id))


def refuse_taken_email(session: Session, email: str) -> None:
    """Raise EmailTaken when the address counts for a user of any vendor or an admin."""
    for held in (
        select(User.id).where(User.confirmed_email == email),
        select(Admin.id).where(Admin.email == email),
    ):
        if session.scalar(held) is not None:
            raise EmailTaken


def confirm_email(session: Session, user: User) -> None:
    """Let the address of a user count: a link that was sent to it was followed.

    Raises EmailTaken when it counts for somebody else.
    """
    if user.is_confirmed:
        return
    refuse_taken_email(session, user.email)
    user.confirmed_email = user.email
    try:
        session.flush()
    except IntegrityError as error:
        raise EmailTaken from error


def _lock_user(session: Session, vendor_id: VendorId, user_id: UserId) -> User:
    # The vendor's row stands for the set of its owners: two owners who demote each other at the
    # same moment take turns, and the second one finds out that there is no other left.
    if session.get(Vendor, vendor_id, with_for_update=True) is None:
        raise VendorNotFound
    return get_user(session, vendor_id, user_id)


def _refuse_last_owner(session: Session, vendor_id: VendorId) -> None:
    owners = select(func.count()).where(
        User.vendor_id == vendor_id, User.role == Role.OWNER, User.removed_at.is_(None)
    )
    if (session.scalar(owners) or 0) <= 1:
        raise LastOwner


def _checked(changes: Mapping[str, Any]) -> dict[str, Any]:
    wanted = dict(changes)
    if "name" in wanted:
        wanted["name"] = check_field("name", texts.one_line, wanted["name"])
    if "role" in wanted:
        wanted["role"] = checks.role("role", wanted["role"])
    if wanted.get("language") is not None:
        wanted["language"] = _language(wanted["language"])
    return wanted


def _language(tag: str) -> str:
    return check_field("language", places.language, tag)
