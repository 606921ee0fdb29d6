"""Points with dates: how an amount comes onto a card's lots, and how it leaves them.

Each function returns the changes of lots for an entry's details. What a balance has beyond its lots
has no date; it is below zero while a card owes, and what comes next repays that first. What ends
first is spent first, in the order of the ledger, whenever it happened.
"""

from collections.abc import Iterable
from datetime import date, timedelta

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
    owed = max(0, sum(lot.amount for lot in lots if not lot.activates_on) - balance)
    left = amount - min(amount, owed)
    return [[expires_on, left]] if left else []


def take(lots: Iterable[Lot], amount: int, own: Iterable[LotChange] = ()) -> Change:
    """Return how `amount` leaves lots: those that `own` changes named, then what ends first.

    Its own lots may be pending ones, others are active. What they do not hold has no date.
    """
    held = {(lot.expires_on, lot.activates_on): lot.amount for lot in lots}
    # What was pending when it came may be active by now.
    first = [key for change in own for key in dict.fromkeys((_key(change), (change[0], "")))]
    changes: Change = []
    for key in (*first, *(k for k in sorted(held) if not k[1] and k not in first)):
        taken = min(amount, held.get(key, 0))
        if taken > 0:
            changes.append(_change(key, -taken))
            amount -= taken
    return changes


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
    dated = sorted([change[0], -change[1]] for change in spent if change[1] < 0)
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


def moved_to(lots: Iterable[Lot], expires_on: str) -> Change:
    """Return how active lots that end before `expires_on` are moved there; later ones stay."""
    early = [lot for lot in lots if not lot.activates_on and lot.expires_on < expires_on]
    if not early:
        return []
    amount = sum(lot.amount for lot in early)
    return [*([lot.expires_on, -lot.amount] for lot in early), [expires_on, amount]]


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
