"""A vendor's own rows, found and changed.

Every query starts from the vendor: what others have is missing.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from punchcard.accounts.models import Admin, ApiKey, Device, Location, User
from punchcard.accounts.subjects import Subject
from punchcard.accounts.vocabulary import SubjectKind
from punchcard.db.base import Base, table_of
from punchcard.kit.errors import DomainError
from punchcard.kit.folding import is_named
from punchcard.kit.ids import VendorId, as_id

Own = TypeVar("Own", Location, User, ApiKey, Device)
AnyRow = TypeVar("AnyRow", bound=Base)


def find_own(
    session: Session,
    table: type[AnyRow],
    vendor_id: VendorId,
    row_id: str,
    *conditions: ColumnElement[bool],
    missing: type[DomainError],
    lock: bool = False,
) -> AnyRow:
    """Return the vendor's row that meets the conditions, or raise `missing`.

    With `lock` it is held until the end of the transaction, and as it then stands in the database,
    even where it was read before.
    """
    wanted = as_id(row_id)
    if wanted is None:
        raise missing
    columns = table_of(table).c
    is_theirs = columns.vendor_id == vendor_id
    query = select(table).where(columns.id == wanted, is_theirs, *conditions)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    row = session.scalar(query)
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
    session: Session, query: Select[AnyRow], table: type[AnyRow], after_id: str | None, limit: int
) -> list[AnyRow]:
    """Return up to `limit` rows of `query`, oldest first, that come after `after_id`."""
    row_id = table_of(table).c.id
    if after_id is not None:
        query = query.where(row_id > after_id)
    return list(session.scalars(query.order_by(row_id).limit(limit)))


def paginate_back(
    session: Session, query: Select[AnyRow], table: type[AnyRow], before_id: str | None, limit: int
) -> list[AnyRow]:
    """Return up to `limit` rows of `query`, newest first, that come before `before_id`."""
    row_id = table_of(table).c.id
    if before_id is not None:
        query = query.where(row_id < before_id)
    return list(session.scalars(query.order_by(row_id.desc()).limit(limit)))


def apply_changes(row: object, changes: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Set the fields of `row` that differ from `changes`; returns their old and new values."""
    old, new = differing(row, changes)
    set_fields(row, new)
    return old, new


def differing(row: object, wanted: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the old and the new values of only those fields of `wanted` that differ from `row`."""
    new = {name: value for name, value in wanted.items() if getattr(row, name) != value}
    return values_of(row, new), new


def set_fields(row: object, values: Mapping[str, Any]) -> None:
    """Set these fields of `row`."""
    for name, value in values.items():
        setattr(row, name, value)


def values_of(row: object, names: Iterable[str]) -> dict[str, Any]:
    """Return the values of these fields of `row`."""
    return {name: getattr(row, name) for name in names}


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
