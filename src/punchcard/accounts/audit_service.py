"""The audit trail: who changed what, with old and new values, in the same transaction.

The table is append-only, so nothing that must one day be forgotten belongs into it: no secret,
and nothing about a customer but an id.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Protocol

from sqlalchemy import Connection, insert, select
from sqlalchemy.orm import Session

from punchcard.accounts.events import SecurityEventKept
from punchcard.accounts.models import Admin, ApiKey, AuditEvent, AuditOrigin, Device, User
from punchcard.accounts.subjects import Subject
from punchcard.accounts.vocabulary import EVENTS_BY_ACTION, SECURITY, SubjectKind
from punchcard.db.events import announce
from punchcard.kit.clock import to_rfc3339
from punchcard.kit.ids import Ids, VendorId
from punchcard.kit.security.request_origin import (
    RequestOrigin,
    counted_address,
    request_origin,
)

Values = Mapping[str, Any]

_ADDRESS_CHARACTERS: Final = 64

_SECRET_NAMES = frozenset({"password", "pin", "token", "key", "secret", "code", "hash", "key_hash"})
_SECRET_ENDINGS = ("_hash", "_password", "_token", "_secret", "_sealed", "_pin", "pin_index")

_ACTORS: Final[dict[str, type[Admin | ApiKey | Device | User]]] = {
    SubjectKind.ADMIN: Admin,
    SubjectKind.API_KEY: ApiKey,
    SubjectKind.DEVICE: Device,
    SubjectKind.MEMBER: User,
}


class Acted(Protocol):
    """Something that somebody did, by the kind of who did it and their id."""

    @property
    def actor_kind(self) -> str:
        """Return what did it: one of SubjectKind, or another word."""

    @property
    def actor_id(self) -> str | None:
        """Return which one."""


class VendorRow(Protocol):
    """A row that is a vendor's."""

    @property
    def id(self) -> str:
        """Return the row's id."""

    @property
    def vendor_id(self) -> VendorId:
        """Return whose it is."""


@dataclass(frozen=True, kw_only=True)
class Act:
    """Who does something, when, and in which request: what every audited change needs to know."""

    subject: Subject
    now: datetime
    ids: Ids
    request_id: str | None = None


def record(
    session: Session,
    *,
    subject: Subject,
    action: str,
    subject_kind: str,
    subject_id: str,
    vendor_id: VendorId | None,
    now: datetime,
    ids: Ids,
    old: Values | None = None,
    new: Values | None = None,
    request_id: str | None = None,
    origin: RequestOrigin | None = None,
    is_told: bool = True,
) -> None:
    """Append one event inside the caller's transaction.

    `subject` is who acted; `subject_kind` and `subject_id` name what was acted upon. Of a security
    event it is kept for a while where it came from: `origin`, by default that of the request in
    hand; and it is told to the log, unless it was (`is_told` False).
    Raises ValueError when a value's name says that it is a secret.
    """
    event_id = ids.new_id()
    session.add(
        AuditEvent(
            id=event_id,
            vendor_id=vendor_id,
            actor_kind=subject.kind,
            actor_id=subject.id,
            action=action,
            subject_kind=subject_kind,
            subject_id=subject_id,
            old=_plain(old),
            new=_plain(new),
            request_id=request_id,
            created_at=now,
        )
    )
    if (event := EVENTS_BY_ACTION.get(action)) is not None:
        origin = request_origin.get() if origin is None else origin
        if origin.address:
            session.add(AuditOrigin(**_origin_values(event_id, origin, now)))
        if is_told:
            of = f"{subject_kind}:{subject_id}"
            announce(session, SecurityEventKept(event, origin, subject.called, of, vendor_id))


def keep_origin(connection: Connection, act: Act, action: str, *, event_id: str, of: str) -> None:
    """Do what `record` does beside the event itself, for one that was inserted without objects.

    `of` is what was acted upon, as `kind:id`.
    """
    event, origin = EVENTS_BY_ACTION[action], request_origin.get()
    if origin.address:
        values = _origin_values(event_id, origin, act.now)
        connection.execute(insert(AuditOrigin).values(values))
    vendor_id = act.subject.vendor_id
    announce(connection, SecurityEventKept(event, origin, act.subject.called, of, vendor_id))


