"""What the till reads inside its batch; every statement is bound to one vendor's data."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    null,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.engine import Dialect

from punchcard.accounts.models import IdempotencyRecord, Location
from punchcard.db.base import table_of
from punchcard.db.dialects import one_of
from punchcard.db.sets.lookup import Lookup
from punchcard.kit.ids import CardId, EntryId, LocationId, ProgramId, RewardId, VendorId
from punchcard.loyalty.cards import card_queries
from punchcard.loyalty.cards.models import CardMerge
from punchcard.loyalty.ledger.entry import CARRYING
from punchcard.loyalty.models import (
    StaffPin,
)
from punchcard.loyalty.rules.dated.ended import Ended
from punchcard.loyalty.rules.dated.lots import pending_in
from punchcard.loyalty.rules.values import Forgiven, PastEntry, ProgramRules
from punchcard.loyalty.tables import ENTRIES, PROGRAMS, VENDORS
from punchcard.loyalty.vocabulary import MERGED, ActorKind, EntryType

_RECORDS = table_of(IdempotencyRecord)
_LOCATIONS = table_of(Location)
_MERGES = table_of(CardMerge)
_PINS = table_of(StaffPin)
# Made once: an alias has a column for each of the table's, which costs more than many a query.
_VOIDING, _VOIDED, _REFUND = (ENTRIES.alias(name) for name in ("voiding", "voided", "refund"))
_BEFORE, _BEFORE_VOID, _EARLIER = (
    ENTRIES.alias(name) for name in ("before", "before_void", "earlier")
)


KeyPair = tuple[VendorId, str]
"""A vendor and an idempotency key."""


@lru_cache(maxsize=2)
def _key_lookup(dialect: Dialect) -> Lookup:
    of_entries = select(
        ENTRIES.c.vendor_id, ENTRIES.c.idempotency_key, ENTRIES.c.id, ENTRIES.c.fingerprint
    ).where(
        one_of(ENTRIES.c.vendor_id, "vendors", dialect),
        one_of(ENTRIES.c.idempotency_key, "keys", dialect),
    )
    of_records = select(
        _RECORDS.c.vendor_id,
        _RECORDS.c.key,
        type_coerce(null(), ENTRIES.c.id.type).label("id"),
        type_coerce(null(), ENTRIES.c.fingerprint.type).label("fingerprint"),
    ).where(
        one_of(_RECORDS.c.vendor_id, "vendors", dialect),
        one_of(_RECORDS.c.key, "keys", dialect),
    )
    return Lookup(of_entries.union_all(of_records), dialect)


def find_keys(
    connection: Connection, pairs: Iterable[KeyPair]
) -> dict[KeyPair, tuple[EntryId | None, bytes | None]]:
    """Return the entry and fingerprint each used key stands for; no entry: a key of other use."""
    wanted = set(pairs)
    if not wanted:
        return {}
    rows = _key_lookup(connection.dialect).rows(
        connection,
        {
            "vendors": sorted({vendor for vendor, _ in wanted}),
            "keys": sorted({key for _, key in wanted}),
        },
    )
    return {(row[0], row[1]): (row[2], row[3]) for row in rows if (row[0], row[1]) in wanted}


def entry_by_id(connection: Connection, entry_id: EntryId) -> Row[Any]:
    """Return one entry with the name of the staff behind it."""
    return connection.execute(
        select(ENTRIES, _PINS.c.name.label("staff_name"), _PINS.c.staff_id.label("staff_id"))
        .outerjoin(_PINS, _PINS.c.id == ENTRIES.c.staff_pin_id)
        .where(ENTRIES.c.id == entry_id)
    ).one()


class EntryTarget(NamedTuple):
    """What an entry is on: its card, its reward; of a merge also the other card, and its entry."""

    card_id: CardId
    reward_id: RewardId | None
    other_card_id: CardId | None = None
    other_entry_id: EntryId | None = None


def entry_targets(
    connection: Connection, pairs: Iterable[tuple[VendorId, EntryId]]
) -> dict[tuple[VendorId, EntryId], EntryTarget]:
    """Return what each (vendor, entry) that is named is on; others' do not exist."""
    wanted = set(pairs)
    if not wanted:
        return {}
    rows = connection.execute(
        select(
            *(ENTRIES.c[name] for name in ("vendor_id", "id", "card_id", "reward_id", "type"))
        ).where(ENTRIES.c.id.in_({entry_id for _, entry_id in wanted}))
    )
    found = [row for row in rows if (row.vendor_id, row.id) in wanted]
    others = _merged_with(connection, [row.id for row in found if row.type in MERGED])
    return {
        (row.vendor_id, row.id): EntryTarget(row.card_id, row.reward_id, *others.get(row.id, ()))
        for row in found
    }


