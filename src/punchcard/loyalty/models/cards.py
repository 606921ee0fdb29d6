"""Tables of cards and of the codes they no longer answer to."""

from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    func,
    literal_column,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from punchcard.db.base import Base
from punchcard.db.types import BigInt, EnumText, Json, UtcDateTime, one_of
from punchcard.kit.ids import (
    CARD_NUMBER_DIGITS,
    CardId,
    CustomerId,
    LocationId,
    ProgramId,
    VendorId,
)
from punchcard.loyalty.vocabulary import EXTERNAL_CODE_LENGTH, CardStatus

# Cards are updated with every stamp: free room in each page keeps those updates off the indexes.
_ROOM_FOR_UPDATES = {"postgresql_with": {"fillfactor": 80}}

LAST_DIGITS: Final = 4
"""How many digits at the end of a card's number an index knows: what people tell it by."""


def last_digits(number: ColumnElement[str]) -> ColumnElement[str]:
    """Return the end of a card's number, spelt as the index has it."""
    return func.substr(number, literal_column(str(CARD_NUMBER_DIGITS - LAST_DIGITS + 1)))


_IS_DUE = text("due_on IS NOT NULL")
_HAS_EXTERNAL_CODE = text("external_code IS NOT NULL")
_HELD = text("customer_id IS NOT NULL AND status IN ('active', 'blocked')")


class LoyaltyCard(Base):
    """A customer's card. Its balances are a cache of the ledger; only the till writes them.

    `points_carry` is what rounding left over, counted in parts of a point: `carry_parts` of them
    make one, or where that is null those of the program's first version. It is never negative,
    also while `points` is. `standing` is what the card has beside its balances (dated points, its
    lap, its tier: see `rules/standing.py`), and `due_on` the first day on which something of that
    ends or begins by itself. `external_code` is what the card's holder has printed from the system
    that the card moved in from; see `CardRef.parse_any`.
    """

    __tablename__ = "loyalty_cards"
    __table_args__ = (
        one_of("status", CardStatus),
        CheckConstraint("points_carry >= 0", name="points_carry"),
        Index(
            "uq_loyalty_cards_held",
            "program_id",
            "customer_id",
            unique=True,
            postgresql_where=_HELD,
            sqlite_where=_HELD,
        ),
        Index("ix_loyalty_cards_vendor_id_id", "vendor_id", "id"),
        Index("ix_loyalty_cards_program_id_id", "program_id", "id"),
        Index("ix_loyalty_cards_customer_id", "customer_id"),
        Index(
            "ix_loyalty_cards_vendor_id_last_digits",
            "vendor_id",
            last_digits(literal_column("number")),
        ),
        Index(
            "ix_loyalty_cards_due_on",
            "due_on",
            "id",
            postgresql_where=_IS_DUE,
            sqlite_where=_IS_DUE,
        ),
        Index(
            "uq_loyalty_cards_external_code",
            "external_code",
            "program_id",
            unique=True,
            postgresql_where=_HAS_EXTERNAL_CODE,
            sqlite_where=_HAS_EXTERNAL_CODE,
        ),
        _ROOM_FOR_UPDATES,
    )

    id: Mapped[CardId] = mapped_column(primary_key=True)
    vendor_id: Mapped[VendorId] = mapped_column(ForeignKey("vendors.id"))
    program_id: Mapped[ProgramId] = mapped_column(ForeignKey("loyalty_programs.id"))
    customer_id: Mapped[CustomerId | None] = mapped_column(ForeignKey("customers.id"))
    number: Mapped[str] = mapped_column(String(12), unique=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    token_sealed: Mapped[bytes] = mapped_column(LargeBinary(64))
    external_code: Mapped[str | None] = mapped_column(String(EXTERNAL_CODE_LENGTH))
    status: Mapped[CardStatus] = mapped_column(EnumText(CardStatus), default=CardStatus.ACTIVE)
    locale: Mapped[str | None] = mapped_column(String(2))
    stamps: Mapped[int] = mapped_column(default=0)
    points: Mapped[int] = mapped_column(BigInt, default=0)
    points_carry: Mapped[int] = mapped_column(default=0)
    carry_parts: Mapped[int | None]
    lifetime_stamps: Mapped[int] = mapped_column(default=0)
    lifetime_points: Mapped[int] = mapped_column(BigInt, default=0)
    lifetime_rewards: Mapped[int] = mapped_column(default=0)
    last_stamp_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    stamps_day: Mapped[date | None]
    stamps_on_day: Mapped[int] = mapped_column(default=0)
    is_welcome_due: Mapped[bool] = mapped_column(default=False)
    standing: Mapped[dict[str, Any] | None] = mapped_column(Json)
    due_on: Mapped[date | None]
    sequence: Mapped[int] = mapped_column(default=0)
    head_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    location_id: Mapped[LocationId | None] = mapped_column(ForeignKey("locations.id"))
    enrolled_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_activity_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class RetiredCardCode(Base):
    """A number and token that a replaced card no longer answers to, and nobody else may get."""

    __tablename__ = "retired_card_codes"

    number: Mapped[str] = mapped_column(String(12), primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    card_id: Mapped[CardId] = mapped_column(ForeignKey("loyalty_cards.id"), index=True)
    replaced_at: Mapped[datetime] = mapped_column(UtcDateTime)
