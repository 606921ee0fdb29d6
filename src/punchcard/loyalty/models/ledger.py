"""Tables of the ledger's entries, of what they claim and of where they came from."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, SmallInteger, String, text
from sqlalchemy.orm import Mapped, mapped_column

from punchcard.db.base import Base
from punchcard.db.types import BigInt, EnumText, Json, JsonAsWritten, UtcDateTime
from punchcard.kit.ids import (
    CardId,
    DeviceId,
    EntryId,
    LocationId,
    ProgramId,
    RewardId,
    StaffPinId,
    VendorId,
)
from punchcard.loyalty.vocabulary import ActorKind, EntryType

_HAS_KEY = text("idempotency_key IS NOT NULL")
_IS_VOID = text("voids IS NOT NULL")
_HAS_STAFF = text("staff_pin_id IS NOT NULL")
_HAS_PLACE = text("location_id IS NOT NULL")


class LoyaltyTransaction(Base):
    """One entry of the ledger: appended, never changed (triggers refuse it), chained by hashes.

    An entry with `details` is of form 2: they are hashed with the rest. `note`, `fingerprint` and
    `answer` stand outside the hash: a note may hold personal data, the other two only serve to give
    the same answer to the same request again.
    """

    __tablename__ = "loyalty_transactions"
    __table_args__ = (
        Index("uq_loyalty_transactions_chain", "card_id", "sequence", unique=True),
        Index(
            "uq_loyalty_transactions_key",
            "vendor_id",
            "idempotency_key",
            unique=True,
            postgresql_where=_HAS_KEY,
            sqlite_where=_HAS_KEY,
        ),
        Index(
            "uq_loyalty_transactions_voids",
            "voids",
            unique=True,
            postgresql_where=_IS_VOID,
            sqlite_where=_IS_VOID,
        ),
        Index("ix_loyalty_transactions_vendor_id_id", "vendor_id", "id"),
        Index("ix_loyalty_transactions_program_id_id", "program_id", "id"),
        Index("ix_loyalty_transactions_vendor_id_type_id", "vendor_id", "type", "id"),
        Index(
            "ix_loyalty_transactions_staff_pin_id_id",
            "staff_pin_id",
            "id",
            postgresql_where=_HAS_STAFF,
            sqlite_where=_HAS_STAFF,
        ),
        Index(
            "ix_loyalty_transactions_location_id_id",
            "location_id",
            "id",
            postgresql_where=_HAS_PLACE,
            sqlite_where=_HAS_PLACE,
        ),
    )

    id: Mapped[EntryId] = mapped_column(primary_key=True)
    vendor_id: Mapped[VendorId] = mapped_column(ForeignKey("vendors.id"))
    program_id: Mapped[ProgramId] = mapped_column(ForeignKey("loyalty_programs.id"))
    card_id: Mapped[CardId] = mapped_column(ForeignKey("loyalty_cards.id"))
    sequence: Mapped[int]
    type: Mapped[EntryType] = mapped_column(EnumText(EntryType, 24))
    stamps_delta: Mapped[int]
    points_delta: Mapped[int] = mapped_column(BigInt)
    stamps_after: Mapped[int]
    points_after: Mapped[int] = mapped_column(BigInt)
    points_carry_after: Mapped[int]
    amount_minor: Mapped[int | None] = mapped_column(BigInt)
    currency: Mapped[str | None] = mapped_column(String(3))
    reference: Mapped[str | None] = mapped_column(String(128))
    reward_id: Mapped[RewardId | None] = mapped_column(ForeignKey("rewards.id"))
    reward: Mapped[dict[str, Any] | None] = mapped_column(Json)
    staff_pin_id: Mapped[StaffPinId | None] = mapped_column(ForeignKey("staff_pins.id"))
    location_id: Mapped[LocationId | None] = mapped_column(ForeignKey("locations.id"))
    actor_kind: Mapped[ActorKind] = mapped_column(EnumText(ActorKind))
    actor_id: Mapped[str | None] = mapped_column(String(64))
    note: Mapped[str | None] = mapped_column(String(500))
    voids: Mapped[EntryId | None] = mapped_column(ForeignKey("loyalty_transactions.id"))
    program_version: Mapped[int]
    idempotency_key: Mapped[str | None] = mapped_column(String(128))
    fingerprint: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    answer: Mapped[dict[str, Any] | None] = mapped_column(Json)
    occurred_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    previous_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    form: Mapped[int] = mapped_column(SmallInteger, default=1, server_default="1")
    details: Mapped[dict[str, Any] | None] = mapped_column(JsonAsWritten)


class ReferenceClaim(Base):
    """A shop's receipt number in use: the live entry of each type that it stands for.

    Written with the entry, deleted with the entry's void: what a void frees can be claimed again.
    """

    __tablename__ = "reference_claims"

    program_id: Mapped[ProgramId] = mapped_column(primary_key=True)
    type: Mapped[EntryType] = mapped_column(EnumText(EntryType, 24), primary_key=True)
    reference: Mapped[str] = mapped_column(String(128), primary_key=True)
    transaction_id: Mapped[EntryId] = mapped_column(ForeignKey("loyalty_transactions.id"))


class TransactionOrigin(Base):
    """Where an operation came from, when the vendor switched that on; forgotten after a while."""

    __tablename__ = "transaction_origins"

    transaction_id: Mapped[EntryId] = mapped_column(
        ForeignKey("loyalty_transactions.id"), primary_key=True
    )
    address: Mapped[str | None] = mapped_column(String(45))
    user_agent: Mapped[str | None] = mapped_column(String(200))
    device_id: Mapped[DeviceId | None]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
