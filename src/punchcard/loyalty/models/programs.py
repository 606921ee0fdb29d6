"""Tables of programs and of the rewards they offer."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from punchcard.db.base import Base
from punchcard.db.types import BigInt, EnumText, Json, UtcDateTime, one_of
from punchcard.kit.ids import ProgramId, RewardId, VendorId
from punchcard.loyalty.models.tier_rule_fields import TierRuleFields
from punchcard.loyalty.vocabulary import (
    PinPolicy,
    ProgramStatus,
    ProgramType,
    UnclaimedMilestones,
    VoidPolicy,
)


class LoyaltyProgram(TierRuleFields, Base):
    """The rules of one stamp card or points program, and how it looks.

    `points_per_currency_unit` points are earned for every `points_per_amount_minor` spent.
    `carry_parts` says into how many parts of a point entries count their carry, once that amount
    was changed: pairs of the version since which, and the number.
    """

    __tablename__ = "loyalty_programs"
    __table_args__ = (
        one_of("type", ProgramType),
        one_of("status", ProgramStatus),
        CheckConstraint("stamps_target BETWEEN 1 AND 50", name="stamps_target"),
        CheckConstraint("points_per_currency_unit BETWEEN 1 AND 1000", name="rate"),
        CheckConstraint("cooldown_minutes BETWEEN 0 AND 10080", name="cooldown"),
        CheckConstraint("max_daily_stamps BETWEEN 1 AND 50", name="daily"),
    )

    id: Mapped[ProgramId] = mapped_column(primary_key=True)
    vendor_id: Mapped[VendorId] = mapped_column(ForeignKey("vendors.id"), index=True)
    slug: Mapped[str] = mapped_column(String(63), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    card_name: Mapped[str] = mapped_column(String(120))
    type: Mapped[ProgramType] = mapped_column(EnumText(ProgramType))
    status: Mapped[ProgramStatus] = mapped_column(EnumText(ProgramStatus))
    currency: Mapped[str] = mapped_column(String(3))
    timezone: Mapped[str] = mapped_column(String(64))
    stamps_target: Mapped[int] = mapped_column(default=10)
    stamp_reward: Mapped[dict[str, Any] | None] = mapped_column(Json)
    points_per_currency_unit: Mapped[int] = mapped_column(default=1)
    points_per_amount_minor: Mapped[int] = mapped_column(server_default="100")
    carry_parts: Mapped[list[list[int]] | None] = mapped_column(Json)
    minimum_purchase_minor: Mapped[int] = mapped_column(BigInt, default=0)
    minimum_redemption_points: Mapped[int] = mapped_column(BigInt, default=0)
    welcome_stamps: Mapped[int] = mapped_column(default=0)
    welcome_points: Mapped[int] = mapped_column(default=0)
    cooldown_minutes: Mapped[int] = mapped_column(default=15)
    max_daily_stamps: Mapped[int] = mapped_column(default=5)
    pin_policy: Mapped[PinPolicy] = mapped_column(EnumText(PinPolicy), default=PinPolicy.REQUIRED)
    pin_max_attempts: Mapped[int] = mapped_column(default=5)
    pin_lockout_minutes: Mapped[int] = mapped_column(default=30)
    void_policy: Mapped[VoidPolicy] = mapped_column(EnumText(VoidPolicy), default=VoidPolicy.CLAMP)
    stamp_rewards: Mapped[list[dict[str, Any]] | None] = mapped_column(Json)
    unclaimed_milestones: Mapped[UnclaimedMilestones] = mapped_column(
        EnumText(UnclaimedMilestones), default=UnclaimedMilestones.KEEP, server_default="keep"
    )
    stamps_expiry: Mapped[dict[str, Any] | None] = mapped_column(Json)
    stamps_per_item: Mapped[list[dict[str, Any]] | None] = mapped_column(Json)
    max_stamps_per_visit: Mapped[int | None]
    points_expiry: Mapped[dict[str, Any] | None] = mapped_column(Json)
    points_activation_days: Mapped[int] = mapped_column(default=0, server_default="0")
    expiry_notice_days: Mapped[list[int] | None] = mapped_column(Json)
    return_grace_days: Mapped[int] = mapped_column(default=30, server_default="30")
    tiers: Mapped[list[dict[str, Any]] | None] = mapped_column(Json)
    tier_rules: Mapped[dict[str, Any] | None] = mapped_column(Json)
    referral: Mapped[dict[str, Any] | None] = mapped_column(Json)
    followed: Mapped[list[str] | None] = mapped_column(Json)
    self_enrollment: Mapped[bool] = mapped_column(default=True)
    terms_text: Mapped[str | None] = mapped_column(Text)
    branding: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    texts: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Reward(Base):
    """Something points can be exchanged for, or, without `points_required`, that is only given."""

    __tablename__ = "rewards"
    __table_args__ = (
        CheckConstraint("stock_left IS NULL OR stock_left >= 0", name="stock"),
        CheckConstraint("points_required >= 1", name="points_required"),
    )

    id: Mapped[RewardId] = mapped_column(primary_key=True)
    vendor_id: Mapped[VendorId] = mapped_column(ForeignKey("vendors.id"))
    program_id: Mapped[ProgramId] = mapped_column(ForeignKey("loyalty_programs.id"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    description: Mapped[str | None] = mapped_column(String(500))
    points_required: Mapped[int | None] = mapped_column(BigInt)
    value_minor: Mapped[int | None] = mapped_column(BigInt)
    stock_left: Mapped[int | None]
    per_card_limit: Mapped[int | None]
    valid_from: Mapped[datetime | None] = mapped_column(UtcDateTime)
    valid_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    texts: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    archived_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
