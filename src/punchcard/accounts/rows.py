"""Finding a vendor's own rows: every query starts from the vendor, others' things are missing."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from punchcard.accounts.audit_service import difference
from punchcard.accounts.models import Admin, ApiKey, Device, Location, User
from punchcard.accounts.subjects import Subject
from punchcard.accounts.vocabulary import SubjectKind
from punchcard.kit.errors import DomainError
from punchcard.kit.folding import is_named
from punchcard.kit.ids import VendorId, as_id

Own = TypeVar("Own", Location, User, ApiKey, Device)


def find_own(
    session: Session,
    table: type[Own],
    vendor_id: VendorId,
    row_id: str,
    *,
    missing: type[DomainError],
    lock: bool = False,
) -> Own:
    """Return the vendor's row, locked until the end of the transaction if asked; else raise."""
    wanted = as_id(row_id)
    if wanted is None:
        raise missing
    query = select(table).where(table.id == wanted, table.vendor_id == vendor_id)
    row = session.scalar(query.with_for_update() if lock else query)
    if row is None:
        raise missing
    return row


def names_of(
    session: Session, table: type[Own], vendor_id: VendorId, ids: Iterable[str]
) -> dict[str, str]:
    """Return what each of these rows is called; other vendors' are left out."""
    wanted = [one for one in map(as_id, ids) if one]
    query = select(table.id, table.name).where(table.vendor_id == vendor_id, table.id.in_(wanted))
    return {row.id: row.name for row in session.execute(query)}


def paginate(
    session: Session, query: Select[Own], table: type[Own], after_id: str | None, limit: int
) -> list[Own]:
    """Return up to `limit` rows of `query`, oldest first, that come after `after_id`."""
    if after_id is not None:
        query = query.where(table.id > after_id)
    return list(session.scalars(query.order_by(table.id).limit(limit)))


def apply_changes(row: object, changes: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Set the fields of `row` that differ from `changes`; returns their old and new values."""
    old, new = difference({name: getattr(row, name) for name in changes}, changes)
    for name, value in new.items():
        setattr(row, name, value)
    return old, new


def name_of(session: Session, subject: Subject) -> str:
    """Return what the person, key or device is called."""
    tables = {
        SubjectKind.MEMBER: User,
        SubjectKind.ADMIN: Admin,
        SubjectKind.API_KEY: ApiKey,
        SubjectKind.DEVICE: Device,
    }
    column = tables[subject.kind].__table__.c
    name: str = session.scalars(select(column.name).where(column.id == subject.id)).one()
    return name


def narrowed_by_name(
    session: Session, rows: Select[Any], query: str, *texts: Any, limit: int
) -> Sequence[Any]:
    """Return up to `limit` ids of `rows`, in their order, with every word of `query` in `texts`.

    `rows` selects ids, `texts` are columns. They are compared here, without case and accents: for
    what people set up by hand, of which there are some thousands at most.
    """
    found: list[Any] = []
    for row in session.execute(rows.add_columns(*texts).execution_options(yield_per=1000)):
        if is_named(query, *row[1:]):
            found.append(row[0])
            if len(found) == limit:
                break
    return found
