"""The daily rollup derived again from the ledger, compared with what is kept, and corrected.

The ledger is read as it stood at one moment while the till goes on writing. A correction adds the
difference of that moment to what is kept by then: the till only ever adds too, so nothing that
happened in between is lost, and no lock is held for long.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, select
from sqlalchemy.orm import aliased

from punchcard.kit.ids import LocationId, ProgramId
from punchcard.loyalty.models import (
    NOWHERE,
    DailyRollup,
    LoyaltyCard,
    LoyaltyProgram,
    LoyaltyTransaction,
)
from punchcard.loyalty.rules.rollup_rules import ACTIVITY_TYPES, ALL_COLUMNS, rollup_deltas
from punchcard.loyalty.till.rollup import add_all_to_rollup
from punchcard.loyalty.vocabulary import ActorKind, CardStatus

CHUNK_ROWS = 5000

Progress = Callable[[int], None]
"""Is told how many more rows were read."""

_Day = tuple[ProgramId, date, LocationId]
"""A program, a day, and a location or NOWHERE."""
_Rollup = dict[_Day, dict[str, int]]


@dataclass(frozen=True, slots=True)
class Difference:
    """One day of one program at a location (or NOWHERE) kept otherwise than the ledger says."""

    program_id: ProgramId
    day: date
    location_id: LocationId
    kept: dict[str, int]
    derived: dict[str, int]

    def columns(self) -> list[str]:
        """Return the columns that differ."""
        return [name for name in ALL_COLUMNS if self.kept[name] != self.derived[name]]


@dataclass(frozen=True, slots=True)
class Comparison:
    """How many entries and days were read, and which days differ."""

    entries: int
    days: int
    differences: list[Difference]


def count_rows(connection: Connection) -> int:
    """Return about how many rows `compare` will read: the whole of its progress."""
    rows = (select(func.count()).select_from(t) for t in (LoyaltyTransaction, LoyaltyCard))
    return sum(connection.scalar(query) or 0 for query in rows)


def compare(connection: Connection, progress: Progress) -> Comparison:
    """Derive the rollup from the ledger and compare it with what is kept; changes nothing.

    Needs a connection of `Database.snapshot`. Memory grows with programs and days, not entries.
    """
    zones = _zones(connection)
    derived: _Rollup = defaultdict(lambda: dict.fromkeys(ALL_COLUMNS, 0))
    entries = 0
    for row in _entries(connection, progress):
        entries += 1
        if ActorKind.IMPORT in (row.actor_kind, row.voided_actor_kind):
            # Told by an import, or the void of that: it stands apart.
            continue
        day = row.occurred_at.astimezone(zones[row.program_id]).date()
        place = row.voided_location_id if row.voided_type else row.location_id
        columns = derived[row.program_id, day, place or NOWHERE]
        for name, delta in _deltas(row).items():
            columns[name] += delta
    for row in _last_seen(connection, progress):
        day = row.last_seen.astimezone(zones[row.program_id]).date()
        derived[row.program_id, day, NOWHERE]["cards_last_seen"] += 1
    kept = _kept(connection)
    return Comparison(entries, len(derived), _differences(kept, derived))


def correct(connection: Connection, differences: list[Difference]) -> None:
    """Add to what is kept whatever `compare` found missing, and take off what was too much."""
    for start in range(0, len(differences), CHUNK_ROWS):
        add_all_to_rollup(
            connection, [_missing(one) for one in differences[start : start + CHUNK_ROWS]]
        )


def _missing(one: Difference) -> dict[str, object]:
    added = {name: one.derived[name] - one.kept[name] for name in ALL_COLUMNS}
    key = {"program_id": one.program_id, "day": one.day, "location_id": one.location_id}
    return {**key, **added}


def _zones(connection: Connection) -> dict[str, ZoneInfo]:
    rows = connection.execute(select(LoyaltyProgram.id, LoyaltyProgram.timezone))
    return {row.id: ZoneInfo(row.timezone) for row in rows}


def _entries(connection: Connection, progress: Progress) -> Iterator[Any]:
    entry, voided = LoyaltyTransaction, aliased(LoyaltyTransaction)
    query = (
        select(
            entry.id,
            entry.program_id,
            entry.type,
            entry.stamps_delta,
            entry.points_delta,
            entry.amount_minor,
            entry.reward,
            entry.occurred_at,
            entry.location_id,
            entry.actor_kind,
            voided.actor_kind.label("voided_actor_kind"),
            voided.type.label("voided_type"),
            voided.location_id.label("voided_location_id"),
            entry.details,
            voided.details.label("voided_details"),
        )
        .outerjoin(voided, voided.id == entry.voids)
        .order_by(entry.id)
        .limit(CHUNK_ROWS)
    )
    rows = connection.execute(query).all()
    while rows:
        yield from rows
        progress(len(rows))
        rows = connection.execute(query.where(entry.id > rows[-1].id)).all()


def _deltas(row: Any) -> dict[str, int]:
    return rollup_deltas(
        type=row.type,
        stamps_delta=row.stamps_delta,
        points_delta=row.points_delta,
        amount_minor=row.amount_minor,
        has_reward=row.reward is not None,
        reward_value_minor=(row.reward or {}).get("value_minor"),
        voided_type=row.voided_type,
        details=row.details,
        voided_details=row.voided_details,
    )


def _last_seen(connection: Connection, progress: Progress) -> Iterator[Any]:
    """Give each card's program and latest activity, some cards at a time along the index.

    Closed cards are taken off as they are closed.
    """
    entry = LoyaltyTransaction
    cards = select(LoyaltyCard.id).order_by(LoyaltyCard.id).limit(CHUNK_ROWS)
    latest = (
        select(entry.program_id, func.max(entry.occurred_at).label("last_seen"))
        .join(LoyaltyCard, LoyaltyCard.id == entry.card_id)
        .where(entry.type.in_(ACTIVITY_TYPES), LoyaltyCard.status != CardStatus.CLOSED)
        .group_by(entry.card_id, entry.program_id)
    )
    ids = connection.scalars(cards).all()
    while ids:
        yield from connection.execute(latest.where(entry.card_id.between(ids[0], ids[-1])))
        progress(len(ids))
        ids = connection.scalars(cards.where(LoyaltyCard.id > ids[-1])).all()


def _kept(connection: Connection) -> _Rollup:
    rows = connection.execute(select(DailyRollup.__table__)).mappings()
    return {
        (row["program_id"], row["day"], row["location_id"]): {
            name: row[name] for name in ALL_COLUMNS
        }
        for row in rows
    }


def _differences(kept: _Rollup, derived: _Rollup) -> list[Difference]:
    nothing = dict.fromkeys(ALL_COLUMNS, 0)
    found = (
        Difference(*key, kept.get(key, nothing), derived.get(key, nothing))
        for key in sorted(kept.keys() | derived.keys())
    )
    return [one for one in found if one.kept != one.derived]
