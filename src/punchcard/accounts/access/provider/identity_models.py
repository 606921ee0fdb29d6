"""The table of who a person is to the operator's identity provider."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from punchcard.db.base import Base
from punchcard.db.types import Id, UtcDateTime
from punchcard.kit.ids import AdminId, UserId


class LinkedIdentity(Base):
    """A person's account at the provider: `issuer` and `subject` name it for good.

    `email` is what the provider called it when it was linked, and decides nothing. `asked_at` is
    when the newest sign-in that counted was begun: none that was begun before counts any more.
    """

    __tablename__ = "linked_identities"
    __table_args__ = (
        CheckConstraint("(member_id IS NULL) <> (admin_id IS NULL)", name="one_person"),
        UniqueConstraint("issuer", "subject"),
        Index("uq_linked_identities_member_id", "member_id", unique=True),
        Index("uq_linked_identities_admin_id", "admin_id", unique=True),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    user_id: Mapped[UserId | None] = mapped_column("member_id", ForeignKey("members.id"))
    admin_id: Mapped[AdminId | None] = mapped_column(ForeignKey("admins.id"))
    issuer: Mapped[str] = mapped_column(String(255))
    subject: Mapped[str] = mapped_column(String(255))
    email: Mapped[str] = mapped_column(String(254))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
