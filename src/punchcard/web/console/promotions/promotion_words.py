"""A promotion in plain words, as the console's pages tell it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from punchcard.kit.i18n import N_, translate
from punchcard.kit.ids import PromotionId
from punchcard.loyalty.models import LoyaltyProgram
from punchcard.loyalty.promotion_models import Promotion
from punchcard.loyalty.promotion_words import (
    day_words,
    promotion_name,
    promotion_words,
    purchase_words,
)
from punchcard.loyalty.vocabulary import LimitPeriod, PromotionStatus, Stacking

STATES: Final = {
    PromotionStatus.ACTIVE: (N_("running"), "good"),
    PromotionStatus.SCHEDULED: (N_("scheduled"), "accent"),
    PromotionStatus.PAUSED: (N_("paused"), "warn"),
    PromotionStatus.DRAFT: (N_("draft"), ""),
    PromotionStatus.ENDED: (N_("ended"), ""),
}
"""Each status: what it is called, and the tone of its badge; in the order of the list."""

_LIMITS: Final = {
    LimitPeriod.DAY: (N_("Once a day and card"), N_("At most {n} times a day and card")),
    LimitPeriod.WEEK: (N_("Once a week and card"), N_("At most {n} times a week and card")),
    LimitPeriod.CARD: (N_("Once a card"), N_("At most {n} times a card")),
}
"""How often one card gets it: once, and more often."""


@dataclass(frozen=True, slots=True)
class PromotionFacts:
    """One promotion as it is told; `conditions` are sentences, none where it is for all.

    `used` of `budget` points or stamps are given; `budget` is None where there is no end.
    """

    id: PromotionId
    name: str
    status: PromotionStatus
    sentence: str
    days: str
    conditions: list[str]
    gives_stamps: bool
    given: int
    budget: int | None
    uses: int
    version: int


def facts_of(
    promotion: Promotion,
    program: LoyaltyProgram,
    status: PromotionStatus,
    locations: Mapping[str, str],
    language: str,
) -> PromotionFacts:
    """Return a promotion of a program in words; `locations` are the names of places by id."""
    budget = promotion.budget or {}
    gives_stamps = bool(promotion.effect.get("stamps"))
    return PromotionFacts(
        id=promotion.id,
        name=promotion_name(promotion.name, promotion.texts, language),
        status=status,
        sentence=promotion_words(promotion.effect, promotion.windows, language),
        days=_days(promotion, language),
        conditions=_conditions(promotion, program, locations, language),
        gives_stamps=gives_stamps,
        given=promotion.stamps_given if gives_stamps else promotion.points_given,
        budget=budget.get("stamps") or budget.get("points"),
        uses=promotion.uses,
        version=promotion.version,
    )


def _days(promotion: Promotion, language: str) -> str:
    first = day_words(promotion.starts_on, language) if promotion.starts_on else ""
    last = day_words(promotion.ends_on, language) if promotion.ends_on else ""
    if first and last:
        return translate(N_("{start} to {end}"), language, start=first, end=last)
    if first:
        return translate(N_("From {day} on"), language, day=first)
    if last:
        return translate(N_("Until {day}"), language, day=last)
    return translate(N_("Until you end it"), language)


def _conditions(
    promotion: Promotion,
    program: LoyaltyProgram,
    locations: Mapping[str, str],
    language: str,
) -> list[str]:
    told = []
    least = purchase_words(promotion.minimum_purchase_minor, program.currency, language)
    if least:
        told.append(least[0].upper() + least[1:])
    places = [locations.get(one, "") for one in promotion.location_ids or ()]
    if places:
        named = ", ".join(sorted(name for name in places if name))
        told.append(translate(N_("Only here: {places}"), language, places=named))
    tiers = {tier["key"]: tier.get("name") or tier["key"] for tier in program.tiers or ()}
    if promotion.tier_keys:
        named = ", ".join(str(tiers.get(key, key)) for key in promotion.tier_keys)
        told.append(translate(N_("Only for {tiers}"), language, tiers=named))
    if promotion.items:
        told.append(
            translate(N_("Only with: {articles}"), language, articles=", ".join(promotion.items))
        )
    if promotion.limit:
        times = promotion.limit["times"]
        once, often = _LIMITS[LimitPeriod(promotion.limit["per"])]
        told.append(translate(often if times > 1 else once, language, n=times))
    if promotion.stacking == Stacking.ADD:
        told.append(translate(N_("On top of other promotions"), language))
    return told
