"""The vendor's own affairs as tables to export: places, people, credentials but no secrets."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import orjson
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from punchcard.accounts import audit_service
from punchcard.accounts.models import ApiKey, AuditEvent, Device, Location, User
from punchcard.accounts.rows import paginate
from punchcard.accounts.words import ACTIONS, ACTORS, LANGUAGE_NAMES, ROLE_NAMES, SUBJECTS
from punchcard.kit.i18n import N_
from punchcard.kit.ids import VendorId
from punchcard.kit.spreadsheet.columns import Column, ColumnKind

ROWS_AT_ONCE: Final = 500

Row = Sequence[Any]
ReadPage = tuple[Sequence[Row], str | None]
"""Some rows, and the id after which the next ones follow; None when these are the last."""

Own = TypeVar("Own", Location, User, ApiKey, Device)


@dataclass(frozen=True, slots=True)
class Table:
    """A list to export: its columns, and how to read the rows that follow an id."""

    columns: Sequence[Column]
    read: Callable[[Session, str | None], ReadPage]


def paged(found: Sequence[Any], values: Callable[[Any], Row]) -> ReadPage:
    """Return a page of what a list of ROWS_AT_ONCE gave; each row of it has an `id`."""
    after = found[-1].id if len(found) == ROWS_AT_ONCE else None
    return [values(row) for row in found], after


def locations(vendor_id: VendorId) -> Table:
    """Return all locations, also closed ones, oldest first."""
    columns = (
        Column(N_("Name")),
        Column(N_("Address")),
        Column(N_("Opened"), ColumnKind.MOMENT),
        Column(N_("Closed"), ColumnKind.MOMENT),
        Column(N_("Id")),
    )
    return _own(
        Location,
        vendor_id,
        columns,
        lambda row: (row.name, row.address, row.created_at, row.closed_at, row.id),
    )


def devices(vendor_id: VendorId) -> Table:
    """Return all terminals that were ever paired, oldest first."""
    columns = (
        Column(N_("Name")),
        Column(N_("Location id")),
        Column(N_("Paired"), ColumnKind.MOMENT),
        Column(N_("Last used"), ColumnKind.MOMENT),
        Column(N_("Revoked"), ColumnKind.MOMENT),
        Column(N_("Id")),
    )
    return _own(
        Device,
        vendor_id,
        columns,
        lambda row: (
            row.name,
            row.location_id,
            row.paired_at,
            row.last_used_at,
            row.revoked_at,
            row.id,
        ),
    )


def people(vendor_id: VendorId) -> Table:
    """Return all who sign in for the vendor, or did, oldest first."""
    columns = (
        Column(N_("Name")),
        Column(N_("E-mail address")),
        Column(N_("Role"), ColumnKind.WORD, ROLE_NAMES),
        Column(N_("Language"), ColumnKind.WORD, LANGUAGE_NAMES),
        Column(N_("Added"), ColumnKind.MOMENT),
        Column(N_("Removed"), ColumnKind.MOMENT),
        Column(N_("Id")),
    )
    return _own(
        User,
        vendor_id,
        columns,
        lambda row: (
            row.name,
            row.email,
            row.role,
            row.language,
            row.created_at,
            row.removed_at,
            row.id,
        ),
    )


def api_keys(vendor_id: VendorId) -> Table:
    """Return all API keys by their beginnings, which open nothing, oldest first."""
    columns = (
        Column(N_("Name")),
        Column(N_("Begins with")),
        Column(N_("Scopes")),
        Column(N_("Added"), ColumnKind.MOMENT),
        Column(N_("Last used"), ColumnKind.MOMENT),
        Column(N_("Revoked"), ColumnKind.MOMENT),
        Column(N_("Id")),
    )
    return _own(
        ApiKey,
        vendor_id,
        columns,
        lambda row: (
            row.name,
            row.prefix,
            " ".join(row.scopes),
            row.created_at,
            row.last_used_at,
            row.revoked_at,
            row.id,
        ),
    )


def audit_events(vendor_id: VendorId) -> Table:
    """Return who changed what, newest first; old and new values as JSON."""
    columns = (
        Column(N_("When"), ColumnKind.MOMENT),
        Column(N_("Action"), ColumnKind.WORD, ACTIONS),
        Column(N_("Changed kind"), ColumnKind.WORD, SUBJECTS),
        Column(N_("Changed id")),
        Column(N_("Actor kind"), ColumnKind.WORD, ACTORS),
        Column(N_("Actor id")),
        Column(N_("Values before")),
        Column(N_("Values after")),
        Column(N_("Request id")),
        Column(N_("Id")),
    )

    def read(session: Session, before_id: str | None) -> ReadPage:
        found = audit_service.list_events(
            session, vendor_id=vendor_id, before_id=before_id, limit=ROWS_AT_ONCE
        )
        return paged(found, _audit_values)

    return Table(columns, read)


def _audit_values(event: AuditEvent) -> Row:
    return (
        event.created_at,
        event.action,
        event.subject_kind,
        event.subject_id,
        event.actor_kind,
        event.actor_id,
        _json(event.old),
        _json(event.new),
        event.request_id,
        event.id,
    )


def _json(values: Any) -> str | None:
    return orjson.dumps(values).decode() if values is not None else None


def _own(
    table: type[Own], vendor_id: VendorId, columns: Sequence[Column], values: Callable[[Own], Row]
) -> Table:
    query: Select[Any] = select(table).where(table.vendor_id == vendor_id)

    def read(session: Session, after_id: str | None) -> ReadPage:
        return paged(paginate(session, query, table, after_id, ROWS_AT_ONCE), values)

    return Table(columns, read)
