"""Stamps or points of merged cards that go their own ways again: each with the dates it had.

What one card owed the other repaid when they were merged. Both go back: to the one what it repaid
with, with the dates of before, to the other what it owes.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from punchcard.loyalty.rules.dated import lots
from punchcard.loyalty.rules.dated.dates import NEVER
from punchcard.loyalty.rules.standing import Lot, LotChange, moved


class Brought(NamedTuple):
    """What a merge did to stamps, or to points that are there.

    `had` is what the card that stayed had before, `delta` by how much that moved; `into` is how its
    lots moved, `out` how those of the card that came did.
    """

    had: int
    delta: int
    into: Sequence[LotChange]
    out: Sequence[LotChange]

    @property
    def debt(self) -> int:
        """Return what the card that came owed."""
        return max(0, -self.delta)

    @property
    def undated(self) -> int:
        """Return how much came without a date."""
        return max(0, self.delta + _sum(_active(self.out)))

    @property
    def undated_left(self) -> int:
        """Return how much of that repaid nothing."""
        return max(0, self.delta - self.repaid - _sum(_active(self.come)))

    @property
    def come(self) -> list[LotChange]:
        """Return the lots that came and repaid nothing."""
        return [change for change in self.into if change[1] > 0]

    @property
    def repaid(self) -> int:
        """Return how much of what came repaid what the card that stayed owed."""
        return max(0, min(-self.had, self.delta))


class Parting(NamedTuple):
    """How lots of both cards change: of the one that stays, and of the one that came.

    `pending` is how much of what goes back is pending.
    """

    left: lots.Change
    back: lots.Change
    pending: int


def parted(
    held: Sequence[Lot], balance: int, gone: int, brought: Brought, soonest: date
) -> Parting:
    """Return how `gone` of a balance with the lots `held`, pending included, goes back.

    What the card that came owed it owes again, beside that. What is to come back and is not there
    any more has the dates it came with, none before `soonest`.
    """
    away = max(0, gone + brought.debt)
    dated = sum(lot.amount for lot in held if not lot.activates_on)
    undated = max(0, balance - dated)
    undated_of = lots.Undated(undated, brought.undated_left, brought.repaid)
    taken = lots.take_apart(held, away, brought.come, undated_of)
    loose = away + _sum(taken)
    left = moved(held, taken)
    balance -= away + lots.pending_in(taken)
    returned = _returned(left, balance, away - gone, brought, soonest)
    missing = _missing(brought, taken, undated_taken=min(loose, undated))
    owed = lots.give_back((), 0, max(0, loose - undated), missing, soonest)
    back = [[change[0], -change[1], *change[2:]] for change in taken]
    return Parting(
        lots.merged([*taken, *returned]), lots.merged([*back, *owed]), lots.pending_in(taken)
    )


def _returned(
    held: Iterable[Lot], balance: int, debt: int, brought: Brought, soonest: date
) -> lots.Change:
    """Return the lots of what a card gets back that had repaid a `debt`, as far as it had."""
    repaid = min(debt, max(0, brought.had))
    spent = [change for change in _active(brought.into) if change[1] < 0]
    return lots.give_back(held, balance + debt - repaid, repaid, spent, soonest)


def _missing(
    brought: Brought, taken: Iterable[LotChange], *, undated_taken: int
) -> list[LotChange]:
    """Return, as what was spent, what came and does not go back as it came."""
    left: dict[str, int] = {NEVER: brought.undated - undated_taken}
    for change in brought.out:
        left[change[0]] = left.get(change[0], 0) - change[1]
    for change in taken:
        left[change[0]] = left.get(change[0], 0) + change[1]
    return [[end, -number] for end, number in left.items() if number > 0]


def _active(changes: Iterable[LotChange]) -> list[LotChange]:
    return [change for change in changes if len(change) == 2]


def _sum(changes: Iterable[LotChange]) -> int:
    return sum(change[1] for change in changes)
