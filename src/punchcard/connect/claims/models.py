"""Tables of receipts that guests put on their cards, and of the keys that tills sign them with."""

from datetime import datetime
from typing import Final

from sqlalchemy import ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from punchcard.connect.claims.vocabulary import (
    CLAIM_CODE_LENGTH,
    KEY_CODE_LENGTH,
    REFERENCE_CHARACTERS,
    ClaimSource,
    ClaimState,
)
from punchcard.db.base import Base
from punchcard.db.types import BigInt, EnumText, UtcDateTime, one_of
from punchcard.kit.ids import (
    CardId,
    EntryId,
    LocationId,
    ProgramId,
    ReceiptClaimId,
    ReceiptKeyId,
    VendorId,
)
from punchcard.loyalty.vocabulary import ActorKind

_IS_LIVE: Final = text("state IN ('open', 'taking', 'claimed')")
_IS_TAKING: Final = text("state = 'taking'")


class ReceiptKey(Base):
    """What the tills of one place sign receipts with that guests put on their cards.

    `code` names it on receipts, for everybody to read. A till that has it needs no line.
    """

    __tablename__ = "receipt_keys"
    __table_args__ = (Index("ix_receipt_keys_vendor_id_id", "vendor_id", "id"),)

    id: Mapped[ReceiptKeyId] = mapped_column(primary_key=True)
    vendor_id: Mapped[VendorId] = mapped_column(ForeignKey("vendors.id"))
    # A program that never had a card can be deleted, with what was made ready for it.
    program_id: Mapped[ProgramId] = mapped_column(
        ForeignKey("loyalty_programs.id", ondelete="CASCADE")
    )
    location_id: Mapped[LocationId | None] = mapped_column(ForeignKey("locations.id"))
    code: Mapped[str] = mapped_column(String(KEY_CODE_LENGTH), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    secret_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ReceiptClaim(Base):
    """A receipt that can be put on a card, once: what it is over, and what became of it.

    One that a till signed is kept once somebody puts it on a card, others when they are made, with
    a `code` to type. `claimed_at` is when it was put on the card `card_id`, or began to be.
    """

    __tablename__ = "receipt_claims"
    __table_args__ = (
        one_of("source", ClaimSource),
        one_of("state", ClaimState),
        Index(
            "uq_receipt_claims_reference",
            "program_id",
            "reference",
            unique=True,
            postgresql_where=_IS_LIVE,
            sqlite_where=_IS_LIVE,
        ),
        Index("ix_receipt_claims_vendor_id_id", "vendor_id", "id"),
        Index("ix_receipt_claims_card_id_claimed_at", "card_id", "claimed_at"),
        Index("ix_receipt_claims_state_expires_at", "state", "expires_at"),
        Index(
            "ix_receipt_claims_taking",
            "id",
            postgresql_where=_IS_TAKING,
            sqlite_where=_IS_TAKING,
        ),
    )

    id: Mapped[ReceiptClaimId] = mapped_column(primary_key=True)
    vendor_id: Mapped[VendorId] = mapped_column(ForeignKey("vendors.id"))
    program_id: Mapped[ProgramId] = mapped_column(
        ForeignKey("loyalty_programs.id", ondelete="CASCADE")
    )
    location_id: Mapped[LocationId | None] = mapped_column(ForeignKey("locations.id"))
    key_id: Mapped[ReceiptKeyId | None] = mapped_column(
        ForeignKey("receipt_keys.id", ondelete="CASCADE")
    )
    source: Mapped[ClaimSource] = mapped_column(EnumText(ClaimSource))
    code: Mapped[str | None] = mapped_column(String(CLAIM_CODE_LENGTH), unique=True)
    amount_minor: Mapped[int | None] = mapped_column(BigInt)
    stamps: Mapped[int | None]
    reference: Mapped[str] = mapped_column(String(REFERENCE_CHARACTERS))
    occurred_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[ClaimState] = mapped_column(EnumText(ClaimState))
    card_id: Mapped[CardId | None] = mapped_column(ForeignKey("loyalty_cards.id"))
    transaction_id: Mapped[EntryId | None] = mapped_column(ForeignKey("loyalty_transactions.id"))
    claimed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    actor_kind: Mapped[ActorKind] = mapped_column(EnumText(ActorKind))
    actor_id: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
