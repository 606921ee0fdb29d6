"""Merges, verified: both entries are there, say the same, and what left one card came to the other.

An entry is followed with its card; the other one is looked up by its id, as the table of merges
names it, so that memory grows with the merges and not with the ledger.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, select

from punchcard.db.base import table_of
from punchcard.kit.ids import CardId, EntryId
from punchcard.loyalty.cards.models import CardMerge
from punchcard.loyalty.rules.dated.lots import pending_in
from punchcard.loyalty.rules.standing import Details
from punchcard.loyalty.tables import ENTRIES
from punchcard.loyalty.vocabulary import EntryType

_MERGES: Final = table_of(CardMerge)
_AT_ONCE: Final = 500
_OTHERS: Final = {
    EntryType.MERGED_IN: "out_entry_id",
    EntryType.MERGED_OUT: "in_entry_id",
}


class MergeSeen(NamedTuple):
    """One entry of a merge, or the void of one, as it was met on its card."""

    entry_id: EntryId
    card_id: CardId
    merge_id: str
    kind: str
    stamps: int
    points: int
    moved: str

    @classmethod
    def of(cls, entry_id: EntryId, card_id: CardId, kind: str, told: Sequence[Any]) -> "MergeSeen":
        """Return it for an entry with these deltas of stamps and points, and details."""
        stamps, points, details = told
        moved = details.get("moved_points", "0")
        whole = _points(points, details)
        return cls(entry_id, card_id, details["merge_id"], kind, stamps, whole, moved)


def merge_faults(
    connection: Connection, seen: Sequence[MergeSeen]
) -> Iterator[tuple[MergeSeen, str]]:
    """Give each entry of a merge that its other half does not bear out, and why."""
    for start in range(0, len(seen), _AT_ONCE):
        part = seen[start : start + _AT_ONCE]
        kept = _kept(connection, {one.merge_id for one in part})
        others = _others(connection, part, kept)
        for one in part:
            row = kept.get(one.merge_id)
            if row is None:
                yield one, "the merge that it tells of is missing"
            elif (fault := _fault(one, row, others)) is not None:
                yield one, fault


def _fault(one: MergeSeen, row: Any, others: dict[str, list[Any]]) -> str | None:
    if one.kind == EntryType.VOIDED:
        return None if row.undone_at is not None else "its merge is kept as if it stood"
    name = "in_entry_id" if one.kind == EntryType.MERGED_IN else "out_entry_id"
    if getattr(row, name) != one.entry_id:
        return "its merge is kept with another entry"
    other = others.get(getattr(row, _OTHERS[EntryType(one.kind)]))
    if other is None:
        return "the other entry of its merge is missing"
    _, stamps, _, details = other
    if (details or {}).get("merge_id") != one.merge_id:
        return "the other entry of its merge tells of another one"
    # Two parts of a point may make a whole one: exact is what both entries tell.
    is_whole = abs(abs(one.points) - abs(Fraction(one.moved))) < 1
    if one.stamps + stamps or details["moved_points"] != one.moved or not is_whole:
        return "what left one card is not what came to the other"
    return None


def _kept(connection: Connection, merge_ids: set[str]) -> dict[str, Any]:
    query = select(_MERGES).where(_MERGES.c.id.in_(sorted(merge_ids)))
    return {row.id: row for row in connection.execute(query)}


def _others(
    connection: Connection, part: Sequence[MergeSeen], kept: dict[str, Any]
) -> dict[str, list[Any]]:
    wanted = {
        getattr(kept[one.merge_id], _OTHERS[EntryType(one.kind)])
        for one in part
        if one.merge_id in kept and one.kind in _OTHERS
    }
    columns = (ENTRIES.c.id, ENTRIES.c.stamps_delta, ENTRIES.c.points_delta, ENTRIES.c.details)
    query = select(*columns).where(ENTRIES.c.id.in_(sorted(wanted)))
    return {row[0]: list(row) for row in connection.execute(query)}


def _points(points: int, details: Details) -> int:
    return points + pending_in(details.get("lots", ()))
