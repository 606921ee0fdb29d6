"""What a promotion would have given on a ledger: its purchases again, by the same rule. Pure.

Entries come in the order of the ledger. A card is followed by how much more it has earned than the
ledger says, to the part of a point: so what is carried, and what a budget and a limit leave, are as
they would have been. What the promotion itself gave in that ledger is left out first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from math import floor
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from punchcard.kit.ids import CardId, EntryId, LocationId
from punchcard.loyalty.rules.promotions.promotion_offer import PromotionOffer
from punchcard.loyalty.rules.promotions.promotion_rules import (
    Given,
    Purchase,
    Uses,
    bonus_of,
    share_of,
    uses_after,
    uses_before,
)
from punchcard.loyalty.rules.purchase_rules import Bonus, bonus_of_part, earned, earned_of_rest
from punchcard.loyalty.vocabulary import PartKind

Part = Mapping[str, Any]


class PastPurchase(NamedTuple):
    """A purchase as the ledger tells it.

    `earned` are its exact points and `carry` what the card carried before it; `parts` are those of
    its details, none where there was nothing but the base.
    """

    id: EntryId
    card_id: CardId
    at: datetime
    location_id: LocationId | None
    tier: str | None
    amount_minor: int | None
    stamps: int
    earned: Fraction
    carry: Fraction
    has_points: bool
    parts: Sequence[Part] = ()
    skus: frozenset[str] = frozenset()


@dataclass(slots=True)
class _Run:
    """A card in the simulation: its points beyond the ledger's, uses, and touched purchases."""

    beyond: Fraction = Fraction(0)
    uses: dict[str, Uses] = field(default_factory=dict)
    touched: int = 0


@dataclass(slots=True)
class _Given:
    """What the simulation made of a purchase, until it is voided."""

    card_id: CardId
    part: Part | None
    beyond: Fraction
    lost: tuple[int, int]
    came_anyway: bool
    parts: Sequence[Part]
    amount_minor: int
    refunded_minor: int = 0


