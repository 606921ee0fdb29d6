"""The table of changes of contact, from their being asked for until nobody can object any more."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from punchcard.accounts.vocabulary import SubjectKind
from punchcard.db.base import Base
from punchcard.db.types import EnumText, Id, UtcDateTime
from punchcard.kit.ids import CardId, CustomerId, VendorId


class ContactChange(Base):
    """A change of a customer's e-mail address or phone, waiting for its confirmation or made.

    It waits while `made_at` and `ended_at` are None: then `new_email` is the address that is asked.
    Once made, the `old_…` say what was before, for who objects; `ended_at` says that it counts no
    more: withdrawn, overtaken by another one, or objected to. `customer_id` is None for a card that
    belonged to nobody. The row is deleted when nobody can follow its links any more.
    """

    __tablename__ = "contact_changes"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    vendor_id: Mapped[VendorId] = mapped_column(ForeignKey("vendors.id"))
    card_id: Mapped[CardId] = mapped_column(ForeignKey("loyalty_cards.id"), index=True)
    customer_id: Mapped[CustomerId | None] = mapped_column(ForeignKey("customers.id"), index=True)
    asked_by: Mapped[SubjectKind] = mapped_column(EnumText(SubjectKind))
    language: Mapped[str | None] = mapped_column(String(2))
    new_email: Mapped[str | None] = mapped_column(String(254))
    old_email: Mapped[str | None] = mapped_column(String(254))
    old_phone: Mapped[str | None] = mapped_column(String(20))
    old_email_verified_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    old_is_verified: Mapped[bool] = mapped_column(default=False)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    made_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
