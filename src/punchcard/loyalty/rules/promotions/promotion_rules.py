"""Which promotions a purchase gets something of, how much, and how often a card did."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from math import ceil
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from punchcard.kit.ids import LocationId, PromotionId
from punchcard.loyalty.rules.promotions.promotion_offer import PromotionOffer
from punchcard.loyalty.rules.purchase_rules import Bonus
from punchcard.loyalty.vocabulary import PartKind

KEPT_PERIODS: Final = 9
"""Of how many periods a card keeps how often it got something: what comes later than that gets
nothing of a promotion with a limit."""

# Looked up once: before Python 3.12 an enum gives its words slowly, and these are asked always.
_PROMOTION: Final = PartKind.PROMOTION
_PROMOTION_TOLD: Final = PartKind.PROMOTION.value

Uses = Sequence[Any]
"""`[period, times]` of a card and a promotion, the oldest period first."""


class Purchase(NamedTuple):
    """What promotions look at of a purchase.

    `amount_minor` None: nobody said what it came to. A minor unit of it earns `rate` points,
    `factor` times as many in its tier; `has_points` says that it earns any, `has_stamps` that it is
    a visit that is stamped.
    """

    at: datetime
    location_id: LocationId | None = None
    tier: str | None = None
    amount_minor: int | None = None
    skus: frozenset[str] = frozenset()
    rate: Fraction = Fraction(0)
    factor: Fraction = Fraction(1)
    has_points: bool = False
    has_stamps: bool = False

    @property
    def base(self) -> Fraction:
        """Return its exact points with the factor of its tier."""
        return (self.amount_minor or 0) * self.rate * self.factor


class Given(NamedTuple):
    """What promotions may still give: budgets that are left, and how often the card got each."""

    left: Mapping[PromotionId, int]
    uses: Mapping[str, Uses]


def bonuses_on(
    offers: Iterable[PromotionOffer],
    purchase: Purchase,
    given: Given,
    zone: ZoneInfo,
    minimum_purchase_minor: int,
) -> tuple[Bonus, ...]:
    """Return what a purchase gets of these promotions, in the order of their ids.

    Of those that are `best` it gets the one that gives most points, and the one that gives most
    stamps; of several alike the oldest. One whose budget does not cover its share is passed over.
    `minimum_purchase_minor` is the program's own.
    """
    gets = [offer for offer in offers if _gets(offer, purchase, given, zone)]
    chosen = gets if len(gets) < 2 else _chosen(gets, purchase.base)
    return tuple(
        bonus_of(offer, purchase, zone, minimum_purchase_minor=minimum_purchase_minor)
        for offer in chosen
    )


def share_of(
    offer: PromotionOffer, purchase: Purchase, given: Given, zone: ZoneInfo
) -> Fraction | None:
    """Return how much a purchase gets of a promotion alone, exactly; None for nothing at all."""
    return exact_share(offer, purchase.base) if _gets(offer, purchase, given, zone) else None


def _gets(offer: PromotionOffer, purchase: Purchase, given: Given, zone: ZoneInfo) -> bool:
    """Return whether a purchase gets something of a promotion."""
    if not (purchase.has_stamps if offer.gives_stamps else purchase.has_points):
        return False
    if not _is_for(offer, purchase) or not offer.is_on(purchase.at, zone):
        return False
    if not _is_within_limit(offer, purchase, given.uses.get(offer.id, ()), zone):
        return False
    if not offer.has_budget:
        return True
    return ceil(exact_share(offer, purchase.base)) <= given.left.get(offer.id, 0)


def exact_share(offer: PromotionOffer, base: Fraction) -> Fraction:
    """Return what a promotion adds to a purchase of `base` points: points, or stamps."""
    if offer.gives_stamps:
        return Fraction(offer.stamps)
    return base * (offer.factor - 1) + offer.points


def bonus_of(
    offer: PromotionOffer, purchase: Purchase, zone: ZoneInfo, *, minimum_purchase_minor: int
) -> Bonus:
    """Return what a promotion does to a purchase, and what its entry tells of it."""
    facts: dict[str, Any] = {"promotion_id": offer.id, "version": offer.version}
    if offer.is_best:
        facts["best"] = True
    if offer.limit_times is not None:
        facts["period"] = _period(offer, purchase.at, zone)
    least = offer.minimum_purchase_minor
    return Bonus(
        kind=_PROMOTION,
        factor=offer.factor,
        points=offer.points,
        stamps=offer.stamps,
        minimum_purchase_minor=least if offer.gives_stamps else max(least, minimum_purchase_minor),
        facts=facts,
    )


def uses_after(
    uses: Mapping[str, Uses], parts: Iterable[Mapping[str, Any]]
) -> dict[str, list[Any]]:
    """Return how often a card got each promotion once it got these parts, where that changes."""
    changed: dict[str, list[Any]] = {}
    for part in _limited(parts):
        name, period = part["promotion_id"], part["period"]
        kept = {told: times for told, times in uses.get(name, ()) if len(told) == len(period)}
        kept[period] = kept.get(period, 0) + 1
        changed[name] = [list(pair) for pair in sorted(kept.items())[-KEPT_PERIODS:]]
    return changed


def uses_before(
    uses: Mapping[str, Uses], parts: Iterable[Mapping[str, Any]]
) -> dict[str, list[Any]]:
    """Return how often a card got each promotion without these parts, where that changes."""
    changed: dict[str, list[Any]] = {}
    for part in _limited(parts):
        name, period = part["promotion_id"], part["period"]
        kept = dict(uses.get(name, ()))
        if period in kept:
            kept[period] -= 1
            changed[name] = [[told, times] for told, times in sorted(kept.items()) if times]
    return changed


def promotion_parts(details: Mapping[str, Any] | None) -> list[Mapping[str, Any]]:
    """Return the parts of an entry's details that promotions gave."""
    parts = details.get("parts", ()) if details else ()
    return [part for part in parts if part["kind"] == _PROMOTION_TOLD]