@dataclass(slots=True)
class Simulation:
    """A promotion let loose on purchases; `left` is its budget, None without one.

    `points` and `stamps` are what it gives beside what purchases earned without it.
    """

    offer: PromotionOffer
    zone: ZoneInfo
    minimum_purchase_minor: int
    left: int | None = None
    points: int = 0
    stamps: int = 0
    purchases: int = 0
    touched: int = 0
    came_anyway: int = 0
    _runs: dict[CardId, _Run] = field(default_factory=dict)
    _given: dict[EntryId, _Given] = field(default_factory=dict)

    @property
    def cards(self) -> int:
        """Return how many cards got something."""
        return sum(1 for run in self._runs.values() if run.touched)

    def buy(self, past: PastPurchase) -> None:
        """Let a purchase happen again."""
        run = self._runs.setdefault(past.card_id, _Run())
        kept = [part for part in past.parts if part.get("promotion_id") != self.offer.id]
        is_own = len(kept) < len(past.parts)
        base, tiered = _bases(past)
        bonus, displaced = self._choose(past, run, tiered, kept)
        bonuses = [bonus_of_part(part) for part in kept[1:] if part not in displaced]
        if bonus is not None:
            bonuses.append(bonus)
        total, parts = self._earned(past, run, base, bonuses)
        part = next((one for one in parts if one.get("promotion_id") == self.offer.id), None)
        lost = _sums(displaced)
        given = _Given(
            past.card_id,
            part,
            total - past.earned,
            lost,
            not is_own,
            parts,
            past.amount_minor or 0,
        )
        self._given[past.id] = given
        self._count(given, 1)
        if part is not None:
            run.uses |= uses_after(run.uses, [part])

    def void(self, entry_id: EntryId) -> None:
        """Take a purchase back, with what it got."""
        given = self._given.pop(entry_id, None)
        if given is None:
            return
        self._count(given, -1)
        if given.part is not None:
            run = self._runs[given.card_id]
            run.uses |= uses_before(run.uses, [given.part])

    def refund(self, entry_id: EntryId, amount_minor: int, refunded: Fraction) -> None:
        """Pay a part of a purchase back; `refunded` are the points that the ledger took off."""
        given = self._given.get(entry_id)
        if given is None or not (given.beyond or given.part):
            return
        before = given.amount_minor - given.refunded_minor
        paid = given.amount_minor
        left = earned_of_rest(given.parts, before - amount_minor, paid_minor=paid)
        off = earned_of_rest(given.parts, before, paid_minor=paid) - left
        given.refunded_minor += amount_minor
        given.beyond -= off - refunded
        self._runs[given.card_id].beyond -= off - refunded

    def _choose(
        self, past: PastPurchase, run: _Run, tiered: Fraction, kept: Sequence[Part]
    ) -> tuple[Bonus | None, list[Part]]:
        """Return what the promotion does to a purchase, and the parts it takes the place of."""
        purchase = Purchase(
            at=past.at,
            location_id=past.location_id,
            tier=past.tier,
            amount_minor=past.amount_minor,
            skus=past.skus,
            rate=tiered / past.amount_minor if past.amount_minor else Fraction(0),
            has_points=past.has_points,
            has_stamps=past.stamps > 0,
        )
        left = {} if self.left is None else {self.offer.id: self.left}
        share = share_of(self.offer, purchase, Given(left, run.uses), self.zone)
        if share is None:
            return None, []
        rivals = [part for part in kept if self.offer.is_best and self._rivals(part)]
        for part in rivals:
            other = _share_of_part(part, tiered)
            if other > share or (other == share and part["promotion_id"] < self.offer.id):
                return None, []
        minimum = self.minimum_purchase_minor
        bonus = bonus_of(self.offer, purchase, self.zone, minimum_purchase_minor=minimum)
        return bonus, rivals

    def _rivals(self, part: Part) -> bool:
        return bool(part.get("best")) and (part["stamps"] > 0) is self.offer.gives_stamps

    def _earned(
        self, past: PastPurchase, run: _Run, base: Fraction, bonuses: Sequence[Bonus]
    ) -> tuple[Fraction, Sequence[Part]]:
        amount = past.amount_minor or 0
        rate = base / amount if amount else Fraction(0)
        carry = past.carry + run.beyond
        ordered = sorted(bonuses, key=lambda one: str(one.facts.get("promotion_id", "")))
        earning = earned(amount, rate, carry - floor(carry), ordered, base_stamps=past.stamps)
        return earning.points, earning.parts

    def _count(self, given: _Given, sign: int) -> None:
        run = self._runs[given.card_id]
        run.beyond += sign * given.beyond
        self.purchases += sign
        if given.part is None:
            return
        points, stamps = given.part["points"], given.part["stamps"]
        self.points += sign * (points - given.lost[0])
        self.stamps += sign * (stamps - given.lost[1])
        self.touched += sign
        self.came_anyway += sign if given.came_anyway else 0
        run.touched += sign
        if self.left is not None:
            self.left -= sign * (points + stamps)


def _bases(past: PastPurchase) -> tuple[Fraction, Fraction]:
    """Return what a purchase earned before any bonus, and with the factors of tiers."""
    if not past.parts:
        return past.earned, past.earned
    first = past.parts[0]
    amount = past.amount_minor or 0
    is_small = amount < first.get("minimum_purchase_minor", 0)
    base = Fraction(0) if is_small else amount * Fraction(first["rate"])
    tiered = base
    for part in past.parts[1:]:
        if part["kind"] == PartKind.TIER:
            tiered *= Fraction(part.get("factor", "1"))
    return base, tiered


def _share_of_part(part: Part, tiered: Fraction) -> Fraction:
    if part["stamps"]:
        return Fraction(part["stamps"])
    return tiered * (Fraction(part.get("factor", "1")) - 1) + int(part.get("added_points", 0))


def _sums(parts: Sequence[Part]) -> tuple[int, int]:
    return sum(part["points"] for part in parts), sum(part["stamps"] for part in parts)
