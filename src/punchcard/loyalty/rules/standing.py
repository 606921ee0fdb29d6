"""What a card has beside its balances: points and stamps with dates, its lap, its tier.

A card's standing follows from the `details` of its entries alone: `followed` is how the till moves
it and how the verification derives it again. A card that never had any of it has none.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final, NamedTuple

from punchcard.loyalty.rules.dated.dates import NEVER, day_after

Details = dict[str, Any]
"""What an entry tells beside its 27 values: sorted when hashed, without fractions."""

LotChange = Sequence[Any]
"""`[expires_on, change]`, with `activates_on` as a third while the points are pending."""


class Lot(NamedTuple):
    """Points or stamps that end together: good until the day `expires_on`, or NEVER.

    `activates_on` is the day from which they can be spent; "" for at once.
    """

    expires_on: str
    amount: int
    activates_on: str = ""


class Standing(NamedTuple):
    """What a card has beside its balances, each part in its documented order.

    `lots` are dated points and `stamp_lots` dated stamps, the first to end first; what a balance
    has beyond them has no date. `lap` counts the full cards that were exchanged, from 1; `claimed`
    are the milestones of the lap that were, `kept` those of former laps that still can be, as
    (lap, at); `ahead` are claims of laps that voids undid, until those come back. `qualifying`
    counts towards a tier, by what counts and in which month; `tier` is the tier's facts, none while
    the card never left the lowest: see `tiers/tier_rules.py`. `uses` counts how
    often each promotion added something, in the period of its limit. `held` is what open
    reservations hold, by their ids, and `grants` what was given to the card and is ready, by
    theirs: see `reservation_rules.HeldFacts` and `grant_rules.GrantFacts`. `merged` are the cards
    that were merged into it, by the ids of the merges.
    """

    lots: tuple[Lot, ...] = ()
    stamp_lots: tuple[Lot, ...] = ()
    lap: int = 1
    claimed: tuple[int, ...] = ()
    kept: tuple[tuple[int, int], ...] = ()
    qualifying: Mapping[str, int] = {}
    tier: Mapping[str, Any] = {}
    uses: Mapping[str, Sequence[Any]] = {}
    held: Mapping[str, Mapping[str, Any]] = {}
    grants: Mapping[str, Mapping[str, Any]] = {}
    ahead: tuple[tuple[int, int], ...] = ()
    merged: Mapping[str, str] = {}

    @classmethod
    def parse(cls, document: Mapping[str, Any] | None) -> "Standing | None":
        """Return the standing that a card keeps as a document; None for none."""
        if not document:
            return None
        return cls(
            tuple(Lot(*lot) for lot in document.get("lots", ())),
            tuple(Lot(*lot) for lot in document.get("stamp_lots", ())),
            document.get("lap", 1),
            tuple(document.get("claimed", ())),
            tuple((lap, at) for lap, at in document.get("kept", ())),
            document.get("qualifying", {}),
            document.get("tier", {}),
            document.get("uses", {}),
            document.get("held", {}),
            document.get("grants", {}),
            tuple((lap, at) for lap, at in document.get("ahead", ())),
            document.get("merged", {}),
        )

    def document(self) -> dict[str, Any] | None:
        """Return what is kept of it: only what differs from nothing at all; None for nothing."""
        kept: dict[str, Any] = {}
        if self.lots:
            kept["lots"] = [_kept_lot(lot) for lot in self.lots]
        if self.stamp_lots:
            kept["stamp_lots"] = [_kept_lot(lot) for lot in self.stamp_lots]
        if self.lap != 1:
            kept["lap"] = self.lap
        if self.claimed:
            kept["claimed"] = list(self.claimed)
        for name in ("kept", "ahead"):
            if pairs := getattr(self, name):
                kept[name] = [list(pair) for pair in pairs]
        for name in ("qualifying", "tier", "uses", "held", "grants", "merged"):
            if part := getattr(self, name):
                kept[name] = dict(part)
        return kept or None

    @property
    def points_pending(self) -> int:
        """Return the points that cannot be spent yet."""
        return sum(lot.amount for lot in self.lots if lot.activates_on)

    @property
    def points_dated(self) -> int:
        """Return the points that can be spent and have a date."""
        return sum(lot.amount for lot in self.lots if not lot.activates_on)

    @property
    def stamps_dated(self) -> int:
        """Return the stamps that have a date."""
        return sum(lot.amount for lot in self.stamp_lots)

    @property
    def tier_ends(self) -> str | None:
        """Return the last day on which nothing takes the card's tier away; None without one."""
        ends: str | None = self.tier.get("kept_to") or self.tier.get("until")
        return ends

    @property
    def due_on(self) -> date | None:
        """Return the first day on which something of it ends or begins by itself."""
        first, last = NEVER, self.tier_ends or NEVER
        for expires_on, _, activates_on in (*self.lots, *self.stamp_lots):
            if not activates_on:
                last = expires_on if expires_on < last else last
            elif activates_on < first:
                first = activates_on
        for facts in self.grants.values():
            last = min(last, facts.get("expires_on", NEVER))
        due = None if last == NEVER else day_after(last)
        if first == NEVER:
            return due
        begins = date.fromisoformat(first)
        return begins if due is None else min(begins, due)


NO_STANDING = Standing()


def followed(standing: Standing, details: Mapping[str, Any]) -> Standing:
    """Return the standing after an entry with these details.

    Raises ValueError for more taken out of a lot than is in it: no rule does that.
    """
    parts: list[Any] = list(standing)
    for name, told in details.items():
        if name in _FOLLOWED:
            place, after = _FOLLOWED[name]
            parts[place] = after(parts[place], told)
    return Standing(*parts)


def moved(lots: Iterable[Lot], changes: Iterable[LotChange]) -> tuple[Lot, ...]:
    """Return lots after these changes. Raises ValueError for more taken out than is in one."""
    amounts = {(lot.expires_on, lot.activates_on): lot.amount for lot in lots}
    for change in changes:
        key = (change[0], change[2] if len(change) > 2 else "")
        amounts[key] = amount = amounts.get(key, 0) + change[1]
        if amount < 0:
            raise ValueError(f"more taken out of {change} than is in it")
    return tuple([Lot(key[0], amount, key[1]) for key, amount in sorted(amounts.items()) if amount])


def _told(_before: Any, told: Any) -> Any:
    return told


def _marks(_before: Any, told: Iterable[int]) -> tuple[int, ...]:
    return tuple(told)


def _pairs(_before: Any, told: Iterable[Sequence[int]]) -> tuple[tuple[int, int], ...]:
    return tuple((lap, at) for lap, at in told)


def _with(before: Mapping[str, Any], told: Mapping[str, Any]) -> dict[str, Any]:
    """Return values with those that are told; what is told to be nothing is gone."""
    return {name: value for name, value in {**before, **told}.items() if value}


def _kept_lot(lot: Lot) -> list[Any]:
    return [lot.expires_on, lot.amount, *((lot.activates_on,) if lot.activates_on else ())]


_AFTER: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "lots": moved,
    "stamp_lots": moved,
    "lap": _told,
    "claimed": _marks,
    "kept": _pairs,
    "qualifying": _with,
    "tier": _told,
    "uses": _with,
    "held": _with,
    "grants": _with,
    "ahead": _pairs,
    "merged": _with,
}
_FOLLOWED: Final = {name: (Standing._fields.index(name), after) for name, after in _AFTER.items()}
"""By the names that details tell: the place of the part, and what becomes of it."""
