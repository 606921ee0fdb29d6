"""The ledger, read: entries newest first, with who stood at the till and what voided them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import Session

from punchcard.accounts.models import Location
from punchcard.db.days import lies_after
from punchcard.db.dialects import beside_an_index
from punchcard.kit.ids import CardId, EntryId, LocationId, ProgramId, StaffPinId, VendorId, as_id
from punchcard.loyalty.errors.till import SeveralPurchases, TransactionNotFound
from punchcard.loyalty.models import (
    LoyaltyCard,
    LoyaltyProgram,
    ReferenceClaim,
    StaffPin,
    TransactionOrigin,
)
from punchcard.loyalty.rules.time_rules import LATE, NEVER_LATE, is_late
from punchcard.loyalty.tables import ENTRIES, EntryRow
from punchcard.loyalty.vocabulary import COMES_BY_ITSELF, EntryType

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

    @property
    def is_late(self) -> bool:
        """Return whether it was recorded late: by a till that had no line."""
        return is_late(self.row)

    @property
    def is_by_itself(self) -> bool:
        """Return whether nobody made it, whoever's operation it was booked with."""
        return self.row["type"] in COMES_BY_ITSELF

    @property
    def tier_key(self) -> str | None:
        """Return the key of the tier that the entry brings its card to; None of other entries."""
        if self.row["type"] != EntryType.TIER_CHANGED:
            return None
        key: str | None = (self.row["details"] or {}).get("to")
        return key

    @property
    def made_by(self) -> str | None:
        """Return the name of who made it; None also of what comes by itself."""
        return None if self.is_by_itself else self.staff_name


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
    if not _is_own(session, vendor_id, wanted):
        return []
    query = _filtered(_query(), vendor_id, wanted, session.get_bind().dialect)
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


def purchase_of(session: Session, vendor_id: VendorId, reference: str) -> EntryId:
    """Return the entry that holds a purchase's receipt number in one of the vendor's programs.

    Raises TransactionNotFound, and SeveralPurchases where programs have one each.
    """
    found = session.scalars(
        select(ReferenceClaim.transaction_id)
        .join(LoyaltyProgram, LoyaltyProgram.id == ReferenceClaim.program_id)
        .where(
            LoyaltyProgram.vendor_id == vendor_id,
            ReferenceClaim.type == EntryType.POINTS_EARNED,
            ReferenceClaim.reference == reference,
        )
        .limit(2)
    ).all()
    if not found:
        raise TransactionNotFound
    if len(found) > 1:
        raise SeveralPurchases
    return found[0]


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


def _is_own(session: Session, vendor_id: VendorId, wanted: EntryFilter) -> bool:
    """Tell whether the person, place or card that entries are wanted of is the vendor's.

    The ledger is then read by that alone: beside `vendor_id`, SQLite would rather read all that the
    vendor ever recorded, which stands in the order that is wanted.
    """
    asked = (
        (StaffPin, wanted.staff_pin_id),
        (Location, wanted.location_id),
        (LoyaltyCard, wanted.card_id),
    )
    return all(
        session.scalar(select(table.id).where(table.id == named, table.vendor_id == vendor_id))
        for table, named in asked
        if named is not None
    )


def _filtered(
    query: Select[Any], vendor_id: VendorId, wanted: EntryFilter, dialect: Dialect
) -> Select[Any]:
    """Narrow the query, led by what has the fewest entries: a card, then a person or a place."""
    leads = ("card_id", "staff_pin_id", "location_id")
    lead = next((name for name in leads if getattr(wanted, name) is not None), None)
    if lead is None:
        query = query.where(ENTRIES.c.vendor_id == vendor_id)
    for name in (*leads, "program_id", "type"):
        value = getattr(wanted, name)
        if value is not None:
            column: ColumnElement[Any] = ENTRIES.c[name]
            if lead not in (None, name):
                column = beside_an_index(column, dialect)
            query = query.where(column == value)
    if wanted.since is not None:
        # Ids carry the time of recording, so that the index of ids bounds the search.
        query = query.where(
            ENTRIES.c.occurred_at >= wanted.since, ENTRIES.c.id >= first_id_at(wanted.since)
        )
    if wanted.until is not None:
        query = query.where(ENTRIES.c.occurred_at < wanted.until)
    return query


def was_late(dialect: Dialect) -> ColumnElement[bool]:
    """Return the condition that an entry was recorded late; see `time_rules.is_late`."""
    e = ENTRIES.c
    return (
        lies_after(e.created_at, e.occurred_at, LATE, dialect)
        & e.actor_kind.not_in(NEVER_LATE)
        & e.type.not_in(COMES_BY_ITSELF)
    )


def first_id_at(moment: datetime) -> str:
    """Return an id below every one (UUIDv7) of an entry that happened at `moment` or later."""
    return id_at(moment - _SKEW)


def id_at(moment: datetime) -> str:
    """Return an id below every one (UUIDv7) that is made at `moment` or later."""
    since_epoch = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return str(UUID(int=max(0, since_epoch // timedelta(milliseconds=1)) << 80))


def _read(row: EntryRow) -> ReadEntry:
    return ReadEntry(row, row.pop("staff_name"), row.pop("voided_by"))
