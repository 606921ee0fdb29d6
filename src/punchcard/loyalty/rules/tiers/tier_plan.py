"""A program's tiers as the rules see them: what each takes, gives, and until when it is kept."""

from calendar import monthrange
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction
from typing import Any, Final, NamedTuple

from punchcard.kit.ids import RewardId
from punchcard.loyalty.rules.dated.dates import add_months
from punchcard.loyalty.vocabulary import (
    TIER_BASIS_OF_TYPE,
    ProgramType,
    TierBasis,
    TierDowngrade,
    TierWindow,
)

# Looked up once: before Python 3.12 an enum gives its words slowly, and these are asked always.
_NEVER: Final = TierDowngrade.NEVER
_LIFETIME: Final = TierWindow.LIFETIME
_CALENDAR_YEAR: Final = TierWindow.CALENDAR_YEAR


class TierGrant(NamedTuple):
    """A reward that who reaches a tier is given."""

    reward_id: RewardId
    name: str
    value_minor: int | None = None


class Tier(NamedTuple):
    """A tier: from `threshold` on, with `factor` on the points of purchases."""

    key: str
    threshold: int
    factor: Fraction = Fraction(1)
    grants: tuple[TierGrant, ...] = ()


class TierPlan(NamedTuple):
    """All tiers of a program, the lowest first, and how cards move between them.

    A tier that is reached is kept for `holds_months` after the period it was reached in, and for
    `grace_days` after that.
    """

    tiers: tuple[Tier, ...]
    basis: TierBasis
    window: TierWindow = TierWindow.LIFETIME
    holds_months: int = 0
    grace_days: int = 0
    downgrade: TierDowngrade = TierDowngrade.NEVER

    def place_of(self, facts: Mapping[str, Any]) -> int | None:
        """Return the place of the tier in a card's facts, 0 without any; None: there is no such."""
        if not facts:
            return 0
        key = facts["key"]
        for place, tier in enumerate(self.tiers):
            if tier.key == key:
                return place
        return None

    def fitting(self, amount: int) -> int:
        """Return the place of the highest tier that `amount` reaches."""
        place = len(self.tiers) - 1
        while place and self.tiers[place].threshold > amount:
            place -= 1
        return place

    def until(self, place: int, day: date) -> str | None:
        """Return the last day of a tier that is reached on `day`; None for the lowest or no end."""
        if place == 0 or self.downgrade == _NEVER or self.window == _LIFETIME:
            return None
        if self.window == _CALENDAR_YEAR:
            return add_months(date(day.year, 12, 31), self.holds_months).isoformat()
        ends = add_months(day, self.holds_months)
        return ends.replace(day=monthrange(ends.year, ends.month)[1]).isoformat()

    def kept_to(self, until: str | None) -> str | None:
        """Return the last day of grace after `until`; None without any."""
        if until is None or not self.grace_days:
            return None
        return (date.fromisoformat(until) + timedelta(days=self.grace_days)).isoformat()


def plan_of(
    tiers: Sequence[Mapping[str, Any]] | None,
    rules: Mapping[str, Any] | None,
    program_type: ProgramType,
    rewards: Mapping[str, TierGrant],
) -> TierPlan | None:
    """Return the plan that a program keeps as documents; None without tiers.

    `rewards` are those that tiers give, by their ids.
    """
    if not tiers:
        return None
    told = rules or {}
    return TierPlan(
        tiers=tuple(
            Tier(
                one["key"],
                one["threshold"],
                Fraction(one["earn_factor"]),
                tuple(rewards[name] for name in one["grants"] if name in rewards),
            )
            for one in tiers
        ),
        basis=basis_of(told, program_type),
        window=TierWindow(told.get("window") or TierWindow.LIFETIME),
        holds_months=told.get("holds_months") or 0,
        grace_days=told.get("grace_days") or 0,
        downgrade=TierDowngrade(told.get("downgrade") or TierDowngrade.NEVER),
    )


def higher_tier(
    plan: TierPlan | None, own: Mapping[str, Any], other: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the facts of the higher of two tiers, of equal ones those that last longer.

    What either was given this year is given.
    """

    def rank(facts: Mapping[str, Any]) -> tuple[int, bool, str]:
        place = None if plan is None else plan.place_of(facts)
        until = facts.get("until")
        return (-1 if place is None else place, until is None, until or "")

    chosen = dict(other if not own or (other and rank(other) > rank(own)) else own)
    given: dict[str, int] = dict(own.get("given", {}))
    for key, year in other.get("given", {}).items():
        given[key] = max(year, given.get(key, 0))
    return {**chosen, "given": given} if given else chosen


def basis_of(rules: Mapping[str, Any] | None, program_type: ProgramType) -> TierBasis:
    """Return what counts towards the tiers of a program: what it collects, unless it says."""
    if named := (rules or {}).get("basis"):
        return TierBasis(named)
    return TIER_BASIS_OF_TYPE[ProgramType(program_type)]
