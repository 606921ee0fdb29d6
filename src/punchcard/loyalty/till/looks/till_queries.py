"""What the till reads inside its batch; every statement is bound to one vendor's data."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from fractions import Fraction
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    func,
    literal,
    select,
)
from sqlalchemy.engine import Dialect

from punchcard.accounts.models import IdempotencyRecord, Location
from punchcard.db.base import table_of
from punchcard.db.dialects import one_of
from punchcard.kit.ids import CardId, EntryId, LocationId, ProgramId, RewardId, VendorId
from punchcard.loyalty.cards import card_queries
from punchcard.loyalty.ledger.entry import CARRYING
from punchcard.loyalty.ledger.ledger_reader import was_late
from punchcard.loyalty.models import (
    StaffPin,
)
from punchcard.loyalty.rules.dated.lots import pending_in
from punchcard.loyalty.rules.stamps.purchase_items import base_of
from punchcard.loyalty.rules.values import Forgiven, PastEntry, PastStamp, ProgramRules
from punchcard.loyalty.tables import ENTRIES, PROGRAMS, VENDORS
from punchcard.loyalty.vocabulary import ActorKind, EntryType

_RECORDS = table_of(IdempotencyRecord)
_LOCATIONS = table_of(Location)
_PINS = table_of(StaffPin)


KeyPair = tuple[VendorId, str]
"""A vendor and an idempotency key."""


@lru_cache(maxsize=2)
def _key_statement(dialect: Dialect) -> Any:
    of_entries = select(
        ENTRIES.c.vendor_id, ENTRIES.c.idempotency_key, ENTRIES.c.id, ENTRIES.c.fingerprint
    ).where(
        one_of(ENTRIES.c.vendor_id, "vendors", dialect),
        one_of(ENTRIES.c.idempotency_key, "keys", dialect),
    )
    of_records = select(
        _RECORDS.c.vendor_id, _RECORDS.c.key, literal(None, ENTRIES.c.id.type), literal(None)
    ).where(
        one_of(_RECORDS.c.vendor_id, "vendors", dialect),
        one_of(_RECORDS.c.key, "keys", dialect),
    )
    return of_entries.union_all(of_records)


def find_keys(
    connection: Connection, pairs: Iterable[KeyPair]
) -> dict[KeyPair, tuple[EntryId | None, bytes | None]]:
    """Return the entry and fingerprint each used key stands for; no entry: a key of other use."""
    wanted = set(pairs)
    if not wanted:
        return {}
    rows = connection.execute(
        _key_statement(connection.dialect),
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


def entry_targets(
    connection: Connection, pairs: Iterable[tuple[VendorId, EntryId]]
) -> dict[tuple[VendorId, EntryId], tuple[CardId, RewardId | None]]:
    """Return card and reward of each (vendor, entry) that is named; others' do not exist."""
    wanted = set(pairs)
    if not wanted:
        return {}
    rows = connection.execute(
        select(ENTRIES.c.vendor_id, ENTRIES.c.id, ENTRIES.c.card_id, ENTRIES.c.reward_id).where(
            ENTRIES.c.id.in_({entry_id for _, entry_id in wanted})
        )
    )
    return {(row[0], row[1]): (row[2], row[3]) for row in rows if (row[0], row[1]) in wanted}


def past_entry(connection: Connection, entry_id: EntryId, program: ProgramRules) -> PastEntry:
    """Return the entry that is to be voided: what it moved, and what voided it before."""
    voiding = ENTRIES.alias("voiding")
    before = ENTRIES.alias("before")
    row = connection.execute(
        select(ENTRIES, voiding.c.id.label("voided_by"), *_carries(before))
        .outerjoin(voiding, voiding.c.voids == ENTRIES.c.id)
        .outerjoin(before, _carried_into(ENTRIES, before))
        .where(ENTRIES.c.id == entry_id)
    ).one()
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


def refunded_minor(connection: Connection, card_id: CardId, entry_id: EntryId) -> int:
    """Return how much was paid back of the purchase that an entry of the card records."""
    rows = connection.execute(
        select(ENTRIES.c.amount_minor, ENTRIES.c.details).where(
            ENTRIES.c.card_id == card_id, ENTRIES.c.type == EntryType.POINTS_REFUNDED
        )
    )
    return sum(row.amount_minor for row in rows if row.details["refunds"] == entry_id)


def forgiven_by_refunds(connection: Connection, card_id: CardId, program: ProgramRules) -> Fraction:
    """Return what refunds on a card did not take back, in points."""
    refund, before = ENTRIES.alias("r"), ENTRIES.alias("b")
    rows = connection.execute(
        select(refund.c.type, refund.c.points_delta, *_carries(refund), *_carries(before))
        .select_from(refund)
        .outerjoin(before, _carried_into(refund, before))
        .where(refund.c.card_id == card_id, refund.c.type == EntryType.POINTS_REFUNDED)
    ).all()
    return sum(
        (
            Fraction(row[4]["refunded_points"])
            + row[1]
            + pending_in(row[4].get("lots", ()))
            + _carry_moved(program, row[0], row[2:5], row[5:8])
            for row in rows
        ),
        Fraction(0),
    )


