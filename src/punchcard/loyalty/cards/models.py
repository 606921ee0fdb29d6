"""Tables of what stands between a card's link and the data of its holder."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from punchcard.accounts.vocabulary import SubjectKind
from punchcard.db.base import Base
from punchcard.db.types import EnumText, Id, Json, UtcDateTime
from punchcard.kit.ids import CardId, CustomerId, EntryId, MergeId, ProgramId, VendorId
from punchcard.loyalty.vocabulary import ProofWay


class UsedLink(Base):
    """A link that works once and was used; kept until it would have ended by itself."""

    __tablename__ = "used_links"

    digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class PersonProof(Base):
    """That somebody is the holder of a card, or is asked to show it: by a mail, or by a code.

    Whoever holds the secret behind `secret_hash` has the proof: who read the mail, or the browser
    that shows the code, once a manager has typed it (`confirmed_at`).
    """

    __tablename__ = "person_proofs"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    vendor_id: Mapped[VendorId] = mapped_column(ForeignKey("vendors.id"))
    card_id: Mapped[CardId] = mapped_column(ForeignKey("loyalty_cards.id"), index=True)
    way: Mapped[ProofWay] = mapped_column(EnumText(ProofWay))
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    code: Mapped[str | None] = mapped_column(String(8))
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    confirmed_by_kind: Mapped[SubjectKind | None] = mapped_column(EnumText(SubjectKind))
    confirmed_by_id: Mapped[str | None] = mapped_column(Id)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class Erasure(Base):
    """A customer's wish to be forgotten, carried out at `due_at` unless it is undone before.

    `customer_id` is None for a card that belongs to nobody. `way` is how they showed who they are,
    `confirmed_by_id` the user or key that typed their code.
    """

    __tablename__ = "erasures"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    vendor_id: Mapped[VendorId] = mapped_column(ForeignKey("vendors.id"))
    card_id: Mapped[CardId] = mapped_column(ForeignKey("loyalty_cards.id"), index=True)
    customer_id: Mapped[CustomerId | None] = mapped_column(ForeignKey("customers.id"), index=True)
    way: Mapped[ProofWay] = mapped_column(EnumText(ProofWay))
    confirmed_by_kind: Mapped[SubjectKind | None] = mapped_column(EnumText(SubjectKind))
    confirmed_by_id: Mapped[str | None] = mapped_column(Id)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class CardMerge(Base):
    """That a card was merged into another of its program; only the till writes it.

    `out_entry_id` and `in_entry_id` are the two entries, `undone_at` says when they were voided.
    `gave_customer` says that the card that stayed had no holder and got the other's. `once_keys`
    are keys of the other card, by its grants: those under which both had been given something, and
    once it was undone those of grants that were collected meanwhile.
    """

    __tablename__ = "card_merges"
    __table_args__ = (
        Index("ix_card_merges_card_id", "card_id"),
        Index("ix_card_merges_from_card_id", "from_card_id"),
    )

    id: Mapped[MergeId] = mapped_column(primary_key=True)
    vendor_id: Mapped[VendorId] = mapped_column(ForeignKey("vendors.id"))
    program_id: Mapped[ProgramId] = mapped_column(ForeignKey("loyalty_programs.id"))
    card_id: Mapped[CardId] = mapped_column(ForeignKey("loyalty_cards.id"))
    from_card_id: Mapped[CardId] = mapped_column(ForeignKey("loyalty_cards.id"))
    in_entry_id: Mapped[EntryId] = mapped_column(ForeignKey("loyalty_transactions.id"), unique=True)
    out_entry_id: Mapped[EntryId] = mapped_column(
        ForeignKey("loyalty_transactions.id"), unique=True
    )
    gave_customer: Mapped[bool] = mapped_column(default=False)
    once_keys: Mapped[dict[str, str] | None] = mapped_column(Json)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
