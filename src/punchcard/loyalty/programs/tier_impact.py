"""What other tiers mean for cards that customers hold already. Nothing here changes anything."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from fractions import Fraction
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from punchcard.loyalty.models import LoyaltyCard, LoyaltyProgram
from punchcard.loyalty.programs.impact_service import running_cards
from punchcard.loyalty.rules.standing import Standing
from punchcard.loyalty.rules.tiers.qualifying import amount_on
from punchcard.loyalty.rules.tiers.tier_form import TIER_RULES
from punchcard.loyalty.rules.tiers.tier_plan import TierPlan, plan_of
from punchcard.loyalty.vocabulary import HELD_STATUSES

_CARDS_AT_ONCE = 2000
_LOWEST = ""


class TierImpact(NamedTuple):
    """How many of `cards` in use another set of tiers moves.

    `rising` reach a higher tier with their next purchase. `keeping` no longer have what their tier
    takes, and keep it to its date. Of those `losing` the tier is there no more: they go to the one
    that fits them. `earning_less` are in one that stays, with a smaller factor.
    """

    cards: int
    rising: int
    keeping: int
    losing: int
    earning_less: int

    @property
    def moves_any(self) -> bool:
        """Return whether any card is concerned."""
        return bool(self.rising or self.keeping or self.losing or self.earning_less)


def impact_of_tiers(
    session: Session, program: LoyaltyProgram, fields: Mapping[str, Any], *, now: datetime
) -> TierImpact:
    """Return what changed `fields` of the program's tiers mean for its cards at `now`."""
    day = now.astimezone(ZoneInfo(program.timezone)).date()
    rules = dict(program.tier_rules or {})
    for name in TIER_RULES:
        if name in fields:
            rules[name.removeprefix("tier_")] = fields[name]
    before = plan_of(program.tiers, program.tier_rules, program.type, {})
    after = plan_of(fields.get("tiers", program.tiers), rules, program.type, {})
    rising = keeping = losing = 0
    cards = running_cards(session, program.id)
    less = _less(before, after)
    # Who keeps nothing is in the lowest tier.
    in_tier = Counter({_LOWEST: cards})
    for standing in _standings(session, program):
        in_tier.update({_LOWEST: -1, _key_of(before, standing): 1})
        place = 0 if after is None else after.place_of(standing.tier)
        if before is not None and standing.tier and (after is None or place is None):
            losing += 1
        elif after is not None and place is not None:
            fits = after.fitting(amount_on(after, standing.qualifying, day))
            rising += fits > place
            keeping += fits < place and _had(before, standing, day)
    earning_less = sum(in_tier[key] for key in less)
    return TierImpact(cards, rising, keeping, losing, earning_less)


def _less(before: TierPlan | None, after: TierPlan | None) -> set[str]:
    """Return in which tiers points count less than before, of those that stay."""
    if before is None:
        return set()
    tiers = () if after is None else after.tiers
    factors = {tier.key: tier.factor for tier in tiers}
    lowest = tiers[0].factor if tiers else Fraction(1)
    less = {one.key for one in before.tiers[1:] if factors.get(one.key, one.factor) < one.factor}
    return less | ({_LOWEST} if lowest < before.tiers[0].factor else set())


def _key_of(plan: TierPlan | None, standing: Standing) -> str:
    place = None if plan is None else plan.place_of(standing.tier)
    return standing.tier["key"] if place else _LOWEST


def _had(before: TierPlan | None, standing: Standing, day: date) -> bool:
    """Return whether a card has what its tier took until now."""
    place = None if before is None else before.place_of(standing.tier)
    if before is None or place is None:
        return False
    return before.fitting(amount_on(before, standing.qualifying, day)) >= place


def _standings(session: Session, program: LoyaltyProgram) -> Iterator[Standing]:
    """Give what running cards keep; all others are in the lowest tier, with nothing."""
    rows = session.scalars(
        select(LoyaltyCard.standing)
        .where(
            LoyaltyCard.program_id == program.id,
            LoyaltyCard.status.in_(HELD_STATUSES),
            LoyaltyCard.standing.is_not(None),
        )
        .execution_options(yield_per=_CARDS_AT_ONCE)
    )
    for kept in rows:
        standing = Standing.parse(kept)
        if standing is not None:
            yield standing