def forgiven(connection: Connection, card_id: CardId, program: ProgramRules) -> Forgiven:
    """Return what the voids on a card did not take back: the sum of each void and its entry."""
    void, voided, before_void, before = (ENTRIES.alias(n) for n in ("v", "e", "bv", "be"))
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
        .where(void.c.card_id == card_id)
    ).all()
    told = [(row[5], row[12]) for row in rows]
    pending = sum(pending_in((one or {}).get("lots", ())) for both in told for one in both)
    return Forgiven(
        stamps=sum(row[0] for row in rows),
        # What was pending when it came is in no balance, but its void may have taken it from one.
        points=sum(row[1] for row in rows) + pending,
        points_carry=sum(
            (
                _carry_moved(program, row[at], row[at + 1 : at + 4], row[at + 4 : at + 7])
                for row in rows
                for at in (2, 9)
            ),
            Fraction(0),
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
    earlier = ENTRIES.alias()
    latest = (
        select(earlier.c.sequence)
        .where(
            earlier.c.card_id == entry.c.card_id,
            earlier.c.sequence < entry.c.sequence,
            earlier.c.type.in_(CARRYING),
        )
        .order_by(earlier.c.sequence.desc())
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


# With stamps: a visit may be about points alone.
_STAMPINGS: Final = (
    ENTRIES.c.type.in_((EntryType.STAMP_EARNED, EntryType.VISIT_RECORDED)),
    ENTRIES.c.stamps_delta > 0,
)


def past_stamps(
    connection: Connection, card_id: CardId, *, limit: int, without: str | None = None, **span: Any
) -> tuple[PastStamp, ...]:
    """Return a card's stampings that were not voided, latest first, at most `limit`.

    Stamps that promotions added are left out: no limit counts them. `span` may hold `since` and
    `until`; `without` leaves one entry out.
    """
    voiding = ENTRIES.alias("voiding")
    query = (
        select(ENTRIES.c.occurred_at, ENTRIES.c.stamps_delta, ENTRIES.c.details)
        .outerjoin(voiding, voiding.c.voids == ENTRIES.c.id)
        .where(
            ENTRIES.c.card_id == card_id,
            *_STAMPINGS,
            voiding.c.id.is_(None),
        )
        .order_by(ENTRIES.c.occurred_at.desc())
        .limit(limit)
    )
    if without is not None:
        query = query.where(ENTRIES.c.id != without)
    if "since" in span:
        query = query.where(ENTRIES.c.occurred_at.between(span["since"], span["until"]))
    rows = connection.execute(query)
    return tuple(PastStamp(at, base_of(stamps, details)) for at, stamps, details in rows)


def stamps_recorded(connection: Connection, card_id: CardId, *, since: datetime) -> int:
    """Return how many stamps were recorded on a card since then, without voided and imported ones.

    Whenever they happened: it is about when the server was told. Nor are those of promotions.
    """
    voiding = ENTRIES.alias("voiding")
    query = (
        select(ENTRIES.c.stamps_delta, ENTRIES.c.details)
        .outerjoin(voiding, voiding.c.voids == ENTRIES.c.id)
        .where(
            ENTRIES.c.card_id == card_id,
            *_STAMPINGS,
            ENTRIES.c.actor_kind != ActorKind.IMPORT,
            ENTRIES.c.created_at >= since,
            voiding.c.id.is_(None),
        )
    )
    return sum(base_of(stamps, details) for stamps, details in connection.execute(query))


def late_purchases_recorded(connection: Connection, card_id: CardId, *, since: datetime) -> int:
    """Return how many late purchases were recorded on a card since then, without voided ones."""
    voiding = ENTRIES.alias("voiding")
    query = (
        select(func.count())
        .select_from(ENTRIES)
        .outerjoin(voiding, voiding.c.voids == ENTRIES.c.id)
        .where(
            ENTRIES.c.card_id == card_id,
            ENTRIES.c.type.in_((EntryType.POINTS_EARNED, EntryType.VISIT_RECORDED)),
            ENTRIES.c.amount_minor.is_not(None),
            ENTRIES.c.created_at >= since,
            was_late(connection.dialect),
            voiding.c.id.is_(None),
        )
    )
    return int(connection.execute(query).scalar_one())


def milestone_claims(connection: Connection, card_id: CardId) -> tuple[tuple[int, int], ...]:
    """Return the claims of milestones on a card that were not voided, by lap and milestone."""
    voiding = ENTRIES.alias("voiding")
    query = (
        select(ENTRIES.c.details)
        .outerjoin(voiding, voiding.c.voids == ENTRIES.c.id)
        .where(
            ENTRIES.c.card_id == card_id,
            ENTRIES.c.type == EntryType.STAMPS_REDEEMED,
            ENTRIES.c.stamps_delta == 0,
            voiding.c.id.is_(None),
        )
    )
    told = connection.execute(query).scalars()
    return tuple((one["claimed_lap"], one["at"]) for one in told)


def times_redeemed(connection: Connection, card_id: CardId, reward_id: RewardId) -> int:
    """Return how often a card redeemed a reward, without what was voided."""
    found = card_queries.times_redeemed(connection, [card_id], [reward_id])
    return found.get(card_id, {}).get(reward_id, 0)


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
