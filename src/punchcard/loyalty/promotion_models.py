"""The table of promotions: what purchases earn beside their base for a while."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from punchcard.db.base import Base
from punchcard.db.types import BigInt, EnumText, Json, UtcDateTime, one_of
from punchcard.kit.ids import LocationId, ProgramId, PromotionId, VendorId
from punchcard.loyalty.vocabulary import PromotionStatus, Stacking


class Promotion(Base):
    """A promotion of a program, and what it has given so far.

    `points_given` and `stamps_given` are what its parts of entries add up to, without those of
    voided ones, and `uses` how many those are; the till moves them. Days and windows are in the
    program's time zone. `ended_at` is when someone ended it by hand.
    """

    __tablename__ = "promotions"
    __table_args__ = (
        one_of("status", PromotionStatus),
        one_of("stacking", Stacking),
        CheckConstraint("minimum_purchase_minor >= 0", name="minimum_purchase"),
        Index("ix_promotions_program_id_id", "program_id", "id"),
    )

    id: Mapped[PromotionId] = mapped_column(primary_key=True)
    vendor_id: Mapped[VendorId] = mapped_column(ForeignKey("vendors.id"))
    program_id: Mapped[ProgramId] = mapped_column(ForeignKey("loyalty_programs.id"))
    name: Mapped[str] = mapped_column(String(120))
    texts: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    status: Mapped[PromotionStatus] = mapped_column(EnumText(PromotionStatus))
    effect: Mapped[dict[str, Any]] = mapped_column(Json)
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    windows: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)
    location_ids: Mapped[list[LocationId]] = mapped_column(Json, default=list)
    tier_keys: Mapped[list[str]] = mapped_column(Json, default=list)
    items: Mapped[list[str]] = mapped_column(Json, default=list)
    minimum_purchase_minor: Mapped[int] = mapped_column(BigInt, default=0)
    limit: Mapped[dict[str, Any] | None] = mapped_column(Json)
    budget: Mapped[dict[str, Any] | None] = mapped_column(Json)
    stacking: Mapped[Stacking] = mapped_column(EnumText(Stacking), default=Stacking.BEST)
    segment_id: Mapped[str | None] = mapped_column(String(36))
    version: Mapped[int] = mapped_column(default=1)
    points_given: Mapped[int] = mapped_column(BigInt, default=0, server_default="0")
    stamps_given: Mapped[int] = mapped_column(BigInt, default=0, server_default="0")
    uses: Mapped[int] = mapped_column(BigInt, default=0, server_default="0")
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
