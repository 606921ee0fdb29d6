"""The table of imports: what tells the ledger of days before there was one."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from punchcard.db.base import Base
from punchcard.db.types import BigInt, EnumText, UtcDateTime
from punchcard.kit.ids import ImportId, VendorId
from punchcard.loyalty.vocabulary import ActorKind


class HistoryImport(Base):
    """One telling of former days, by whom, and what it came to; its entries name it as actor.

    The sums move with its entries and with voids of them: the daily rollup has none of it.
    """

    __tablename__ = "history_imports"

    id: Mapped[ImportId] = mapped_column(primary_key=True)
    vendor_id: Mapped[VendorId] = mapped_column(ForeignKey("vendors.id"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    actor_kind: Mapped[ActorKind] = mapped_column(EnumText(ActorKind))
    actor_id: Mapped[str] = mapped_column(String(64))
    entries: Mapped[int] = mapped_column(BigInt, default=0)
    cards: Mapped[int] = mapped_column(BigInt, default=0)
    stamps: Mapped[int] = mapped_column(BigInt, default=0)
    points: Mapped[int] = mapped_column(BigInt, default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
