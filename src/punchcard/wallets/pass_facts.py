"""What a pass needs to know of its card and program: facts, as `card_facts` reads them. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from punchcard.accounts.vocabulary import VendorStatus
from punchcard.kit.ids import CardId, ProgramId, RewardId
from punchcard.loyalty.rules.reward_rules import ReadyReward
from punchcard.loyalty.rules.stamps.milestone_rules import MilestoneView
from punchcard.loyalty.rules.tiers.tier_rules import TierView
from punchcard.loyalty.vocabulary import CardStatus, ProgramType
from punchcard.wallets.places import Coordinates


@dataclass(frozen=True, kw_only=True)
class RewardFacts:
    """A reward that points can be exchanged for now."""

    id: RewardId = field(default=RewardId(""))
    name: str
    points_required: int
    texts: Mapping[str, Any] = field(default_factory=dict)
    valid_until: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class MilestoneFacts:
    """A reward on the way to a full stamp card, from `at` stamps on."""

    at: int
    name: str
    texts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class TierFacts:
    """A tier of the program, by its key."""

    key: str
    name: str
    texts: Mapping[str, Any] = field(default_factory=dict)
    branding: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class RunningPromotion:
    """A promotion on one of its days: what it gives, and in which windows."""

    name: str
    effect: Mapping[str, Any]
    windows: tuple[Mapping[str, Any], ...] = ()
    texts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class GivenFacts:
    """A reward that was given to the card, and the code that collects it."""

    id: str = ""
    name: str
    code: str
    expires_on: date | None = None
    texts: Mapping[str, Any] = field(default_factory=dict)

    def __hash__(self) -> int:
        """Return the same for all that are equal; what else is in it cannot be hashed."""
        return hash(self.code)


@dataclass(frozen=True, kw_only=True)
class ProgramFacts:
    """What a pass needs to know of its program; `rewards` in order of their price.

    `milestones` are the rewards on the way to a full card, in their order. `promotions` are those
    that are on today, the oldest first.

    `points_per_currency_unit` points are earned for every `points_per_amount_minor` spent, by
    purchases of `minimum_purchase_minor` or more.
    """

    id: ProgramId
    version: int
    name: str
    card_name: str
    vendor_name: str
    vendor_language: str
    type: ProgramType
    stamps_target: int
    stamp_reward: Mapping[str, Any] | None = None
    milestones: tuple[MilestoneFacts, ...] = ()
    terms_text: str | None = None
    branding: Mapping[str, Any] = field(default_factory=dict)
    texts: Mapping[str, Any] = field(default_factory=dict)
    rewards: tuple[RewardFacts, ...] = ()
    shop_status: VendorStatus = VendorStatus.ACTIVE
    places: tuple[Coordinates, ...] = ()
    timezone: str = "UTC"
    currency: str = "EUR"
    points_per_currency_unit: int = 1
    points_per_amount_minor: int = 100
    minimum_purchase_minor: int = 0
    tiers: tuple[TierFacts, ...] = ()
    promotions: tuple[RunningPromotion, ...] = ()

    def __hash__(self) -> int:
        """Return the same for all that are equal; what else is in it cannot be hashed."""
        return hash((self.id, self.version))


@dataclass(frozen=True, kw_only=True)
class CardFacts:
    """What a pass needs to know of its card.

    `ready` are the rewards it can have now, the best first; `rewards_ready` is how many they are.
    `used_up` are those that it has had as often as a card may. `milestones` are the rewards of its
    lap, and how it stands to each. `tier` is the one it is in, None where there are none.
    `ending` are the points that end first, and their last day, `ending_stamps` the stamps;
    `given` is what it was given and can have.
    `token` and `url` are None for a number that a replaced card no longer answers to.
    `language` None is the shop's own.
    """

    id: CardId
    number: str
    status: CardStatus
    stamps: int
    points: int
    rewards_ready: int
    ready: tuple[ReadyReward, ...] = ()
    used_up: frozenset[RewardId] = frozenset()
    milestones: tuple[MilestoneView, ...] = ()
    tier: TierView | None = None
    points_pending: int = 0
    ending: tuple[int, date] | None = None
    ending_stamps: tuple[int, date] | None = None
    given: tuple[GivenFacts, ...] = ()
    token: str | None = None
    url: str | None = None
    customer_name: str | None = None
    language: str | None = None
    place: Coordinates | None = None
