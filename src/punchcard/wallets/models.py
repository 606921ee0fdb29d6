"""Tables of Apple's passes: what each pass last said, and which phones hold it."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from punchcard.db.base import Base
from punchcard.db.types import BigInt, Id, UtcDateTime
from punchcard.kit.ids import CardId, ProgramId


class ApplePass(Base):
    """A pass that was handed out, named by the card's number of that time.

    A replaced card goes on under a new number, with a new pass: who found the old one must not
    receive the new code by an update. The old pass stays here and becomes void.

    `update_tag` is the place of the pass's last change in the order of all changes; `modified_at`
    is in whole seconds since 1970 and always advances with a change, because HTTP tells phones
    the time of a change in seconds; it lies half a minute back, so that a burst of changes does
    not run ahead of the clock. Phones were woken for all changes up to `pushed_tag`: a worker
    that dies before it pushes leaves the difference to the next one. `fingerprint` tells whether
    the pass would look any different. `token_key` names the server's key that the token in the pass
    was made with when a phone last fetched it; None is the oldest there is.
    """

    __tablename__ = "apple_passes"
    __table_args__ = (
        Index("ix_apple_passes_card_id", "card_id"),
        Index("ix_apple_passes_update_tag", "update_tag"),
    )

    serial_number: Mapped[str] = mapped_column(String(12), primary_key=True)
    card_id: Mapped[CardId] = mapped_column(ForeignKey("loyalty_cards.id"))
    update_tag: Mapped[int] = mapped_column(BigInt)
    pushed_tag: Mapped[int] = mapped_column(BigInt)
    modified_at: Mapped[int] = mapped_column(BigInt)
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary(32))
    token_key: Mapped[str | None] = mapped_column(String(8))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class AppleUpdateTag(Base):
    """The last update tag given out. One row: anyone who takes a tag holds it until the commit.

    So tags become visible in their order, and a phone that has seen one has missed none before it.
    """

    __tablename__ = "apple_update_tags"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    value: Mapped[int] = mapped_column(BigInt)


class AppleDeviceRegistration(Base):
    """A phone that wants to hear of a pass's changes.

    The push token is the device's: it is the same in all of the device's rows. `update_tag` makes
    a pass that was registered late show in the phone's next list of changes.
    """

    __tablename__ = "apple_device_registrations"
    __table_args__ = (
        Index(
            "uq_apple_device_registrations_pass",
            "device_library_id",
            "serial_number",
            unique=True,
        ),
        Index("ix_apple_device_registrations_serial_number", "serial_number"),
        Index("ix_apple_device_registrations_card_id", "card_id"),
        Index("ix_apple_device_registrations_push_token", "push_token"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    device_library_id: Mapped[str] = mapped_column(String(100))
    push_token: Mapped[str] = mapped_column(String(200))
    serial_number: Mapped[str] = mapped_column(ForeignKey("apple_passes.serial_number"))
    card_id: Mapped[CardId] = mapped_column(ForeignKey("loyalty_cards.id"))
    update_tag: Mapped[int] = mapped_column(BigInt)
    bad_token_count: Mapped[int] = mapped_column(default=0)
    last_push_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PassImage(Base):
    """A picture a vendor uploaded for a program's passes, already checked and made a plain PNG."""

    __tablename__ = "pass_images"

    program_id: Mapped[ProgramId] = mapped_column(
        ForeignKey("loyalty_programs.id", ondelete="CASCADE"), primary_key=True
    )
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)
    sha256: Mapped[bytes] = mapped_column(LargeBinary(32))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
