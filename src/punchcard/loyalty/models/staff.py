"""The table of the people at the till and their PINs."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from punchcard.db.base import Base
from punchcard.db.types import UtcDateTime
from punchcard.kit.ids import ProgramId, StaffPinId, VendorId

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
