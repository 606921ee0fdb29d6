"""What is said about the tiers of a program, and about the tier of a card."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from pydantic import Field

from punchcard.api.schemas.fields import (
    LEFT_OUT,
    Colour,
    IdOf,
    Name,
    OneOf,
    Schema,
    Texts,
    whole,
)
from punchcard.kit.ids import RewardId
from punchcard.loyalty.rules.tiers.tier_form import (
    EARN_FACTOR_PATTERN,
    THRESHOLD_BOUNDS,
    TIER_BOUNDS,
    TIER_GRANTS_LIMIT,
    TIER_KEY_PATTERN,
    TIERS_LIMIT,
)
from punchcard.loyalty.rules.tiers.tier_rules import TierView
from punchcard.loyalty.vocabulary import TierBasis, TierDowngrade, TierWindow

_Key = Annotated[str, Field(pattern=f"^{TIER_KEY_PATTERN}$", examples=["gold"])]
_Threshold = Annotated[
    int,
    whole(*THRESHOLD_BOUNDS),
    Field(description="From how much on; 0 for the lowest, more for each that follows."),
]
_Factor = Annotated[
    str,
    Field(
        pattern=f"^{EARN_FACTOR_PATTERN}$",
        examples=["1.250"],
        description="How many times the points of purchases count in it.",
    ),
]
_Grants = Annotated[
    list[IdOf[RewardId]],
    Field(
        max_length=TIER_GRANTS_LIMIT,
        description="Rewards that who reaches it is given, once in a calendar year.",
    ),
]


class TierWords(Schema):
    """A tier's words in one language."""

    name: Name | None = None


class TierBranding(Schema):
    """How the card of this tier looks on its page; what is left out is as the program's."""

    background_color: Colour | None = None
    text_color: Colour | None = None
    accent_color: Colour | None = None


class TierFields(Schema):
    """A tier: its `key` is what promotions and cards name it by, and stays."""

    key: _Key
    name: Name
    texts: Texts[TierWords] = LEFT_OUT
    threshold: _Threshold
    earn_factor: _Factor = "1.000"
    grants: _Grants = Field(default_factory=list)
    branding: TierBranding = LEFT_OUT


class TierSchema(Schema):
    """A tier of a program."""

    key: str
    name: str
    texts: Texts[TierWords]
    threshold: int
    earn_factor: str
    grants: list[RewardId]
    branding: TierBranding


_Tiers = Annotated[list[TierFields], Field(max_length=TIERS_LIMIT)]
_Basis = Annotated[
    OneOf[TierBasis],
    Field(
        description="What counts: the base of purchases, without what promotions, tiers or a"
        " welcome add, and nothing that an import tells. What the program collects unless given."
    ),
]
_Window = Annotated[
    OneOf[TierWindow],
    Field(description="In which time it counts; the rolling months are calendar months."),
]
_Holds = Annotated[
    int,
    whole(*TIER_BOUNDS["tier_holds_months"]),
    Field(
        description="For how many months a tier is kept after the calendar year it was reached in,"
        " or from the day it was, to the end of that month."
    ),
]
_Grace = Annotated[
    int,
    whole(*TIER_BOUNDS["tier_grace_days"]),
    Field(description="For how many days after that it can still be earned anew."),
]
_Downgrade = Annotated[
    OneOf[TierDowngrade],
    Field(description="Where a card goes whose tier has come to its date."),
]


class ProgramTiers(Schema):
    """The tiers of a program, as they are asked for: the lowest first, `threshold` 0."""

    tiers: _Tiers | None = LEFT_OUT
    tier_basis: _Basis = LEFT_OUT
    tier_window: _Window = LEFT_OUT
    tier_holds_months: _Holds | None = LEFT_OUT
    tier_grace_days: _Grace | None = LEFT_OUT
    tier_downgrade: _Downgrade = LEFT_OUT


class ProgramTiersSchema(Schema):
    """The tiers of a program, as they are; none is an empty list."""

    tiers: list[TierSchema]
    tier_basis: _Basis
    tier_window: OneOf[TierWindow]
    tier_holds_months: int
    tier_grace_days: int
    tier_downgrade: OneOf[TierDowngrade]


class TierImpactSchema(Schema):
    """How many of the `cards` in use other tiers move.

    `rising` reach a higher tier with their next purchase; `keeping` no longer have what their tier
    takes, and keep it to its date; `losing` are in one that is there no more, `earning_less` in one
    that stays with a smaller factor.
    """

    cards: int
    rising: int
    keeping: int
    losing: int
    earning_less: int


class NextTier(Schema):
    """The tier above a card's, and how much it is `missing` to it."""

    key: str
    missing: int


class CardTier(Schema):
    """The tier a card is in.

    `progress` is what counts now, in what the program counts. `until` is the last day it is kept,
    null for one without an end.
    """

    key: str
    since: date
    until: date | None
    progress: int
    next: NextTier | None


class PublicTier(Schema):
    """A tier as customers see it."""

    key: str
    name: str
    texts: Texts[TierWords]
    threshold: int
    earn_factor: str
    branding: TierBranding


def tier_response(tier: TierView | None) -> dict[str, Any] | None:
    """Return a CardTier; None where the program has no tiers."""
    if tier is None:
        return None
    following = {"key": tier.next_key, "missing": tier.missing} if tier.next_key else None
    return {
        "key": tier.key,
        "since": tier.since,
        "until": tier.until,
        "progress": tier.progress,
        "next": following,
    }


def public_tier(tier: Mapping[str, Any]) -> dict[str, Any]:
    """Return a PublicTier of what a program keeps."""
    return {name: tier[name] for name in PublicTier.model_fields}
