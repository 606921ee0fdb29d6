"""Tables of who brought whom, and of contacts that a shop knew and had to forget."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from punchcard.db.base import Base
from punchcard.db.types import EnumText, Json, UtcDateTime, one_of
from punchcard.kit.ids import CardId, EntryId, GrantId, ProgramId, ReferralId, VendorId
from punchcard.loyalty.vocabulary import ReferralState

_WAITS = text("state = 'held'")


class Referral(Base):
    """A friend who joined by a card's link: the first who brought them stays the only one.

    `terms` are the program's when the friend joined: they are what was promised. `entry_id` is the
    visit that earned it, `due_at` when it is paid, `year` in which it counts for the referrer.
    `attempt` counts the visits that did: what was reversed may be earned again. `reason` is why it
    was refused, or why one side got nothing.
    """

    __tablename__ = "referrals"
    __table_args__ = (
        one_of("state", ReferralState),
        Index("ix_referrals_vendor_id_id", "vendor_id", "id"),
        Index("ix_referrals_referrer_card_id_year", "referrer_card_id", "year"),
        Index("ix_referrals_due_at", "due_at", "id", postgresql_where=_WAITS, sqlite_where=_WAITS),
    )

    id: Mapped[ReferralId] = mapped_column(primary_key=True)
    vendor_id: Mapped[VendorId] = mapped_column(ForeignKey("vendors.id"))
    program_id: Mapped[ProgramId] = mapped_column(ForeignKey("loyalty_programs.id"))
    referrer_card_id: Mapped[CardId] = mapped_column(ForeignKey("loyalty_cards.id"))
    friend_card_id: Mapped[CardId] = mapped_column(ForeignKey("loyalty_cards.id"), unique=True)
    terms: Mapped[dict[str, Any]] = mapped_column(Json)
    state: Mapped[ReferralState] = mapped_column(EnumText(ReferralState))
    reason: Mapped[str | None] = mapped_column(String(60))
    attempt: Mapped[int] = mapped_column(default=0)
    year: Mapped[int | None]
    entry_id: Mapped[EntryId | None] = mapped_column(ForeignKey("loyalty_transactions.id"))
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    paid_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reversed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    referrer_entry_id: Mapped[EntryId | None] = mapped_column(ForeignKey("loyalty_transactions.id"))
    friend_entry_id: Mapped[EntryId | None] = mapped_column(ForeignKey("loyalty_transactions.id"))
    referrer_grant_id: Mapped[GrantId | None] = mapped_column(ForeignKey("grants.id"))
    friend_grant_id: Mapped[GrantId | None] = mapped_column(ForeignKey("grants.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class FormerContact(Base):
    """That a shop knew somebody who was forgotten: a keyed digest, kept for a short while.

    Nobody can tell an address by it; it only knows one that comes again.
    """

    __tablename__ = "former_contacts"

    vendor_id: Mapped[VendorId] = mapped_column(ForeignKey("vendors.id"), primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    forgotten_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