def _merged_with(
    connection: Connection, entry_ids: Sequence[EntryId]
) -> dict[EntryId, tuple[CardId, EntryId]]:
    """Return the other card and the other entry of merges, by the entries of one side."""
    if not entry_ids:
        return {}
    named = or_(_MERGES.c.in_entry_id.in_(entry_ids), _MERGES.c.out_entry_id.in_(entry_ids))
    found: dict[EntryId, tuple[CardId, EntryId]] = {}
    for row in connection.execute(select(_MERGES).where(named)):
        found[row.in_entry_id] = (row.from_card_id, row.out_entry_id)
        found[row.out_entry_id] = (row.card_id, row.in_entry_id)
    return found


@lru_cache(maxsize=2)
def _past_lookup(dialect: Dialect) -> Lookup:
    query = (
        select(ENTRIES, _VOIDING.c.id.label("voided_by"), *_carries(_BEFORE))
        .outerjoin(_VOIDING, _VOIDING.c.voids == ENTRIES.c.id)
        .outerjoin(_BEFORE, _carried_into(ENTRIES, _BEFORE))
        .where(one_of(ENTRIES.c.id, "ids", dialect))
    )
    return Lookup(query, dialect)


def past_rows(connection: Connection, entry_ids: Collection[EntryId]) -> dict[EntryId, Row[Any]]:
    """Return what `past_entry` makes of entries, by their ids: one query for all of a batch."""
    rows = _past_lookup(connection.dialect).rows(connection, {"ids": sorted(entry_ids)})
    return {row.id: row for row in rows}


def past_entry(row: Row[Any], program: ProgramRules) -> PastEntry:
    """Return the entry that is to be voided: what it moved, and what voided it before."""
    return PastEntry(
        id=row.id,
        type=row.type,
        program_id=row.program_id,
        stamps_delta=row.stamps_delta,
        points_delta=row.points_delta,
        amount_minor=row.amount_minor,
        reference=row.reference,
        reward_id=row.reward_id,
        reward=row.reward,
        location_id=row.location_id,
        import_id=row.actor_id if row.actor_kind == ActorKind.IMPORT else None,
        details=row.details,
        program_version=row.program_version,
        carry_delta=_carry_moved(
            program,
            row.type,
            (row.points_carry_after, row.program_version, row.details),
            (row.carry, row.version, row.told),
        ),
        voided_by=row.voided_by,
    )


def had_before(row: Row[Any], program: ProgramRules) -> tuple[int, Fraction]:
    """Return what a card had before an entry that moves the carry: stamps, and exact points."""
    carry = _carried(program, (row.carry, row.version, row.told))
    return row.stamps_after - row.stamps_delta, row.points_after - row.points_delta + carry


def refunded_minor(connection: Connection, card_id: CardId, entry_id: EntryId) -> int:
    """Return how much was paid back of the purchase that an entry of the card records."""
    rows = connection.execute(
        select(ENTRIES.c.amount_minor, ENTRIES.c.details).where(
            ENTRIES.c.card_id == card_id, ENTRIES.c.type == EntryType.POINTS_REFUNDED
        )
    )
    return sum(row.amount_minor for row in rows if row.details["refunds"] == entry_id)


def forgiven_by_refunds(
    connection: Connection, card_id: CardId, program: ProgramRules
) -> tuple[int, Fraction]:
    """Return what refunds on a card did not take back: stamps, and points."""
    refund, before = _REFUND, _BEFORE
    rows = connection.execute(
        select(
            *(refund.c.type, refund.c.points_delta, *_carries(refund), *_carries(before)),
            refund.c.stamps_delta,
        )
        .select_from(refund)
        .outerjoin(before, _carried_into(refund, before))
        .where(refund.c.card_id == card_id, refund.c.type == EntryType.POINTS_REFUNDED)
    ).all()
    points = sum(
        (
            Fraction(row[4]["refunded_points"])
            - Ended.of(row[4]).points
            + row[1]
            + pending_in(row[4].get("lots", ()))
            + _carry_moved(program, row[0], row[2:5], row[5:8])
            for row in rows
        ),
        Fraction(0),
    )
    stamps = sum(
        row[4].get("refunded_stamps", 0) - Ended.of(row[4]).stamps + row[8] for row in rows
    )
    return stamps, points