def record_act(
    session: Session,
    act: Act,
    action: str,
    *,
    of: tuple[str, str],
    vendor_id: VendorId | None,
    old: Values | None = None,
    new: Values | None = None,
) -> None:
    """Append the event of `act` upon `of`, a kind and an id: ("member", user.id)."""
    subject_kind, subject_id = of
    record(
        session,
        subject=act.subject,
        action=action,
        subject_kind=subject_kind,
        subject_id=subject_id,
        vendor_id=vendor_id,
        now=act.now,
        ids=act.ids,
        old=old,
        new=new,
        request_id=act.request_id,
    )


def record_row(
    session: Session,
    act: Act,
    action: str,
    row: VendorRow,
    *,
    kind: str,
    old: Values | None = None,
    new: Values | None = None,
) -> None:
    """Append the event of `act` upon a row of a vendor's, of this kind."""
    of = (kind, row.id)
    record_act(session, act, action, of=of, vendor_id=row.vendor_id, old=old, new=new)


def list_events(
    session: Session,
    *,
    vendor_id: VendorId | None,
    before_id: str | None,
    limit: int,
    subject_ids: Collection[str] | None = None,
    vendor_ids: Collection[VendorId] | None = None,
    action: str | None = None,
) -> list[AuditEvent]:
    """Return up to `limit` events, newest first, of one vendor or (None) of the platform.

    `subject_ids` lets only events through that were done to one of these, `vendor_ids` those of
    one of these vendors, `action` those of one kind, or of all that SECURITY stands for.
    """
    query = select(AuditEvent).order_by(AuditEvent.id.desc()).limit(limit)
    if vendor_id is not None:
        query = query.where(AuditEvent.vendor_id == vendor_id)
    if vendor_ids is not None:
        query = query.where(AuditEvent.vendor_id.in_(vendor_ids))
    if action == SECURITY:
        query = query.where(AuditEvent.action.in_(EVENTS_BY_ACTION))
    elif action is not None:
        query = query.where(AuditEvent.action == action)
    if before_id is not None:
        query = query.where(AuditEvent.id < before_id)
    if subject_ids is not None:
        query = query.where(AuditEvent.subject_id.in_(subject_ids))
    return list(session.scalars(query))


def origins_of(session: Session, events: Iterable[AuditEvent]) -> dict[str, AuditOrigin]:
    """Return where these events came from, by their ids, as far as it is not forgotten yet."""
    ids = [event.id for event in events]
    found = session.scalars(select(AuditOrigin).where(AuditOrigin.event_id.in_(ids)))
    return {one.event_id: one for one in found}


def actor_names(session: Session, events: Iterable["Acted"]) -> dict[str, str]:
    """Return the name of each person, key or device behind these events, by its id."""
    names: dict[str, str] = {}
    by_kind: dict[str, set[str]] = {}
    for event in events:
        if event.actor_id:
            by_kind.setdefault(event.actor_kind, set()).add(event.actor_id)
    for kind, ids in by_kind.items():
        table = _ACTORS.get(kind)
        if table is not None:
            found = session.execute(select(table.id, table.name).where(table.id.in_(ids)))
            names.update({row.id: row.name for row in found})
    return names


def actor_name(session: Session, kind: str, actor_id: str | None) -> str | None:
    """Return the name of one person, key or device; None when nobody of that kind has names."""
    table = _ACTORS.get(kind)
    if table is None or actor_id is None:
        return None
    return session.scalar(select(table.name).where(table.id == actor_id))


def _origin_values(event_id: str, origin: RequestOrigin, now: datetime) -> dict[str, Any]:
    return {
        "event_id": event_id,
        "address": counted_address(origin.address)[:_ADDRESS_CHARACTERS],
        "user_agent": origin.user_agent,
        "created_at": now,
    }


def _plain(value: Any) -> Any:
    """Return `value` as JSON can hold it; refuses names of secrets at any depth."""
    if isinstance(value, Mapping):
        for name in value:
            if name in _SECRET_NAMES or name.endswith(_SECRET_ENDINGS):
                raise ValueError(f"{name!r} must not enter the audit trail")
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(inner) for inner in value]
    if isinstance(value, datetime):
        return to_rfc3339(value)
    return value.isoformat() if isinstance(value, date) else value
