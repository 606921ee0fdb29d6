"""How much of what an entry put onto a card has ended since: no void may take that off again.

Lots are sums: who looks back follows the part of an entry through all changes of its lots. What
ended of a lot counts as that entry's first, and never more than the lot could still hold of it.
"""

from collections.abc import Iterable, Mapping, Sequence
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
    """One entry of a card that moved lots.

    `elsewhere` are the moves of the card that this entry merged it into, all until it came back.
    """

    id: EntryId
    type: EntryType
    details: Mapping[str, Any]
    elsewhere: "tuple[LotMove, ...]" = ()


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
    part = _Part(name)
    for move in moves:
        if move.id == entry_id:
            part.put(move)
        else:
            part.follow(move)
    return part.ended


class _Part:
    """What an entry put onto a card, followed through the lots of that card."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.held: dict[_Key, int] = {}
        self.own: dict[_Key, int] = {}
        self.away: dict[_Key, int] = {}
        self.gone: dict[str, int] = {}
        self.ended = 0

    def put(self, move: LotMove) -> None:
        """Follow the part from here on, where it was put."""
        changes = self._held_after(move)
        if move.type == EntryType.MERGED_IN:
            # What that took beside repaid what the card that came owed.
            self.own = {_key(change): change[1] for change in changes if change[1] > 0}
        else:
            self.own = _put_by(changes)
        self._bound()

    def follow(self, move: LotMove) -> None:
        """Go along with an entry; what it took was what ended first."""
        had = sum(self.own.values())
        changes = self._held_after(move)
        if move.type == EntryType.MERGED_OUT:
            had += self.ended
            self.away = self._while_merged(move)
            self.gone[move.details["merge_id"]] = had - sum(self.away.values()) - self.ended
        elif move.type == EntryType.VOIDED and "merge_id" in move.details:
            self._come_back(changes, self.gone.pop(move.details["merge_id"], 0))
        elif move.type == _ENDINGS[self.name]:
            self.ended += _taken(self.own, changes)
        elif move.type != EntryType.MERGED_IN:
            _follow(self.own, changes)
        self._bound()
        if move.type == EntryType.MERGED_IN:
            self.gone[move.details["merge_id"]] = had - sum(self.own.values())

    def _come_back(self, changes: Sequence[LotChange], gone: int) -> None:
        """Take up the part again where cards went their own ways.

        `gone` of it had repaid what a card owed, or was spent: as far as it comes back, it is in
        what came beside what is left.
        """
        for change in changes:
            if change[1] > 0:
                key = _key(change)
                left = min(change[1], self.away.get(key, 0))
                more = min(change[1] - left, gone)
                gone -= more
                self.own[key] = self.own.get(key, 0) + left + more
        self.away = {}

    def _while_merged(self, merged_out: LotMove) -> dict[_Key, int]:
        """Return what is left of the part when the card that it went to gives it back."""
        there = _Part(self.name)
        for move in merged_out.elsewhere:
            there.follow(move)
            if _is_of(move, merged_out):
                there.own = dict(self.own)
                there._bound()
        self.ended += there.ended
        return there.own

    def _held_after(self, move: LotMove) -> Sequence[LotChange]:
        changes: Sequence[LotChange] = move.details.get(self.name, ())
        for change in changes:
            self.held[_key(change)] = self.held.get(_key(change), 0) + change[1]
        return changes

    def _bound(self) -> None:
        self.own = {key: min(number, self.held.get(key, 0)) for key, number in self.own.items()}


def _is_of(move: LotMove, merged_out: LotMove) -> bool:
    is_in = move.type == EntryType.MERGED_IN
    return is_in and move.details["merge_id"] == merged_out.details["merge_id"]


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