def forgiven(connection: Connection, card_id: CardId, program: ProgramRules) -> Forgiven:
    """Return what the voids on a card did not take back: the sum of each void and its entry.

    What had ended was nobody's to take; what merged cards got back is no debt.
    """
    void, voided, before_void, before = _VOIDING, _VOIDED, _BEFORE_VOID, _BEFORE
    rows = connection.execute(
        select(
            void.c.stamps_delta + voided.c.stamps_delta,
            void.c.points_delta + voided.c.points_delta,
            *(void.c.type, *_carries(void), *_carries(before_void)),
            *(voided.c.type, *_carries(voided), *_carries(before)),
        )
        .join(voided, voided.c.id == void.c.voids)
        .outerjoin(before_void, _carried_into(void, before_void))
        .outerjoin(before, _carried_into(voided, before))
        .where(void.c.card_id == card_id, voided.c.type.not_in(MERGED))
    ).all()
    ended = [Ended.of(row[5]) for row in rows]
    told = [(row[5], row[12]) for row in rows]
    pending = sum(pending_in((one or {}).get("lots", ())) for both in told for one in both)
    ended_points = sum((one.points for one in ended), Fraction(0))
    return Forgiven(
        stamps=sum(row[0] for row in rows) - sum(one.stamps for one in ended),
        # What was pending when it came is in no balance, but its void may have taken it from one.
        points=sum(row[1] for row in rows) + pending,
        points_carry=sum(
            (
                _carry_moved(program, row[at], row[at + 1 : at + 4], row[at + 4 : at + 7])
                for row in rows
                for at in (2, 9)
            ),
            -ended_points,
        ),
    )


_Carry = Sequence[Any]
"""What an entry tells of the carry: the number, the program's version, and its details."""


def _carries(entry: Any) -> tuple[ColumnElement[Any], ...]:
    return (
        entry.c.points_carry_after.label("carry"),
        entry.c.program_version.label("version"),
        entry.c.details.label("told"),
    )


def _carried_into(entry: Any, before: Any) -> ColumnElement[bool]:
    """Return the condition that `before` is the last entry that moved the carry before `entry`.

    Others repeat the number: in which parts of a point it counts, only those tell that wrote it.
    """
    latest = (
        select(_EARLIER.c.sequence)
        .where(
            _EARLIER.c.card_id == entry.c.card_id,
            _EARLIER.c.sequence < entry.c.sequence,
            _EARLIER.c.type.in_(CARRYING),
        )
        .order_by(_EARLIER.c.sequence.desc())
        .limit(1)
        .correlate(entry)
        .scalar_subquery()
    )
    return and_(before.c.card_id == entry.c.card_id, before.c.sequence == latest)


def _carry_moved(program: ProgramRules, type: str, after: _Carry, before: _Carry) -> Fraction:
    """Return by how much an entry moved the carry, in points, from the one that moved it before."""
    if type not in CARRYING:
        return Fraction(0)
    return _carried(program, after) - _carried(program, before)


def _carried(program: ProgramRules, carry: _Carry) -> Fraction:
    number, version, details = carry
    parts = (details or {}).get("carry_parts") or program.carry_parts_at(version or 0)
    return Fraction(number or 0, parts)


def times_redeemed(
    connection: Connection, card_ids: Collection[CardId], reward_id: RewardId
) -> int:
    """Return how often a card redeemed a reward, without what was voided."""
    found = card_queries.times_redeemed(connection, card_ids, [reward_id])
    return sum(times.get(reward_id, 0) for times in found.values())


def open_locations(
    connection: Connection, pairs: Iterable[tuple[VendorId, LocationId]]
) -> set[tuple[VendorId, LocationId]]:
    """Return those of the (vendor, location) that are open locations of that vendor."""
    wanted = set(pairs)
    if not wanted:
        return set()
    rows = connection.execute(
        select(_LOCATIONS.c.vendor_id, _LOCATIONS.c.id).where(
            _LOCATIONS.c.id.in_({location_id for _, location_id in wanted}),
            _LOCATIONS.c.closed_at.is_(None),
        )
    )
    return wanted.intersection((row[0], row[1]) for row in rows)


def program_stamp(
    connection: Connection, vendor_id: VendorId, program_id: ProgramId
) -> Row[int, datetime, bool] | None:
    """Return a vendor's program's version, last change, and whether origins are kept."""
    return connection.execute(
        select(PROGRAMS.c.version, PROGRAMS.c.updated_at, VENDORS.c.keeps_origins)
        .join(VENDORS, VENDORS.c.id == PROGRAMS.c.vendor_id)
        .where(PROGRAMS.c.id == program_id, PROGRAMS.c.vendor_id == vendor_id)
    ).one_or_none()
