"""Tables of archives that wait to be fetched: one row an archive, and its file in parts."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from punchcard.connect.archive.vocabulary import ArchiveState
from punchcard.db.base import Base
from punchcard.db.types import BigInt, EnumText, UtcDateTime, one_of
from punchcard.kit.ids import ArchiveId, VendorId
from punchcard.loyalty.vocabulary import ActorKind


class VendorArchive(Base):
    """An archive that somebody asked for. `bytes` and `sha256` are its file's, once it is ready.

    `error` says why it failed, as an ArchiveFailure. It is deleted with its file at `expires_at`.
    """

    __tablename__ = "vendor_archives"
    __table_args__ = (
        one_of("state", ArchiveState),
        Index("ix_vendor_archives_vendor_id_id", "vendor_id", "id"),
        Index("ix_vendor_archives_expires_at", "expires_at"),
    )

    id: Mapped[ArchiveId] = mapped_column(primary_key=True)
    vendor_id: Mapped[VendorId] = mapped_column(ForeignKey("vendors.id"))
    state: Mapped[ArchiveState] = mapped_column(EnumText(ArchiveState))
    bytes: Mapped[int | None] = mapped_column(BigInt)
    sha256: Mapped[str | None] = mapped_column(String(64))
    error: Mapped[str | None] = mapped_column(String(500))
    actor_kind: Mapped[ActorKind] = mapped_column(EnumText(ActorKind))
    actor_id: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class VendorArchivePart(Base):
    """A part of an archive's file, sealed: it holds the links of all cards."""

    __tablename__ = "vendor_archive_parts"

    archive_id: Mapped[ArchiveId] = mapped_column(
        ForeignKey("vendor_archives.id"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    content_sealed: Mapped[bytes] = mapped_column(LargeBinary)
