"""Tables of programs, rewards, cards, the ledger, staff PINs and the daily rollup."""

from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    LargeBinary,
    SmallInteger,
    String,
    Text,
    func,
    literal_column,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from punchcard.db.base import Base
from punchcard.db.types import BigInt, EnumText, Json, JsonAsWritten, UtcDateTime, one_of
from punchcard.kit.ids import (
    CARD_NUMBER_DIGITS,
    CardId,
    CustomerId,
    DeviceId,
    EntryId,
    LocationId,
    ProgramId,
    RewardId,
    StaffPinId,
    VendorId,
)
from punchcard.loyalty.vocabulary import (
    ActorKind,
    CardStatus,
    EntryType,
    PinPolicy,
    ProgramStatus,
    ProgramType,
    UnclaimedMilestones,
    VoidPolicy,
)

# Cards are updated with every stamp: free room in each page keeps those updates off the indexes.
_ROOM_FOR_UPDATES = {"postgresql_with": {"fillfactor": 80}}


LAST_DIGITS: Final = 4
"""How many digits at the end of a card's number an index knows: what people tell it by."""


def last_digits(number: ColumnElement[str]) -> ColumnElement[str]:
    """Return the end of a card's number, spelt as the index has it."""
    return func.substr(number, literal_column(str(CARD_NUMBER_DIGITS - LAST_DIGITS + 1)))