def _chosen(gets: Iterable[PromotionOffer], base: Fraction) -> list[PromotionOffer]:
    """Return those that count together, of those of which only the best counts that one."""
    by_id = sorted(gets, key=lambda one: one.id)
    best = [_best_of(rivals, base) for rivals in _rivals(by_id)]
    return [offer for offer in by_id if not offer.is_best or offer in best]


def _rivals(gets: Sequence[PromotionOffer]) -> list[list[PromotionOffer]]:
    """Return those of which only the best counts: of points, and of stamps."""
    best = [offer for offer in gets if offer.is_best]
    rivals = [[one for one in best if one.gives_stamps is stamps] for stamps in (False, True)]
    return [group for group in rivals if group]


def _best_of(rivals: Sequence[PromotionOffer], base: Fraction) -> PromotionOffer:
    if len(rivals) == 1:
        return rivals[0]
    return max(rivals, key=lambda offer: exact_share(offer, base))


def _is_for(offer: PromotionOffer, purchase: Purchase) -> bool:
    if not offer.takes(purchase.location_id, purchase.tier):
        return False
    if offer.minimum_purchase_minor > (purchase.amount_minor or 0):
        return False
    return not offer.items or not offer.items.isdisjoint(purchase.skus)


def _is_within_limit(offer: PromotionOffer, purchase: Purchase, uses: Uses, zone: ZoneInfo) -> bool:
    if offer.limit_times is None:
        return True
    period = _period(offer, purchase.at, zone)
    kept: dict[str, int] = {told: n for told, n in uses if len(told) == len(period)}
    if len(kept) >= KEPT_PERIODS and period < min(kept):
        return False
    return kept.get(period, 0) < offer.limit_times


def _period(offer: PromotionOffer, at: datetime, zone: ZoneInfo) -> str:
    return offer.period_of(at.astimezone(zone).date())


def _limited(parts: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [part for part in parts if "period" in part]
