"""Tables of the transparency log: the order of the leaves, the trees over them, the checkpoints."""

from datetime import datetime

from sqlalchemy import Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from punchcard.db.base import Base, table_of
from punchcard.db.types import BigInt, EnumText, Id, UtcDateTime
from punchcard.kit.ids import CardId
from punchcard.loyalty.transparency.vocabulary import LogTree

_PACKED = {"sqlite_with_rowid": False}


class LogLeaf(Base):
    """An entry of the ledger, or an event of the audit trail, at its place for good.

    `data` is the entry's hash or the event's digest, `beside` the digest of what stands beside an
    entry's hash, and `marks` a byte for each part of it, by which a changed part is named. It
    refers to no row: that one is gone is what it has to tell.
    """

    __tablename__ = "log_leaves"
    __table_args__ = (
        Index("uq_log_leaves_subject_id", "tree", "subject_id", unique=True),
        _PACKED,
    )

    tree: Mapped[LogTree] = mapped_column(EnumText(LogTree, 8), primary_key=True)
    position: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=False)
    subject_id: Mapped[str] = mapped_column(Id)
    card_id: Mapped[CardId | None]
    data: Mapped[bytes] = mapped_column(LargeBinary(32))
    beside: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    marks: Mapped[bytes | None] = mapped_column(LargeBinary(4))


class LogSalt(Base):
    """What keeps a note from being guessed by its digest: without it the note is forgotten."""

    __tablename__ = "log_salts"
    __table_args__ = (_PACKED,)

    position: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=False)
    salt: Mapped[bytes] = mapped_column(LargeBinary(16))


class LogNode(Base):
    """The hash of the 256**level leaves from number * 256**level on, once there are so many."""

    __tablename__ = "log_nodes"
    __table_args__ = (_PACKED,)

    tree: Mapped[LogTree] = mapped_column(EnumText(LogTree, 8), primary_key=True)
    level: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=False)
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))


class LogHead(Base):
    """How many leaves a tree has; what has an id below `mark` is among them."""

    __tablename__ = "log_heads"

    tree: Mapped[LogTree] = mapped_column(EnumText(LogTree, 8), primary_key=True)
    size: Mapped[int] = mapped_column(BigInt)
    mark: Mapped[str | None] = mapped_column(Id)


class LogCheckpoint(Base):
    """A checkpoint as it was signed and published."""

    __tablename__ = "log_checkpoints"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    size: Mapped[int] = mapped_column(BigInt)
    audit_size: Mapped[int] = mapped_column(BigInt)
    note: Mapped[str] = mapped_column(Text)
    origin: Mapped[str] = mapped_column(String(255))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


LEAVES = table_of(LogLeaf)
SALTS = table_of(LogSalt)
NODES = table_of(LogNode)
HEADS = table_of(LogHead)
CHECKPOINTS = table_of(LogCheckpoint)
