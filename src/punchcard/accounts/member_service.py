"""The people who sign in for a vendor, and their roles there."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from punchcard.accounts import checks
from punchcard.accounts.audit_service import Act, record_act
from punchcard.accounts.errors import EmailTaken, LastOwner, MemberNotFound, VendorNotFound
from punchcard.accounts.events import SubjectChanged
from punchcard.accounts.models import AccessToken, Admin, Member, Vendor
from punchcard.accounts.rows import apply_changes, find_own, paginate
from punchcard.db.events import announce
from punchcard.kit.validation import contacts, places, texts
from punchcard.kit.validation.invalid import check_field


@dataclass(frozen=True, kw_only=True)
class NewMember:
    """A person to be added. `password_hash` was made before the transaction began."""

    email: str
    name: str
    role: str
    password_hash: str
    language: str | None = None


def create_member(session: Session, act: Act, vendor_id: str, person: NewMember) -> Member:
    """Add a person; raises EmailTaken when anybody signs in with the address already."""
    member = Member(
        id=act.ids.new_id(),
        vendor_id=vendor_id,
        email=check_field("email", contacts.email, person.email),
        name=check_field("name", texts.one_line, person.name),
        role=checks.role("role", person.role),
        language=_language(person.language) if person.language else None,
        password_hash=person.password_hash,
        created_at=act.now,
    )
    refuse_taken_email(session, member.email)
    session.add(member)
    try:
        session.flush()
    except IntegrityError as error:
        raise EmailTaken from error
    fields = ("email", "name", "role", "language")
    new = {field: getattr(member, field) for field in fields}
    record_act(
        session, act, "member.created", of=("member", member.id), vendor_id=vendor_id, new=new
    )
    return member


def list_members(
    session: Session, vendor_id: str, *, after_id: str | None, limit: int
) -> list[Member]:
    """Return the people of a vendor, longest there first."""
    query = select(Member).where(Member.vendor_id == vendor_id, Member.removed_at.is_(None))
    return paginate(session, query, Member, after_id, limit)


def get_member(session: Session, vendor_id: str, member_id: str) -> Member:
    """Return one person who is still there; raises MemberNotFound."""
    member = find_own(session, Member, vendor_id, member_id, missing=MemberNotFound)
    if member.removed_at is not None:
        raise MemberNotFound
    return member


def update_member(
    session: Session, act: Act, vendor_id: str, member_id: str, changes: Mapping[str, Any]
) -> Member:
    """Change `name`, `role`, `language` or `password_hash`.

    A new role or password ends nothing by itself, but a new password revokes the person's
    sessions. Raises LastOwner.
    """
    member = _lock_member(session, vendor_id, member_id)
    wanted = _checked(changes)
    if member.role == "owner" and wanted.get("role", "owner") != "owner":
        _refuse_last_owner(session, vendor_id)
    password_hash = wanted.pop("password_hash", None)
    if password_hash is not None:
        set_password(session, act, member, password_hash)
    old, new = apply_changes(member, wanted)
    if new:
        announce(session, SubjectChanged(member.id))
        of = ("member", member.id)
        record_act(session, act, "member.updated", of=of, vendor_id=vendor_id, old=old, new=new)
    return member


def remove_member(session: Session, act: Act, vendor_id: str, member_id: str) -> None:
    """Remove a person and end their sessions; history keeps the name. Raises LastOwner.

    The address becomes free again, here or at another vendor.
    """
    member = _lock_member(session, vendor_id, member_id)
    if member.role == "owner":
        _refuse_last_owner(session, vendor_id)
    old = {"email": member.email, "name": member.name, "role": member.role}
    member.removed_at = act.now
    member.email = f"{member.id}@removed.invalid"
    revoke_sessions(session, act, member_id=member.id)
    of = ("member", member.id)
    record_act(session, act, "member.removed", of=of, vendor_id=vendor_id, old=old)


def set_password(
    session: Session,
    act: Act,
    member: Member,
    password_hash: str,
    *,
    keep_session: str | None = None,
) -> None:
    """Set a password and end the person's sessions, except the one to keep."""
    member.password_hash = password_hash
    revoke_sessions(session, act, member_id=member.id, keep_session=keep_session)
    of = ("member", member.id)
    record_act(session, act, "member.password_changed", of=of, vendor_id=member.vendor_id)


def revoke_sessions(
    session: Session, act: Act, *, member_id: str, keep_session: str | None = None
) -> None:
    """End the sessions of a member, except the one to keep."""
    query = update(AccessToken).where(
        AccessToken.member_id == member_id, AccessToken.revoked_at.is_(None)
    )
    if keep_session is not None:
        query = query.where(AccessToken.id != keep_session)
    session.execute(query.values(revoked_at=act.now))
    announce(session, SubjectChanged(member_id))


def refuse_taken_email(session: Session, email: str) -> None:
    """Raise EmailTaken when a member of any vendor or an admin signs in with the address."""
    for table in (Member, Admin):
        if session.scalar(select(table.id).where(table.email == email)) is not None:
            raise EmailTaken


def _lock_member(session: Session, vendor_id: str, member_id: str) -> Member:
    # The vendor's row stands for the set of its owners: two owners who demote each other at the
    # same moment take turns, and the second one finds out that there is no other left.
    if session.get(Vendor, vendor_id, with_for_update=True) is None:
        raise VendorNotFound
    return get_member(session, vendor_id, member_id)


def _refuse_last_owner(session: Session, vendor_id: str) -> None:
    owners = select(func.count()).where(
        Member.vendor_id == vendor_id, Member.role == "owner", Member.removed_at.is_(None)
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
