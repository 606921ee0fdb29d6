"""Tables of Google's side: what each class and object last said, and what was heard back."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from punchcard.db.base import Base
from punchcard.db.types import EnumText, Json, UtcDateTime, one_of
from punchcard.kit.ids import CardId, ProgramId
from punchcard.wallets.vocabulary import ObjectState


class GoogleClass(Base):
    """A program that Google knows; `fingerprint` tells whether the class would look different."""

    __tablename__ = "google_classes"

    program_id: Mapped[ProgramId] = mapped_column(
        ForeignKey("loyalty_programs.id", ondelete="CASCADE"), primary_key=True
    )
    fingerprint: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class GoogleObject(Base):
    """A card that Google knows, named by the card's number of that time.

    A replaced card goes on under a new number, with a new object: anyone who found the old one must
    not receive the new code. The old object stays here and becomes inactive.

    `sending_until` keeps two workers from sending at once, so that the newest state is the last to
    arrive. `notified_at` holds the moments of the latest notifications, for the daily quota.
    `state` is issued, installed or removed; `heard_at` is Google's time of the notice it rests on,
    `told_at` is when Google last answered a question or a change with who holds it.
    """

    __tablename__ = "google_objects"
    __table_args__ = (
        one_of("state", ObjectState),
        Index("ix_google_objects_card_id", "card_id"),
        Index("ix_google_objects_program_id_card_id", "program_id", "card_id"),
        Index("ix_google_objects_told_at", "told_at"),
    )

    number: Mapped[str] = mapped_column(String(12), primary_key=True)
    card_id: Mapped[CardId] = mapped_column(ForeignKey("loyalty_cards.id"))
    program_id: Mapped[ProgramId] = mapped_column(ForeignKey("loyalty_programs.id"))
    state: Mapped[ObjectState] = mapped_column(EnumText(ObjectState), default=ObjectState.ISSUED)
    fingerprint: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    balance: Mapped[str | None] = mapped_column(String(64))
    notified_at: Mapped[list[Any]] = mapped_column(Json, default=list)
    sending_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    heard_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class GoogleNonce(Base):
    """A notice of Google's that was heard: it may come again, and counts once."""

    __tablename__ = "google_nonces"

    nonce: Mapped[str] = mapped_column(String(100), primary_key=True)
    heard_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class WalletFanout(Base):
    """How far a program's redesign has reached its cards; goes on after a restart.

    Cards are visited in the order of their ids; `after_card_id` is the last one that is done.
    """

    __tablename__ = "wallet_fanouts"

    program_id: Mapped[ProgramId] = mapped_column(
        ForeignKey("loyalty_programs.id", ondelete="CASCADE"), primary_key=True
    )
    program_version: Mapped[int]
    after_card_id: Mapped[CardId | None] = mapped_column(ForeignKey("loyalty_cards.id"))
    cards_total: Mapped[int]
    cards_done: Mapped[int] = mapped_column(default=0)
    cards_failed: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None] = mapped_column(String(500))
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
