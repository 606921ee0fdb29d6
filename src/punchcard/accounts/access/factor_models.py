"""Tables of what people show beside their password."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from punchcard.db.base import Base
from punchcard.db.types import BigInt, Id, Json, UtcDateTime
from punchcard.kit.ids import AdminId, UserId


class SecondFactor(Base):
    """The key of an app that makes one-time codes for a person, sealed.

    `last_step` is the period of the last code that was used: it and those before are used up.
    """

    __tablename__ = "second_factors"
    __table_args__ = (
        CheckConstraint("(member_id IS NULL) <> (admin_id IS NULL)", name="one_person"),
        Index("uq_second_factors_member_id", "member_id", unique=True),
        Index("uq_second_factors_admin_id", "admin_id", unique=True),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    user_id: Mapped[UserId | None] = mapped_column("member_id", ForeignKey("members.id"))
    admin_id: Mapped[AdminId | None] = mapped_column(ForeignKey("admins.id"))
    key_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    last_step: Mapped[int] = mapped_column(BigInt)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Passkey(Base):
    """A key pair of a person's device or security key; the server holds its public half.

    `sign_count` is what the device counted last, 0 for one that does not count.
    """

    __tablename__ = "passkeys"
    __table_args__ = (
        CheckConstraint("(member_id IS NULL) <> (admin_id IS NULL)", name="one_person"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    user_id: Mapped[UserId | None] = mapped_column(
        "member_id", ForeignKey("members.id"), index=True
    )
    admin_id: Mapped[AdminId | None] = mapped_column(ForeignKey("admins.id"), index=True)
    name: Mapped[str] = mapped_column(String(60))
    credential_id: Mapped[bytes] = mapped_column(LargeBinary(1023), unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(BigInt)
    transports: Mapped[list[str]] = mapped_column(Json)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class RecoveryCode(Base):
    """A code that lets a person in once who has lost their app; kept as a keyed hash."""

    __tablename__ = "recovery_codes"
    __table_args__ = (
        CheckConstraint("(member_id IS NULL) <> (admin_id IS NULL)", name="one_person"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    user_id: Mapped[UserId | None] = mapped_column(
        "member_id", ForeignKey("members.id"), index=True
    )
    admin_id: Mapped[AdminId | None] = mapped_column(ForeignKey("admins.id"), index=True)
    code_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