class LoyaltyProgram(Base):
    """The rules of one stamp card or points program, and how it looks.

    `points_per_currency_unit` points are earned for every `points_per_amount_minor` spent.
    `carry_parts` says into how many parts of a point entries count their carry, once that amount
    was changed: pairs of the version since which, and the number.
    """

    __tablename__ = "loyalty_programs"
    __table_args__ = (
        one_of("type", ProgramType),
        one_of("status", ProgramStatus),
        CheckConstraint("stamps_target BETWEEN 1 AND 50", name="stamps_target"),
        CheckConstraint("points_per_currency_unit BETWEEN 1 AND 1000", name="rate"),
        CheckConstraint("cooldown_minutes BETWEEN 0 AND 10080", name="cooldown"),
        CheckConstraint("max_daily_stamps BETWEEN 1 AND 50", name="daily"),
    )

    id: Mapped[ProgramId] = mapped_column(primary_key=True)
    vendor_id: Mapped[VendorId] = mapped_column(ForeignKey("vendors.id"), index=True)
    slug: Mapped[str] = mapped_column(String(63), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    card_name: Mapped[str] = mapped_column(String(120))
    type: Mapped[ProgramType] = mapped_column(EnumText(ProgramType))
    status: Mapped[ProgramStatus] = mapped_column(EnumText(ProgramStatus))
    currency: Mapped[str] = mapped_column(String(3))
    timezone: Mapped[str] = mapped_column(String(64))
    stamps_target: Mapped[int] = mapped_column(default=10)
    stamp_reward: Mapped[dict[str, Any] | None] = mapped_column(Json)
    points_per_currency_unit: Mapped[int] = mapped_column(default=1)
    points_per_amount_minor: Mapped[int] = mapped_column(server_default="100")
    carry_parts: Mapped[list[list[int]] | None] = mapped_column(Json)
    minimum_purchase_minor: Mapped[int] = mapped_column(BigInt, default=0)
    minimum_redemption_points: Mapped[int] = mapped_column(BigInt, default=0)
    welcome_stamps: Mapped[int] = mapped_column(default=0)
    welcome_points: Mapped[int] = mapped_column(default=0)
    cooldown_minutes: Mapped[int] = mapped_column(default=15)
    max_daily_stamps: Mapped[int] = mapped_column(default=5)
    pin_policy: Mapped[PinPolicy] = mapped_column(EnumText(PinPolicy), default=PinPolicy.REQUIRED)
    pin_max_attempts: Mapped[int] = mapped_column(default=5)
    pin_lockout_minutes: Mapped[int] = mapped_column(default=30)
    void_policy: Mapped[VoidPolicy] = mapped_column(EnumText(VoidPolicy), default=VoidPolicy.CLAMP)
    stamp_rewards: Mapped[list[dict[str, Any]] | None] = mapped_column(Json)
    unclaimed_milestones: Mapped[UnclaimedMilestones] = mapped_column(
        EnumText(UnclaimedMilestones), default=UnclaimedMilestones.KEEP, server_default="keep"
    )
    stamps_expiry: Mapped[dict[str, Any] | None] = mapped_column(Json)
    stamps_per_item: Mapped[list[dict[str, Any]] | None] = mapped_column(Json)
    max_stamps_per_visit: Mapped[int | None]
    points_expiry: Mapped[dict[str, Any] | None] = mapped_column(Json)
    points_activation_days: Mapped[int] = mapped_column(default=0, server_default="0")
    expiry_notice_days: Mapped[list[int] | None] = mapped_column(Json)
    return_grace_days: Mapped[int] = mapped_column(default=30, server_default="30")
    tiers: Mapped[list[dict[str, Any]] | None] = mapped_column(Json)
    tier_rules: Mapped[dict[str, Any] | None] = mapped_column(Json)
    referral: Mapped[dict[str, Any] | None] = mapped_column(Json)
    self_enrollment: Mapped[bool] = mapped_column(default=True)
    terms_text: Mapped[str | None] = mapped_column(Text)
    branding: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    texts: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Reward(Base):
    """Something points can be exchanged for, or, without `points_required`, that is only given."""

    __tablename__ = "rewards"
    __table_args__ = (
        CheckConstraint("stock_left IS NULL OR stock_left >= 0", name="stock"),
        CheckConstraint("points_required >= 1", name="points_required"),
    )

    id: Mapped[RewardId] = mapped_column(primary_key=True)
    vendor_id: Mapped[VendorId] = mapped_column(ForeignKey("vendors.id"))
    program_id: Mapped[ProgramId] = mapped_column(ForeignKey("loyalty_programs.id"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    description: Mapped[str | None] = mapped_column(String(500))
    points_required: Mapped[int | None] = mapped_column(BigInt)
    value_minor: Mapped[int | None] = mapped_column(BigInt)
    stock_left: Mapped[int | None]
    per_card_limit: Mapped[int | None]
    valid_from: Mapped[datetime | None] = mapped_column(UtcDateTime)
    valid_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    texts: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    archived_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


_IS_DUE = text("due_on IS NOT NULL")
_HELD = text("customer_id IS NOT NULL AND status IN ('active', 'blocked')")


class LoyaltyCard(Base):
    """A customer's card. Its balances are a cache of the ledger; only the till writes them.

    `points_carry` is what rounding left over, counted in parts of a point: `carry_parts` of them
    make one, or where that is null those of the program's first version. It is never negative,
    also while `points` is. `standing` is what the card has beside its balances (dated points, its
    lap, its tier: see `rules/standing.py`), and `due_on` the first day on which something of that
    ends or begins by itself.
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
        _ROOM_FOR_UPDATES,
    )

    id: Mapped[CardId] = mapped_column(primary_key=True)
    vendor_id: Mapped[VendorId] = mapped_column(ForeignKey("vendors.id"))
    program_id: Mapped[ProgramId] = mapped_column(ForeignKey("loyalty_programs.id"))
    customer_id: Mapped[CustomerId | None] = mapped_column(ForeignKey("customers.id"))
    number: Mapped[str] = mapped_column(String(12), unique=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    token_sealed: Mapped[bytes] = mapped_column(LargeBinary(64))
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


_IN_USE = text("retired_at IS NULL")


class StaffPin(Base):
    """A person at the till and their PIN; retired, never deleted: history keeps the name.

    `failed_attempts` are those since the last lock, `locks` how often the person was locked without
    a quiet day in between, and `misses` all wrong PINs since the last right one. `pepper_id` names
    the pepper that hash and index were made with; None is the oldest there is.
    """

    __tablename__ = "staff_pins"
    __table_args__ = (
        Index(
            "uq_staff_pins_pin_index",
            "vendor_id",
            "pin_index",
            unique=True,
            postgresql_where=_IN_USE,
            sqlite_where=_IN_USE,
        ),
        Index(
            "uq_staff_pins_staff_id",
            "vendor_id",
            "staff_id",
            unique=True,
            postgresql_where=text("retired_at IS NULL AND staff_id IS NOT NULL"),
            sqlite_where=text("retired_at IS NULL AND staff_id IS NOT NULL"),
        ),
    )

    id: Mapped[StaffPinId] = mapped_column(primary_key=True)
    vendor_id: Mapped[VendorId] = mapped_column(ForeignKey("vendors.id"), index=True)
    program_id: Mapped[ProgramId | None] = mapped_column(ForeignKey("loyalty_programs.id"))
    staff_id: Mapped[str | None] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(120))
    pin_hash: Mapped[str] = mapped_column(String(80))
    pin_index: Mapped[bytes] = mapped_column(LargeBinary(32))
    pepper_id: Mapped[str | None] = mapped_column(String(8))
    generation: Mapped[int] = mapped_column(default=1)
    failed_attempts: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    locks: Mapped[int] = mapped_column(default=0, server_default="0")
    misses: Mapped[int] = mapped_column(default=0, server_default="0")
    last_missed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    exhausted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    retired_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


NOWHERE: Final = LocationId("00000000-0000-0000-0000-000000000000")
"""The location of what happened at none: a card that a customer opened, a stamp by an API key."""


class DailyRollup(Base):
    """What happened in one program on one day of its time zone, at one location or NOWHERE.

    Kept inside the till's batch. What was voided is taken off where it had happened, on the day of
    the void. `cards_last_seen` counts the cards whose latest activity was on this day: each card
    stands in exactly one row, NOWHERE, so those active in the last 30 days are a sum over 30 rows.
    What `*_bonus` counts was earned beside the base and is in `*_earned` as well.
    """

    __tablename__ = "loyalty_daily_rollup"

    program_id: Mapped[ProgramId] = mapped_column(
        ForeignKey("loyalty_programs.id"), primary_key=True
    )
    day: Mapped[date] = mapped_column(primary_key=True)
    location_id: Mapped[LocationId] = mapped_column(primary_key=True, default=NOWHERE)
    cards_opened: Mapped[int] = mapped_column(BigInt, default=0)
    cards_last_seen: Mapped[int] = mapped_column(BigInt, default=0)
    stamps_earned: Mapped[int] = mapped_column(BigInt, default=0)
    stamps_redeemed: Mapped[int] = mapped_column(BigInt, default=0)
    points_earned: Mapped[int] = mapped_column(BigInt, default=0)
    points_redeemed: Mapped[int] = mapped_column(BigInt, default=0)
    points_adjusted: Mapped[int] = mapped_column(BigInt, default=0)
    rewards_redeemed: Mapped[int] = mapped_column(BigInt, default=0)
    reward_value_minor: Mapped[int] = mapped_column(BigInt, default=0)
    purchases: Mapped[int] = mapped_column(BigInt, default=0)
    purchase_amount_minor: Mapped[int] = mapped_column(BigInt, default=0)
    stamps_bonus: Mapped[int] = mapped_column(BigInt, default=0, server_default="0")
    stamps_expired: Mapped[int] = mapped_column(BigInt, default=0, server_default="0")
    stamps_moved: Mapped[int] = mapped_column(BigInt, default=0, server_default="0")
    points_bonus: Mapped[int] = mapped_column(BigInt, default=0, server_default="0")
    points_expired: Mapped[int] = mapped_column(BigInt, default=0, server_default="0")
    points_pending: Mapped[int] = mapped_column(BigInt, default=0, server_default="0")
    points_refunded: Mapped[int] = mapped_column(BigInt, default=0, server_default="0")
    points_reserved: Mapped[int] = mapped_column(BigInt, default=0, server_default="0")
    points_moved: Mapped[int] = mapped_column(BigInt, default=0, server_default="0")
    refund_amount_minor: Mapped[int] = mapped_column(BigInt, default=0, server_default="0")
    rewards_granted: Mapped[int] = mapped_column(BigInt, default=0, server_default="0")
    grants_ended: Mapped[int] = mapped_column(BigInt, default=0, server_default="0")
