"""What is said about the stamp card of a program: its rewards, and what gives how many stamps."""

from typing import Annotated

from pydantic import Field

from punchcard.api.schemas.fields import (
    LEFT_OUT,
    Name,
    OneOf,
    Schema,
    ShortText,
    Texts,
    line,
    whole,
)
from punchcard.loyalty.rules.program_rules import PROGRAM_BOUNDS, REWARD_BOUNDS
from punchcard.loyalty.rules.stamps.stamp_rewards import (
    ITEM_RULES_LIMIT,
    REWARDS_LIMIT,
    SKU_CHARACTERS,
    STAMP_BOUNDS,
)
from punchcard.loyalty.vocabulary import UnclaimedMilestones

Stamps = Annotated[int, whole(*PROGRAM_BOUNDS["stamps_target"])]
Sku = Annotated[str, *line(1, SKU_CHARACTERS)]


class StampReward(Schema):
    """What a full stamp card earns."""

    name: Name
    description: ShortText | None = None
    value_minor: Annotated[int, whole(*REWARD_BOUNDS["value_minor"])] | None = None


class StampRewardWords(Schema):
    """A stamp card's reward in one language."""

    name: Name | None = None
    description: ShortText | None = None


class StampRewardAt(StampReward):
    """A reward of the stamp card, from `at` stamps on; the last one is the full card's."""

    at: Stamps
    texts: Texts[StampRewardWords] = Field(default_factory=Texts[StampRewardWords])


class StampsOfItem(Schema):
    """How many stamps one of an item gives, by its code at the shop's till."""

    sku: Sku
    stamps: Stamps


StampRewards = Annotated[list[StampRewardAt], Field(max_length=REWARDS_LIMIT)]
ItemRules = Annotated[list[StampsOfItem], Field(max_length=ITEM_RULES_LIMIT)]
VisitStamps = Annotated[int, whole(*STAMP_BOUNDS["max_stamps_per_visit"])]


class ProgramStamps(Schema):
    """The rules of a program's stamp card, as they are asked for.

    `stamp_rewards` are all its rewards in their order, each `at` more stamps than the one before;
    the last is `stamp_reward` at `stamps_target`, and setting either sets the other.
    """

    stamp_rewards: StampRewards | None = LEFT_OUT
    unclaimed_milestones: OneOf[UnclaimedMilestones] = LEFT_OUT
    stamps_per_item: ItemRules | None = LEFT_OUT
    max_stamps_per_visit: VisitStamps | None = LEFT_OUT


class ProgramStampsSchema(Schema):
    """The rules of a program's stamp card, as they are."""

    stamp_rewards: list[StampRewardAt]
    unclaimed_milestones: OneOf[UnclaimedMilestones]
    stamps_per_item: list[StampsOfItem] | None
    max_stamps_per_visit: int | None
