"""The log's leaves in their order, each with the row that it stands for, if that is still there."""

from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select

from punchcard.db.reading import stream_plain
from punchcard.loyalty.tables import ENTRIES
from punchcard.loyalty.transparency.evidence import BESIDE_NAMES, EVENT_FIELDS
from punchcard.loyalty.transparency.models import LEAVES, SALTS
from punchcard.loyalty.transparency.sequencer import EVENTS
from punchcard.loyalty.transparency.vocabulary import LogTree

_LEAF_NAMES: Final = ("position", "subject_id", "leaf_card_id", "data", "beside", "marks", "salt")
_ENTRY_NAMES: Final = ("id", "card_id", "hash", "created_at", *BESIDE_NAMES)


def ledger_rows(connection: Connection) -> Iterator[dict[str, Any]]:
    """Give the leaves of the ledger; `id` None: the entry is gone."""
    leaf = (LEAVES.c[name] for name in ("position", "subject_id", "card_id", "data"))
    columns: list[ColumnElement[Any]] = [*leaf, LEAVES.c.beside, LEAVES.c.marks, SALTS.c.salt]
    joined = LEAVES.outerjoin(SALTS, SALTS.c.position == LEAVES.c.position)
    joined = joined.outerjoin(ENTRIES, ENTRIES.c.id == LEAVES.c.subject_id)
    columns += [ENTRIES.c[name] for name in _ENTRY_NAMES]

    def narrow(query: Select[Any]) -> Select[Any]:
        query = query.select_from(joined).where(LEAVES.c.tree == LogTree.LEDGER)
        return query.order_by(LEAVES.c.position)

    for row in stream_plain(connection, columns, narrow):
        yield dict(zip((*_LEAF_NAMES, *_ENTRY_NAMES), row, strict=True))


def event_rows(connection: Connection) -> Iterator[dict[str, Any]]:
    """Give the leaves of the audit trail; `id` None: the event is gone."""
    # `subject_id` is the event's own: what it was done to.
    names = ("position", "event_id", "data", *EVENT_FIELDS)
    columns: list[ColumnElement[Any]] = [
        LEAVES.c.position,
        LEAVES.c.subject_id,
        LEAVES.c.data,
        *(EVENTS.c[name] for name in EVENT_FIELDS),
    ]
    joined = LEAVES.outerjoin(EVENTS, EVENTS.c.id == LEAVES.c.subject_id)

    def narrow(query: Select[Any]) -> Select[Any]:
        query = query.select_from(joined).where(LEAVES.c.tree == LogTree.AUDIT)
        return query.order_by(LEAVES.c.position)

    for row in stream_plain(connection, columns, narrow):
        yield dict(zip(names, row, strict=True))
