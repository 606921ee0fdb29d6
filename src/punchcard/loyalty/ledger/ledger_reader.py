"""The ledger, read: entries newest first, with who stood at the till and what voided them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from punchcard.kit.ids import CardId, EntryId, LocationId, ProgramId, StaffPinId, VendorId, as_id
from punchcard.loyalty.errors import TransactionNotFound
from punchcard.loyalty.models import StaffPin, TransactionOrigin
from punchcard.loyalty.tables import CARDS, ENTRIES, EntryRow

_PINS = StaffPin.__table__
_VOIDING = ENTRIES.alias("voiding")

# An operation never lies ahead of the moment it is recorded but for the skew of clocks.
_SKEW = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class ReadEntry:
    """An entry with the name of the staff behind it and the entry that voided it."""

    row: EntryRow
    staff_name: str | None
    voided_by: EntryId | None

    @property
    def id(self) -> str:
        """Return the entry's id."""
        return str(self.row["id"])


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryFilter:
    """Which entries are wanted; `since` and `until` (not included) bound when they happened."""

    program_id: ProgramId | None = None
    card_id: CardId | None = None
    staff_pin_id: StaffPinId | None = None
    location_id: LocationId | None = None
    type: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    oldest_first: bool = False


def list_entries(
    session: Session,
    vendor_id: VendorId,
    wanted: EntryFilter,
    *,
    limit: int,
    before_id: str | None = None,
) -> list[ReadEntry]:
    """Return up to `limit` of the vendor's entries that come after `before_id`.

    Newest first, unless the oldest are wanted first. Those of one card stand in the order of its
    chain, as `list_card_entries` has them, the latest first.
    """
    query = _filtered(_query().where(_of_vendor(vendor_id, wanted.card_id)), wanted)
    if wanted.card_id is not None:
        return _page_of_chain(session, query, limit, before_id)
    return _page(session, query, limit, before_id, oldest_first=wanted.oldest_first)


def list_card_entries(
    session: Session, card_id: CardId, *, limit: int, before_id: str | None = None
) -> list[ReadEntry]:
    """Return up to `limit` entries of one card, newest first, that come after `before_id`.

    In the order of the card's chain, which ids do not have after a clock was put back. The caller
    has made sure that the card may be seen.
    """
    query = _query().where(ENTRIES.c.card_id == card_id)
    return _page_of_chain(session, query, limit, before_id)


def get_entry(session: Session, vendor_id: VendorId, transaction_id: EntryId) -> ReadEntry:
    """Return the vendor's entry. Raises TransactionNotFound."""
    wanted = as_id(transaction_id)
    found = None
    if wanted is not None:
        query = _query().where(ENTRIES.c.id == wanted, ENTRIES.c.vendor_id == vendor_id)
        found = session.execute(query).mappings().one_or_none()
    if found is None:
        raise TransactionNotFound
    return _read(dict(found))


def get_origin(session: Session, entry: ReadEntry) -> TransactionOrigin | None:
    """Return where an entry came from, if that was kept and is not forgotten yet."""
    return session.get(TransactionOrigin, entry.id)


def _page(
    session: Session,
    query: Select[Any],
    limit: int,
    before_id: str | None,
    *,
    oldest_first: bool = False,
) -> list[ReadEntry]:
    at = ENTRIES.c.id
    if before_id is not None:
        query = query.where(at > before_id if oldest_first else at < before_id)
    ordered = query.order_by(at if oldest_first else at.desc())
    rows = session.execute(ordered.limit(limit)).mappings()
    return [_read(dict(row)) for row in rows]


def _page_of_chain(
    session: Session, query: Select[Any], limit: int, before_id: str | None
) -> list[ReadEntry]:
    if before_id is not None:
        before = select(ENTRIES.c.sequence).where(ENTRIES.c.id == before_id).scalar_subquery()
        query = query.where(ENTRIES.c.sequence < before)
    rows = session.execute(query.order_by(ENTRIES.c.sequence.desc()).limit(limit)).mappings()
    return [_read(dict(row)) for row in rows]


def _query() -> Select[Any]:
    return (
        select(ENTRIES, _PINS.c.name.label("staff_name"), _VOIDING.c.id.label("voided_by"))
        .outerjoin(_PINS, _PINS.c.id == ENTRIES.c.staff_pin_id)
        .outerjoin(_VOIDING, _VOIDING.c.voids == ENTRIES.c.id)
    )


def _of_vendor(vendor_id: VendorId, card_id: CardId | None) -> ColumnElement[bool]:
    """Return the condition that an entry is the vendor's, and of the card if one is named.

    A card's entries are found by the card alone: beside `vendor_id`, SQLite would rather read all
    that the vendor ever recorded, which stands in the order that is wanted.
    """
    if card_id is None:
        return ENTRIES.c.vendor_id == vendor_id
    cards = select(CARDS.c.id).where(CARDS.c.id == card_id, CARDS.c.vendor_id == vendor_id)
    return ENTRIES.c.card_id.in_(cards)


def _filtered(query: Select[Any], wanted: EntryFilter) -> Select[Any]:
    for name in ("program_id", "staff_pin_id", "location_id", "type"):
        value = getattr(wanted, name)
        if value is not None:
            query = query.where(ENTRIES.c[name] == value)
    if wanted.since is not None:
        # Ids carry the time of recording, so that the index of ids bounds the search.
        query = query.where(
            ENTRIES.c.occurred_at >= wanted.since, ENTRIES.c.id >= first_id_at(wanted.since)
        )
    if wanted.until is not None:
        query = query.where(ENTRIES.c.occurred_at < wanted.until)
    return query


def first_id_at(moment: datetime) -> str:
    """Return an id below every one (UUIDv7) of an entry that happened at `moment` or later."""
    since_epoch = moment - _SKEW - datetime(1970, 1, 1, tzinfo=UTC)
    return str(UUID(int=max(0, since_epoch // timedelta(milliseconds=1)) << 80))


def _read(row: EntryRow) -> ReadEntry:
    return ReadEntry(row, row.pop("staff_name"), row.pop("voided_by"))
