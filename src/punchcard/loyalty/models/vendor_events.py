"""The table of what happened at a vendor, for the vendor's own software."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from punchcard.db.base import Base
from punchcard.db.types import EnumText, UtcDateTime
from punchcard.kit.ids import VendorEventId, VendorId
from punchcard.kit.tracing.spans import TRACEPARENT_CHARACTERS
from punchcard.loyalty.vocabulary import VendorEventType

_IS_NEW = text("handed_on_at IS NULL")


class VendorEvent(Base):
    """Something that happened, written with the change itself, as those who follow are told it.

    Only vendors that keep events have any. `body` is what is sent, to the byte; `handed_on_at` is
    when its deliveries were made, None before.
    """

    __tablename__ = "vendor_events"
    __table_args__ = (
        Index("ix_vendor_events_vendor_id_created_at", "vendor_id", "created_at"),
        Index("ix_vendor_events_created_at", "created_at"),
        Index(
            "ix_vendor_events_new",
            "id",
            postgresql_where=_IS_NEW,
            sqlite_where=_IS_NEW,
        ),
    )

    id: Mapped[VendorEventId] = mapped_column(primary_key=True)
    vendor_id: Mapped[VendorId] = mapped_column(ForeignKey("vendors.id"))
    type: Mapped[VendorEventType] = mapped_column(EnumText(VendorEventType, 40))
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    handed_on_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    traceparent: Mapped[str | None] = mapped_column(String(TRACEPARENT_CHARACTERS))
    """What it happened in, of a trace that is recorded."""
