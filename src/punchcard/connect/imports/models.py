"""Tables of imports from files: one row an import, and its rows in parts of some hundred."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from punchcard.connect.imports.vocabulary import (
    BalanceMode,
    DateOrder,
    ImportFormat,
    ImportState,
)
from punchcard.db.base import Base
from punchcard.db.types import EnumText, Json, UtcDateTime, one_of
from punchcard.kit.ids import ImportId, ProgramId, VendorId
from punchcard.loyalty.vocabulary import ActorKind


class CardImport(Base):
    """A file that was brought along, what was found out and said about it, and how far it has come.

    `key` begins the idempotency keys of its operations: the SHA-256 of the file, its program, and
    how often that file was undone there, so that one file is put on cards once. `mapping` gives the
    column of each field, by its name. `counts` are those of its last trial or run. `rows_done` is
    how many rows the work in hand has come past.
    """

    __tablename__ = "card_imports"
    __table_args__ = (
        one_of("state", ImportState),
        one_of("format", ImportFormat),
        one_of("date_order", DateOrder),
        Index("ix_card_imports_vendor_id_id", "vendor_id", "id"),
    )

    id: Mapped[ImportId] = mapped_column(primary_key=True)
    vendor_id: Mapped[VendorId] = mapped_column(ForeignKey("vendors.id"))
    program_id: Mapped[ProgramId] = mapped_column(ForeignKey("loyalty_programs.id"))
    name: Mapped[str] = mapped_column(String(120))
    sha256: Mapped[str] = mapped_column(String(64))
    key: Mapped[str] = mapped_column(String(64))
    state: Mapped[ImportState] = mapped_column(EnumText(ImportState))
    format: Mapped[ImportFormat] = mapped_column(EnumText(ImportFormat))
    encoding: Mapped[str] = mapped_column(String(16))
    delimiter: Mapped[str] = mapped_column(String(1))
    decimal: Mapped[str] = mapped_column(String(1))
    date_order: Mapped[DateOrder] = mapped_column(EnumText(DateOrder))
    headings: Mapped[list[str]] = mapped_column(Json)
    mapping: Mapped[dict[str, int]] = mapped_column(Json)
    balance: Mapped[BalanceMode | None] = mapped_column(EnumText(BalanceMode))
    consent_source: Mapped[str | None] = mapped_column(String(500))
    rows: Mapped[int]
    rows_done: Mapped[int] = mapped_column(default=0)
    counts: Mapped[dict[str, int]] = mapped_column(Json)
    actor_kind: Mapped[ActorKind] = mapped_column(EnumText(ActorKind))
    actor_id: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class CardImportPart(Base):
    """Some rows of an import, packed, with what the trial found in them and what became of them.

    `rows` are `[number, cells]`, forgotten after a while. `keys` are the digests of those that were
    taken, each with its row: by them a doubled one is found. `faults` are `[number, code, field,
    params]`; `done` is `[number, card_id, entry_id]` of what was put on cards.
    """

    __tablename__ = "card_import_parts"

    import_id: Mapped[ImportId] = mapped_column(ForeignKey("card_imports.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    row_count: Mapped[int]
    rows: Mapped[bytes | None] = mapped_column(LargeBinary)
    keys: Mapped[bytes | None] = mapped_column(LargeBinary)
    step: Mapped[ImportState] = mapped_column(EnumText(ImportState))
    counts: Mapped[dict[str, int]] = mapped_column(Json)
    faults: Mapped[list[Any]] = mapped_column(Json)
    done: Mapped[list[Any]] = mapped_column(Json)
