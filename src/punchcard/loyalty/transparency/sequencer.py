"""Giving entries and events their places in the log, some hundred at a time.

The till does nothing for it and waits for nobody here: what is committed is found afterwards, by
asking what has no leaf yet. So a transaction that commits late, with older ids than its neighbours,
is taken up late, and nothing is taken twice. Several workers may do it at once: places are taken by
moving the head from the size that was seen, and who finds it moved begins again. A killed worker
leaves whole parts or nothing.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, Table, exists, func, select, update

from punchcard.accounts.models import AuditEvent
from punchcard.db.base import table_of
from punchcard.db.database import Database
from punchcard.db.dialects import insert_into
from punchcard.db.reading import stream_plain
from punchcard.db.sets.bulk import BulkInsert, write_together
from punchcard.loyalty.ledger.ledger_reader import first_id_at, id_at
from punchcard.loyalty.tables import ENTRIES
from punchcard.loyalty.transparency.evidence import (
    BESIDE_NAMES,
    EVENT_FIELDS,
    SALT_BYTES,
    beside_digest,
    event_digest,
)
from punchcard.loyalty.transparency.merkle import leaf_hash, whole_root
from punchcard.loyalty.transparency.models import HEADS, LEAVES, NODES, SALTS, LogHead
from punchcard.loyalty.transparency.tiles import TILE_WIDTH
from punchcard.loyalty.transparency.tree_reader import read_hashes
from punchcard.loyalty.transparency.vocabulary import LogTree

LEAVES_AT_ONCE: Final = 512
_LATENESS: Final = timedelta(minutes=10)
"""How much older than its commit an id is at most: a transaction's length, and servers' clocks."""

EVENTS: Final = table_of(AuditEvent)

_ENTRY_NAMES: Final = ("id", "card_id", "hash", *BESIDE_NAMES)
_INSERT_LEAVES: Final = BulkInsert(LEAVES, [column.name for column in LEAVES.c])
_INSERT_SALTS: Final = BulkInsert(SALTS, ["position", "salt"])
_INSERT_NODES: Final = BulkInsert(NODES, ["tree", "level", "number", "hash"])

Row = dict[str, Any]
Progress = Callable[[int], None]


@dataclass(frozen=True)
class _Source:
    """Where the leaves of a tree come from."""

    tree: LogTree
    table: Table
    names: Sequence[str]
    trees: Sequence[LogTree]
    """The trees over these rows."""


_SOURCES: Final = (
    _Source(LogTree.LEDGER, ENTRIES, _ENTRY_NAMES, (LogTree.LEDGER, LogTree.BESIDE)),
    _Source(LogTree.AUDIT, EVENTS, EVENT_FIELDS, (LogTree.AUDIT,)),
)


def sequence(
    database: Database,
    *,
    now: datetime,
    is_thorough: bool = False,
    since: datetime | None = None,
    goes_on: Callable[[], bool] = lambda: True,
    progress: Progress = lambda leaves: None,
) -> bool:
    """Give places to what has none; returns whether everything was done before `goes_on` ended it.

    Looks at what is newer than an hour and at what was never looked at; `is_thorough`: at all
    there is, for what a clock that was put back, or a stranger's hand, has left among the old.
    `since`: only at what may have come since that moment, for who has looked at the rest before.
    """
    done = 0
    for source in _SOURCES:
        after = None if is_thorough else _mark(database, source)
        if since is not None:
            after = max(after or "", id_at(since - _LATENESS))
        while True:
            if not goes_on():
                return False
            appended = _append(database, source, after, now)
            if appended is None:
                continue
            if not appended.leaves:
                break
            after = appended.last_id
            done += appended.leaves
            progress(done)
    return True


def without_leaf(table: Table, tree: LogTree) -> ColumnElement[bool]:
    """Return the condition that a row of `table` has no place in the log yet."""
    return ~exists().where(LEAVES.c.tree == tree, LEAVES.c.subject_id == table.c.id)


def has_strays(connection: Connection) -> bool:
    """Return whether there are more entries or events than leaves, or fewer."""
    return any(
        connection.execute(select(func.count()).select_from(source.table)).scalar_one()
        != _head(connection, source.tree)[0]
        for source in _SOURCES
    )


def has_new(connection: Connection) -> bool:
    """Return whether anything waits for a place, among what is new.

    In a busy shop the newest row tells; only where that has its place are others looked at.
    """
    return any(
        _newest_waits(connection, source)
        or next(_candidates(connection, source, _head(connection, source.tree)[1], 1), None)
        is not None
        for source in _SOURCES
    )


def _newest_waits(connection: Connection, source: _Source) -> bool:
    ids = source.table.c.id
    newest = select(ids).order_by(ids.desc()).limit(1).scalar_subquery()
    query = select(ids).where(ids == newest, without_leaf(source.table, source.tree))
    return connection.execute(query).first() is not None


def lacks_entry_before(connection: Connection, moment: datetime) -> bool:
    """Return whether an entry that says it was recorded before `moment` has no place yet.

    Looks among what is new, as `sequence` does.
    """
    mark = _head(connection, LogTree.LEDGER)[1]
    query = select(ENTRIES.c.id).where(
        without_leaf(ENTRIES, LogTree.LEDGER), ENTRIES.c.created_at < moment
    )
    if mark is not None:
        query = query.where(ENTRIES.c.id > mark)
    return connection.execute(query.limit(1)).first() is not None


@dataclass(frozen=True)
class _Appended:
    leaves: int
    last_id: str | None


def _append(
    database: Database, source: _Source, after: str | None, now: datetime
) -> _Appended | None:
    """Append the next leaves; None: another worker was quicker."""
    with database.read_connection() as connection:
        # The size first: leaves that come after it was read make the move below fail.
        size, mark = _head(connection, source.tree)
        found = list(_candidates(connection, source, after, LEAVES_AT_ONCE))
        if not found:
            return _Appended(0, after)
        leaves, salts = _leaves(source, size, found)
        nodes = [node for tree in source.trees for node in _nodes(connection, tree, size, leaves)]
    last_id = str(found[-1]["id"])
    settled = first_id_at(now)
    new_mark = max(mark or "", min(last_id, settled)) or None
    with database.write() as session:
        move = (
            update(HEADS)
            .where(HEADS.c.tree == source.tree, HEADS.c.size == size)
            .values(size=size + len(leaves), mark=new_mark)
        )
        connection = session.connection()
        if size == 0:
            first = insert_into(session, LogHead).values(tree=source.tree, size=0)
            connection.execute(first.on_conflict_do_nothing())
        if connection.execute(move).rowcount != 1:
            return None
        write_together(
            connection,
            [(_INSERT_LEAVES, leaves), (_INSERT_SALTS, salts), (_INSERT_NODES, nodes)],
        )
    return _Appended(len(leaves), last_id)


def _mark(database: Database, source: _Source) -> str | None:
    with database.read_connection() as connection:
        return _head(connection, source.tree)[1]


def _head(connection: Connection, tree: LogTree) -> tuple[int, str | None]:
    query = select(HEADS.c.size, HEADS.c.mark).where(HEADS.c.tree == tree)
    head = connection.execute(query).one_or_none()
    return (0, None) if head is None else (head.size, head.mark)


def _candidates(
    connection: Connection, source: _Source, after: str | None, limit: int
) -> Iterator[Row]:
    """Give up to `limit` rows without a leaf whose id comes after `after`, in the order of ids."""
    table = source.table

    def narrow(query: Select[Any]) -> Select[Any]:
        query = query.where(without_leaf(table, source.tree))
        if after is not None:
            query = query.where(table.c.id > after)
        return query.order_by(table.c.id).limit(limit)

    columns = [table.c[name] for name in source.names]
    for row in stream_plain(connection, columns, narrow):
        yield dict(zip(source.names, row, strict=True))


def _leaves(source: _Source, size: int, rows: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    leaves: list[Row] = []
    salts: list[Row] = []
    for position, row in enumerate(rows, size):
        leaf: Row = {"tree": source.tree, "position": position, "subject_id": row["id"]}
        if source.tree is LogTree.LEDGER:
            salt = os.urandom(SALT_BYTES)
            beside, marks = beside_digest(row, salt)
            data = bytes.fromhex(row["hash"])
            leaf |= {"card_id": row["card_id"], "data": data, "beside": beside, "marks": marks}
            salts.append({"position": position, "salt": salt})
        else:
            leaf |= {"card_id": None, "data": event_digest(row), "beside": None, "marks": None}
        leaves.append(leaf)
    return leaves, salts


def _nodes(
    connection: Connection, tree: LogTree, size: int, leaves: Sequence[Row]
) -> Iterator[Row]:
    """Give the nodes that these leaves, from position `size` on, complete."""
    name = "beside" if tree is LogTree.BESIDE else "data"
    level, first = 0, size
    new = [leaf_hash(leaf[name]) for leaf in leaves]
    while new:
        begin = first - first % TILE_WIDTH
        hashes = read_hashes(connection, tree, level, begin, first) + new
        whole = len(hashes) // TILE_WIDTH
        level, first = level + 1, begin // TILE_WIDTH
        new = [whole_root(hashes[at * TILE_WIDTH : (at + 1) * TILE_WIDTH]) for at in range(whole)]
        for at, value in enumerate(new):
            yield {"tree": tree, "level": level, "number": first + at, "hash": value}
