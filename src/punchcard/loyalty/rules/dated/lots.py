"""Points with dates: how an amount comes onto a card's lots, and how it leaves them.

Each function returns the changes of lots for an entry's details. What a balance has beyond its lots
has no date; it is below zero while a card owes, and what comes next repays that first. What ends
first is spent first, in the order of the ledger, whenever it happened.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from punchcard.loyalty.rules.dated.dates import NEVER
from punchcard.loyalty.rules.standing import Lot, LotChange

Change = list[LotChange]


def put(
    lots: Iterable[Lot], balance: int, amount: int, expires_on: str, activates_on: str = ""
) -> Change:
    """Return how `amount` comes onto lots of a balance, before it is added to that.

    Pending points repay nothing until they are active.
    """
    if activates_on:
        return [[expires_on, amount, activates_on]] if amount else []
    if expires_on == NEVER:
        return []
    owed = -balance
    for lot in lots:
        if not lot.activates_on:
            owed += lot.amount
    left = amount if owed <= 0 else amount - min(amount, owed)
    return [[expires_on, left]] if left else []


def take(
    lots: Iterable[Lot], amount: int, own: Iterable[LotChange] = (), *, undated: int = 0
) -> Change:
    """Return how `amount` leaves lots: those that `own` changes filled, then what ends first.

    What has no date goes after that, `undated` of it, and what is pending but for its own last of
    all. What is in none of them is owed.
    """
    held = {(lot.expires_on, lot.activates_on): lot.amount for lot in lots}
    first = _own_keys(held, list(own))
    others = sorted(key for key in held if key not in first)
    active, pending = ([k for k in others if bool(k[1]) is late] for late in (False, True))
    changes: Change = []
    for key in (*first, *active, None, *pending):
        taken = min(amount, undated if key is None else held[key])
        amount -= taken
        if key is not None and taken > 0:
            changes.append(_change(key, -taken))
    return changes


class Undated(NamedTuple):
    """What of a balance with lots has no date, how much of it came, and what it may owe."""

    there: int
    came: int
    owed: int


def take_apart(
    lots: Iterable[Lot], amount: int, came: Iterable[LotChange], undated: Undated
) -> Change:
    """Return how `amount` leaves lots again that other lots were merged into by `came`.

    Of each no more than came, however much it holds, then of the undated what came; what is not
    there any more goes as if it was spent, but what may be owed is owed before anything pending
    goes. What came pending may be active by now.
    """
    held = {(lot.expires_on, lot.activates_on): lot.amount for lot in lots}
    changes: Change = []
    for change in merged(came):
        missing = change[1]
        for key in dict.fromkeys((_key(change), (change[0], ""))):
            taken = max(0, min(amount, missing, held.get(key, 0)))
            if taken:
                held[key] -= taken
                changes.append(_change(key, -taken))
            amount, missing = amount - taken, missing - taken
    undated_taken = max(0, min(amount, undated.came, undated.there))
    rest = [Lot(key[0], number, key[1]) for key, number in held.items() if number]
    spendable = undated.there - undated_taken + undated.owed
    left = take(rest, amount - undated_taken, undated=spendable)
    return merged([*changes, *left])


def _own_keys(
    held: Mapping[tuple[str, str], int], own: Sequence[LotChange]
) -> list[tuple[str, str]]:
    """Return the lots that hold what these changes put there, pending ones in front.

    What was pending when it came may be active by now, or a visit may have moved its end; what the
    changes themselves moved from one end to another was there before.
    """
    come: dict[str, int] = {}
    for change in own:
        activates_on = _key(change)[1]
        come[activates_on] = come.get(activates_on, 0) + change[1]
    begins = {activates_on for activates_on, number in come.items() if number > 0}
    if not begins:
        return []
    ends = dict.fromkeys(change[0] for change in own if change[1] > 0)
    pending = sorted(key for key in held if key[1] and key[1] in begins)
    return [*pending, *((end, "") for end in ends if (end, "") in held)]


def pending_in(changes: Iterable[LotChange]) -> int:
    """Return by how much changes move what is pending."""
    return sum(change[1] for change in changes if len(change) > 2)


def give_back(
    lots: Iterable[Lot], balance: int, amount: int, spent: Iterable[LotChange], soonest: date
) -> Change:
    """Return how `amount` that was spent comes back: with its dates, none before `soonest`.

    `spent` are the changes of the entry that took it. What is missing to them had no date.
    """
    owed = max(0, sum(lot.amount for lot in lots if not lot.activates_on) - balance)
    dated = _spent(spent)
    # What was forgiven or is owed is held against what ends first.
    skipped = owed
    undated = amount - sum(number for _, number in dated)
    if undated < 0:
        skipped -= undated
    changes: Change = []
    for expires_on, number in dated:
        kept = max(0, number - skipped)
        skipped = max(0, skipped - number)
        if kept and expires_on != NEVER:
            changes.append([max(expires_on, soonest.isoformat()), kept])
    return merged(changes)


def _spent(changes: Iterable[LotChange]) -> Change:
    """Return `[expires_on, number]` of what was spent, the first to end first.

    A visit takes what ends first and moves what is left to a later end: that is not spent.
    """
    told = [change for change in changes if len(change) == 2]
    left = -sum(change[1] for change in told)
    dated: Change = []
    for change in sorted(told, key=lambda one: one[0]):
        number = min(left, -change[1])
        if number > 0:
            dated.append([change[0], number])
            left -= number
    return dated


def moved_to(lots: Iterable[Lot], expires_on: str) -> Change:
    """Return how lots that end before `expires_on` are moved there, pending ones too."""
    changes: Change = []
    for lot in lots:
        if lot.expires_on < expires_on:
            changes.append(_change((lot.expires_on, lot.activates_on), -lot.amount))
            changes.append(_change((expires_on, lot.activates_on), lot.amount))
    return merged(changes)


def merged(changes: Iterable[LotChange]) -> Change:
    """Return changes with one line a lot, in the order of lots."""
    sums: dict[tuple[str, str], int] = {}
    for change in changes:
        key = _key(change)
        sums[key] = sums.get(key, 0) + change[1]
    return [_change(key, number) for key, number in sorted(sums.items()) if number]


def soonest_return(day: date, grace_days: int) -> date:
    """Return the first day on which returned points may end."""
    return day + timedelta(days=grace_days)


def _key(change: LotChange) -> tuple[str, str]:
    return change[0], change[2] if len(change) > 2 else ""


def _change(key: tuple[str, str], number: int) -> LotChange:
    return [key[0], number, key[1]] if key[1] else [key[0], number]
