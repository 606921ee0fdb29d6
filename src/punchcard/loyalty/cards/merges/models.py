"""The table of offers to put two cards together, each good for a short time."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from punchcard.db.base import Base
from punchcard.db.types import Id, UtcDateTime
from punchcard.kit.ids import CardId, VendorId


class MergeOffer(Base):
    """That the holder of one of two cards, who showed who they are, wants the two to be one.

    `card_id` is the card that stays. Whoever follows the offer's link has proven the other card as
    well: it was mailed to that card's address, or both have one. `used_at` says when they merged.
    """

    __tablename__ = "merge_offers"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    vendor_id: Mapped[VendorId] = mapped_column(ForeignKey("vendors.id"))
    card_id: Mapped[CardId] = mapped_column(ForeignKey("loyalty_cards.id"), index=True)
    from_card_id: Mapped[CardId] = mapped_column(ForeignKey("loyalty_cards.id"), index=True)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
