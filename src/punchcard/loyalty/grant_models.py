"""Tables of what single cards were given and of what they set aside: grants and reservations."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from punchcard.db.base import Base
from punchcard.db.types import BigInt, EnumText, UtcDateTime, one_of
from punchcard.kit.ids import (
    CardId,
    EntryId,
    GrantId,
    ProgramId,
    ReservationId,
    RewardId,
    VendorId,
)
from punchcard.loyalty.vocabulary import (
    GRANT_CODE_LENGTH,
    GrantReason,
    GrantState,
    ReservationState,
)

_HAS_KEY = text("once_key IS NOT NULL")
_IS_OPEN = text("state = 'reserved'")


class Grant(Base):
    """A reward that was given to one card, and what became of it.

    Only the till writes it, with the ledger's entries: `given_entry_id` gave it, `last_entry_id` is
    the last that moved it. Name and value are those the reward had then. `expires_on` is the last
    day it is good, in the program's time zone; None has no end. `once_key` gives something once a
    card, whatever became of it.
    """

    __tablename__ = "grants"
    __table_args__ = (
        one_of("reason", GrantReason),
        one_of("state", GrantState),
        Index("ix_grants_card_id_id", "card_id", "id"),
        Index("ix_grants_program_id_id", "program_id", "id"),
        Index(
            "uq_grants_once_key",
            "card_id",
            "once_key",
            unique=True,
            postgresql_where=_HAS_KEY,
            sqlite_where=_HAS_KEY,
        ),
    )

    id: Mapped[GrantId] = mapped_column(primary_key=True)
    vendor_id: Mapped[VendorId] = mapped_column(ForeignKey("vendors.id"))
    program_id: Mapped[ProgramId] = mapped_column(ForeignKey("loyalty_programs.id"))
    card_id: Mapped[CardId] = mapped_column(ForeignKey("loyalty_cards.id"))
    reward_id: Mapped[RewardId] = mapped_column(ForeignKey("rewards.id"))
    reason: Mapped[GrantReason] = mapped_column(EnumText(GrantReason))
    state: Mapped[GrantState] = mapped_column(EnumText(GrantState))
    code: Mapped[str] = mapped_column(String(GRANT_CODE_LENGTH), unique=True)
    reward_name: Mapped[str] = mapped_column(String(120))
    value_minor: Mapped[int | None] = mapped_column(BigInt)
    expires_on: Mapped[date | None]
    note: Mapped[str | None] = mapped_column(String(500))
    once_key: Mapped[str | None] = mapped_column(String(128))
    given_entry_id: Mapped[EntryId] = mapped_column(ForeignKey("loyalty_transactions.id"))
    last_entry_id: Mapped[EntryId] = mapped_column(ForeignKey("loyalty_transactions.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Reservation(Base):
    """Points, or a reward, or a grant, that a card sets aside for a while; only the till writes it.

    `points` are those that were taken off the card. What is RESERVED after `expires_at` is released
    by whoever comes first: the till, before anything else on that card, or the worker.
    """

    __tablename__ = "reservations"
    __table_args__ = (
        one_of("state", ReservationState),
        Index("ix_reservations_card_id_id", "card_id", "id"),
        Index(
            "ix_reservations_expires_at",
            "expires_at",
            "id",
            postgresql_where=_IS_OPEN,
            sqlite_where=_IS_OPEN,
        ),
    )

    id: Mapped[ReservationId] = mapped_column(primary_key=True)
    vendor_id: Mapped[VendorId] = mapped_column(ForeignKey("vendors.id"))
    program_id: Mapped[ProgramId] = mapped_column(ForeignKey("loyalty_programs.id"))
    card_id: Mapped[CardId] = mapped_column(ForeignKey("loyalty_cards.id"))
    state: Mapped[ReservationState] = mapped_column(EnumText(ReservationState))
    points: Mapped[int] = mapped_column(BigInt)
    reward_id: Mapped[RewardId | None] = mapped_column(ForeignKey("rewards.id"))
    grant_id: Mapped[GrantId | None] = mapped_column(ForeignKey("grants.id"))
    reference: Mapped[str | None] = mapped_column(String(128))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reserved_entry_id: Mapped[EntryId] = mapped_column(ForeignKey("loyalty_transactions.id"))
    last_entry_id: Mapped[EntryId] = mapped_column(ForeignKey("loyalty_transactions.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
