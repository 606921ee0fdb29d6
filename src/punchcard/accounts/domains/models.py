"""The table of domains that vendors have of their own."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from punchcard.db.base import Base
from punchcard.db.types import UtcDateTime
from punchcard.kit.ids import VendorId

_IS_VERIFIED = text("verified_at IS NOT NULL")


class VendorDomain(Base):
    """The domain at which a vendor's customers open its pages: anybody's claim until it is proven.

    `domain` is as DNS writes it (RFC 5891): ASCII, small letters, no dot at its end. `proof` is
    what the vendor shows there; it is no secret. Many may claim a domain, one has it.
    """

    __tablename__ = "vendor_domains"
    __table_args__ = (
        Index(
            "uq_vendor_domains_verified",
            "domain",
            unique=True,
            postgresql_where=_IS_VERIFIED,
            sqlite_where=_IS_VERIFIED,
        ),
        Index("ix_vendor_domains_checked_at", "checked_at"),
    )

    vendor_id: Mapped[VendorId] = mapped_column(ForeignKey("vendors.id"), primary_key=True)
    domain: Mapped[str] = mapped_column(String(253))
    proof: Mapped[str] = mapped_column(String(64))
    verified_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # When it was last looked for, and since when it has not been found where it was before.
    checked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failing_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    warned_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
