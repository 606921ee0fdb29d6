"""Tables of integrations: what they are, what they sent, and what their orders came to."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from punchcard.connect.integrations.vocabulary import (
    BookingKind,
    BookingState,
    IntegrationEventState,
    IntegrationKind,
    IntegrationStatus,
    OrderState,
)
from punchcard.db.base import Base
from punchcard.db.types import BigInt, EnumText, Json, UtcDateTime, one_of
from punchcard.kit.ids import (
    CardId,
    EntryId,
    IntegrationBookingId,
    IntegrationEventId,
    IntegrationId,
    IntegrationOrderId,
    LocationId,
    ProgramId,
    ReceiptClaimId,
    VendorId,
)

FOREIGN_CHARACTERS = 80
"""How long an id of another system may be."""

_IS_WAITING = text("state = 'waiting'")


class Integration(Base):
    """A system of a vendor's that tells of orders, and the program that they earn in.

    Its address holds a secret, kept as a digest; what is signed is checked with `secret_sealed`.
    Both of before are taken as well until `former_until`. `mapping` says what of an order counts.
    A deleted one stays for the sake of its orders.
    """

    __tablename__ = "integrations"
    __table_args__ = (
        one_of("status", IntegrationStatus),
        Index("ix_integrations_vendor_id_id", "vendor_id", "id"),
    )

    id: Mapped[IntegrationId] = mapped_column(primary_key=True)
    vendor_id: Mapped[VendorId] = mapped_column(ForeignKey("vendors.id"))
    program_id: Mapped[ProgramId] = mapped_column(ForeignKey("loyalty_programs.id"))
    location_id: Mapped[LocationId | None] = mapped_column(ForeignKey("locations.id"))
    kind: Mapped[IntegrationKind] = mapped_column(EnumText(IntegrationKind))
    name: Mapped[str] = mapped_column(String(80))
    mapping: Mapped[dict[str, Any]] = mapped_column(Json)
    status: Mapped[IntegrationStatus] = mapped_column(EnumText(IntegrationStatus))
    address_digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    secret_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    former_address_digest: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    former_secret_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    former_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_event_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_error: Mapped[str | None] = mapped_column(String(60))
    last_error_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class IntegrationEvent(Base):
    """Something that an integration sent, as it came: the body is sealed, and forgotten in time.

    A body that tells of several things has an event for each, `part` by `part`. `reason` is one of
    ours, or the code of the till's refusal.
    """

    __tablename__ = "integration_events"
    __table_args__ = (
        one_of("state", IntegrationEventState),
        Index("ix_integration_events_integration_id_id", "integration_id", "id"),
        Index("ix_integration_events_order_id", "order_id"),
        Index("ix_integration_events_received_at", "received_at"),
        Index(
            "ix_integration_events_waiting",
            "received_at",
            postgresql_where=_IS_WAITING,
            sqlite_where=_IS_WAITING,
        ),
    )

    id: Mapped[IntegrationEventId] = mapped_column(primary_key=True)
    integration_id: Mapped[IntegrationId] = mapped_column(ForeignKey("integrations.id"))
    part: Mapped[int]
    topic: Mapped[str] = mapped_column(String(80))
    state: Mapped[IntegrationEventState] = mapped_column(EnumText(IntegrationEventState))
    reason: Mapped[str | None] = mapped_column(String(60))
    order_id: Mapped[IntegrationOrderId | None] = mapped_column(ForeignKey("integration_orders.id"))
    body_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class IntegrationOrder(Base):
    """An order of another system as it was told last, and whose card it is, once that is known.

    `claim_id` is the receipt that it left while that was not: it stays when the receipt is
    forgotten, so that an order leaves one only, and refers to no row therefore.

    `counted_minor` is what of it counts before refunds; `refunds` is what was paid back, in minor
    units, by the number of each refund there. `told_at` is the time of the newest telling and
    `paid_at` that of the payment, both by the other system's clock.
    """

    __tablename__ = "integration_orders"
    __table_args__ = (
        one_of("state", OrderState),
        Index(
            "uq_integration_orders_integration_id_foreign_id",
            "integration_id",
            "foreign_id",
            unique=True,
        ),
        Index("ix_integration_orders_card_id", "card_id"),
        Index("ix_integration_orders_claim_id", "claim_id"),
    )

    id: Mapped[IntegrationOrderId] = mapped_column(primary_key=True)
    integration_id: Mapped[IntegrationId] = mapped_column(ForeignKey("integrations.id"))
    foreign_id: Mapped[str] = mapped_column(String(FOREIGN_CHARACTERS))
    number: Mapped[str] = mapped_column(String(FOREIGN_CHARACTERS))
    customer: Mapped[str | None] = mapped_column(String(FOREIGN_CHARACTERS))
    state: Mapped[OrderState] = mapped_column(EnumText(OrderState))
    total_minor: Mapped[int] = mapped_column(BigInt)
    counted_minor: Mapped[int] = mapped_column(BigInt)
    refunds: Mapped[dict[str, int]] = mapped_column(Json)
    items: Mapped[list[Any]] = mapped_column(Json)
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    paid_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    card_id: Mapped[CardId | None] = mapped_column(ForeignKey("loyalty_cards.id"))
    claim_id: Mapped[ReceiptClaimId | None]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class IntegrationBooking(Base):
    """Something to be booked on a card for an order: written down first, then asked of the till.

    Its id is the idempotency key, so that it is booked once, whoever asks and how often.
    `of_booking_id` is the earning that a refund takes back from.
    """

    __tablename__ = "integration_bookings"
    __table_args__ = (
        one_of("kind", BookingKind),
        one_of("state", BookingState),
        Index("uq_integration_bookings_order_id_number", "order_id", "number", unique=True),
    )

    id: Mapped[IntegrationBookingId] = mapped_column(primary_key=True)
    order_id: Mapped[IntegrationOrderId] = mapped_column(ForeignKey("integration_orders.id"))
    number: Mapped[int]
    kind: Mapped[BookingKind] = mapped_column(EnumText(BookingKind))
    state: Mapped[BookingState] = mapped_column(EnumText(BookingState))
    amount_minor: Mapped[int] = mapped_column(BigInt)
    of_booking_id: Mapped[IntegrationBookingId | None] = mapped_column(
        ForeignKey("integration_bookings.id")
    )
    entry_id: Mapped[EntryId | None] = mapped_column(ForeignKey("loyalty_transactions.id"))
    refusal: Mapped[str | None] = mapped_column(String(60))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class IntegrationCustomer(Base):
    """Whose card a customer of another system has: told by a person, or by a confirmed contact."""

    __tablename__ = "integration_customers"
    __table_args__ = (Index("ix_integration_customers_card_id", "card_id"),)

    integration_id: Mapped[IntegrationId] = mapped_column(
        ForeignKey("integrations.id"), primary_key=True
    )
    foreign_id: Mapped[str] = mapped_column(String(FOREIGN_CHARACTERS), primary_key=True)
    card_id: Mapped[CardId] = mapped_column(ForeignKey("loyalty_cards.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
