"""What a shop should look at today: locked people, rewards that run out, forgotten drafts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from punchcard.accounts import throttle
from punchcard.kit.ids import VendorId
from punchcard.loyalty.models import LoyaltyProgram, Reward, StaffPin
from punchcard.loyalty.vocabulary import ProgramStatus

LOW_STOCK: Final = 5
"""A reward with so many left, or fewer, runs out."""
ENDING: Final = timedelta(days=7)
"""A reward whose validity ends within this time runs out."""
_SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class Attention:
    """At most 20 of each kind; `rewards` are those with few left or an end in sight."""

    locked_pins: Sequence[StaffPin]
    rewards: Sequence[Reward]
    drafts: Sequence[LoyaltyProgram]


def what_needs_attention(session: Session, vendor_id: VendorId, *, now: datetime) -> Attention:
    """Return what the vendor should look at."""
    locked = select(StaffPin).where(
        StaffPin.vendor_id == vendor_id,
        StaffPin.retired_at.is_(None),
        or_(~throttle.is_over(StaffPin.locked_until, now), StaffPin.exhausted_at.is_not(None)),
    )
    is_low = Reward.stock_left <= LOW_STOCK
    is_ending = Reward.valid_until.between(now, now + ENDING)
    rewards = (
        select(Reward)
        .join(LoyaltyProgram, LoyaltyProgram.id == Reward.program_id)
        .where(
            Reward.vendor_id == vendor_id,
            Reward.archived_at.is_(None),
            LoyaltyProgram.status == ProgramStatus.ACTIVE,
            or_(Reward.valid_until.is_(None), Reward.valid_until > now),
            or_(is_low, is_ending),
        )
    )
    drafts = select(LoyaltyProgram).where(
        LoyaltyProgram.vendor_id == vendor_id, LoyaltyProgram.status == ProgramStatus.DRAFT
    )
    return Attention(
        locked_pins=session.scalars(locked.order_by(StaffPin.id).limit(_SHOWN)).all(),
        rewards=session.scalars(rewards.order_by(Reward.id).limit(_SHOWN)).all(),
        drafts=session.scalars(drafts.order_by(LoyaltyProgram.id).limit(_SHOWN)).all(),
    )
