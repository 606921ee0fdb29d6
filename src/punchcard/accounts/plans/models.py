"""Tables of plans, of which vendor has which, and of what vendors used month by month."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, false, text
from sqlalchemy.orm import Mapped, mapped_column

from punchcard.accounts.models import Vendor
from punchcard.db.base import Base
from punchcard.db.types import BigInt, UtcDateTime
from punchcard.kit.ids import PlanId, VendorId

_IS_DEFAULT = text("is_default")


class Plan(Base):
    """What vendors may use. A limit of None is none; the names are those of `PlanLimit`.

    The default one is what new vendors get; there is one at most. `own_domain`: vendors
    may have a domain of their own. `white_label`: customers' pages do not name this software.
    """

    __tablename__ = "plans"
    __table_args__ = (
        Index(
            "uq_plans_is_default",
            "is_default",
            unique=True,
            postgresql_where=_IS_DEFAULT,
            sqlite_where=_IS_DEFAULT,
        ),
    )

    id: Mapped[PlanId] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120), unique=True)
    is_default: Mapped[bool]
    cards: Mapped[int | None] = mapped_column(BigInt)
    locations: Mapped[int | None]
    users: Mapped[int | None]
    staff_pins: Mapped[int | None]
    programs: Mapped[int | None]
    webhook_endpoints: Mapped[int | None]
    mails_per_month: Mapped[int | None]
    own_domain: Mapped[bool] = mapped_column(default=False, server_default=false())
    white_label: Mapped[bool] = mapped_column(default=False, server_default=false())
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class VendorPlan(Base):
    """Which plan a vendor has (None: no limits), and how many of its cards are open.

    `counted_from` is when it came here with an archive: what is older was used, and billed,
    elsewhere. None: it was made here, and all of it counts.

    A card is open while it is active or blocked. Whoever changes how many there are takes this row
    first, and the cards then: so the count is exact for whoever holds it.
    """

    __tablename__ = "vendor_plans"

    vendor_id: Mapped[VendorId] = mapped_column(ForeignKey(Vendor.id), primary_key=True)
    plan_id: Mapped[PlanId | None] = mapped_column(ForeignKey("plans.id"), index=True)
    open_cards: Mapped[int] = mapped_column(BigInt, default=0)
    counted_from: Mapped[datetime | None] = mapped_column(UtcDateTime)


class VendorMonthCount(Base):
    """What is counted as it happens of a vendor's month (UTC, named by its first day)."""

    __tablename__ = "vendor_month_counts"

    vendor_id: Mapped[VendorId] = mapped_column(ForeignKey(Vendor.id), primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    mails: Mapped[int] = mapped_column(BigInt, default=0)
    webhook_deliveries: Mapped[int] = mapped_column(BigInt, default=0)


class VendorMonth(Base):
    """What a vendor used in a month that is over: append-only by trigger, it goes onto a bill.

    Months are those of UTC, named by their first day, and count by when the server recorded
    something. `active_cards` had an entry that shows their holder was there.
    """

    __tablename__ = "vendor_months"
    __table_args__ = (Index("ix_vendor_months_month", "month", "vendor_id"),)

    vendor_id: Mapped[VendorId] = mapped_column(ForeignKey(Vendor.id), primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    open_cards: Mapped[int] = mapped_column(BigInt)
    new_cards: Mapped[int] = mapped_column(BigInt)
    active_cards: Mapped[int] = mapped_column(BigInt)
    entries: Mapped[int] = mapped_column(BigInt)
    mails: Mapped[int] = mapped_column(BigInt)
    webhook_deliveries: Mapped[int] = mapped_column(BigInt)
    closed_at: Mapped[datetime] = mapped_column(UtcDateTime)
