"""How much of what an entry put onto a card has ended since: no void may take that off again.

Lots are sums: who looks back follows the part of an entry through all changes of its lots. What
ended of a lot counts as that entry's first, and never more than the lot could still hold of it.
"""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from itertools import product
from typing import Any, Final, NamedTuple

from punchcard.kit.ids import EntryId
from punchcard.loyalty.rules.standing import LotChange
from punchcard.loyalty.vocabulary import EntryType

_ENDINGS: Final[Mapping[str, str]] = {
    "lots": EntryType.POINTS_EXPIRED,
    "stamp_lots": EntryType.STAMPS_EXPIRED,
}

_Key = tuple[str, str]


class Ended(NamedTuple):
    """Stamps and points of an entry that ended since, and that nothing has accounted for yet.

    Points are exact: with a point ends the part that an earlier purchase had carried into it.
    """

    stamps: int = 0
    points: Fraction = Fraction(0)

    @classmethod
    def of(cls, details: Mapping[str, Any] | None) -> "Ended":
        """Return what an entry that takes something back tells of it."""
        stamps, points = (details or {}).get("ended", (0, "0"))
        return cls(stamps, Fraction(points))

    def without(self, other: "Ended") -> "Ended":
        """Return what is left once `other` is accounted for."""
        points = max(Fraction(0), self.points - other.points)
        return Ended(max(0, self.stamps - other.stamps), points)

    def within(self, stamps: int, points: Fraction) -> "Ended":
        """Return no more of it than what is to be taken back."""
        return Ended(min(self.stamps, stamps), min(self.points, max(Fraction(0), points)))

    def told(self) -> dict[str, Any]:
        """Return what the entry tells that takes back the rest; nothing where nothing ended."""
        return {"ended": [self.stamps, str(self.points)]} if any(self) else {}


class LotMove(NamedTuple):
    """One entry of a card that moved lots."""

    id: EntryId
    type: EntryType
    details: Mapping[str, Any]


def ended_since(entry_id: EntryId, moves: Iterable[LotMove]) -> Ended:
    """Return what ended of an entry's stamps and points, and no refund has accounted for.

    `moves` are all of the card, in their order.
    """
    moves = list(moves)
    points = Fraction(_ended(entry_id, moves, "lots"))
    ended = Ended(_ended(entry_id, moves, "stamp_lots"), points)
    for move in moves:
        if move.details.get("refunds") == entry_id:
            ended = ended.without(Ended.of(move.details))
    return ended


def _ended(entry_id: EntryId, moves: Iterable[LotMove], name: str) -> int:
    held: dict[_Key, int] = {}
    own: dict[_Key, int] = {}
    ended = 0
    is_later = False
    for move in moves:
        changes = move.details.get(name, ())
        for change in changes:
            held[_key(change)] = held.get(_key(change), 0) + change[1]
        if move.id == entry_id:
            is_later, own = True, _put_by(changes)
        elif is_later and move.type == _ENDINGS[name]:
            ended += _taken(own, changes)
        elif is_later:
            _follow(own, changes)
        own = {key: min(number, held.get(key, 0)) for key, number in own.items()}
    return ended


def _put_by(changes: Iterable[LotChange]) -> dict[_Key, int]:
    """Return what an entry put where, without what it only moved to a later end."""
    moved = -sum(change[1] for change in changes if change[1] < 0)
    own: dict[_Key, int] = {}
    for change in changes:
        if change[1] > 0:
            number = max(0, change[1] - moved)
            moved = max(0, moved - change[1])
            own[_key(change)] = number
    return own


def _taken(own: dict[_Key, int], changes: Iterable[LotChange]) -> int:
    ended = 0
    for change in changes:
        number = min(own.get(_key(change), 0), -change[1])
        if number > 0:
            own[_key(change)] -= number
            ended += number
    return ended


def _follow(own: dict[_Key, int], changes: Iterable[LotChange]) -> None:
    """Move the part along with what an entry moved from one lot to another.

    What it took beside that was what ended first.
    """
    come = {_key(change): change[1] for change in changes if change[1] > 0}
    left = {_key(change): -change[1] for change in changes if change[1] < 0}
    spent = sum(left.values()) - sum(come.values())
    for key in sorted(left):
        number = min(left[key], max(0, spent))
        left[key] -= number
        spent -= number
    for target, source in product(come, left):
        number = min(own.get(source, 0), left[source], come[target])
        if number > 0:
            own[source] -= number
            own[target] = own.get(target, 0) + number
            left[source] -= number
            come[target] -= number


def _key(change: LotChange) -> _Key:
    return change[0], change[2] if len(change) > 2 else ""
