"""The table of what happened day by day."""

from datetime import date
from typing import Final

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from punchcard.db.base import Base
from punchcard.db.types import BigInt
from punchcard.kit.ids import LocationId, ProgramId

NOWHERE: Final = LocationId("00000000-0000-0000-0000-000000000000")
"""The location of what happened at none: a card that a customer opened, a stamp by an API key."""


class DailyRollup(Base):
    """What happened in one program on one day of its time zone, at one location or NOWHERE.

    Kept inside the till's batch. What was voided is taken off where it had happened, on the day of
    the void. `cards_last_seen` counts the cards whose latest activity was on this day: each card
    that is not closed stands in exactly one row, NOWHERE, so those active in the last 30 days are a
    sum over 30 rows. What `*_bonus` counts was earned beside the base and is in `*_earned` as well.
    """

    __tablename__ = "loyalty_daily_rollup"

    program_id: Mapped[ProgramId] = mapped_column(
        ForeignKey("loyalty_programs.id"), primary_key=True
    )
    day: Mapped[date] = mapped_column(primary_key=True)
    location_id: Mapped[LocationId] = mapped_column(primary_key=True, default=NOWHERE)
    cards_opened: Mapped[int] = mapped_column(BigInt, default=0)
    cards_last_seen: Mapped[int] = mapped_column(BigInt, default=0)
    stamps_earned: Mapped[int] = mapped_column(BigInt, default=0)
    stamps_redeemed: Mapped[int] = mapped_column(BigInt, default=0)
    points_earned: Mapped[int] = mapped_column(BigInt, default=0)
    points_redeemed: Mapped[int] = mapped_column(BigInt, default=0)
    points_adjusted: Mapped[int] = mapped_column(BigInt, default=0)
    rewards_redeemed: Mapped[int] = mapped_column(BigInt, default=0)
    reward_value_minor: Mapped[int] = mapped_column(BigInt, default=0)
    purchases: Mapped[int] = mapped_column(BigInt, default=0)
    purchase_amount_minor: Mapped[int] = mapped_column(BigInt, default=0)
    stamps_bonus: Mapped[int] = mapped_column(BigInt, default=0, server_default="0")
    stamps_expired: Mapped[int] = mapped_column(BigInt, default=0, server_default="0")
    stamps_moved: Mapped[int] = mapped_column(BigInt, default=0, server_default="0")
    points_bonus: Mapped[int] = mapped_column(BigInt, default=0, server_default="0")
    points_expired: Mapped[int] = mapped_column(BigInt, default=0, server_default="0")
    points_pending: Mapped[int] = mapped_column(BigInt, default=0, server_default="0")
    points_refunded: Mapped[int] = mapped_column(BigInt, default=0, server_default="0")
    points_reserved: Mapped[int] = mapped_column(BigInt, default=0, server_default="0")
    points_moved: Mapped[int] = mapped_column(BigInt, default=0, server_default="0")
    refund_amount_minor: Mapped[int] = mapped_column(BigInt, default=0, server_default="0")
    rewards_granted: Mapped[int] = mapped_column(BigInt, default=0, server_default="0")
    grants_ended: Mapped[int] = mapped_column(BigInt, default=0, server_default="0")
