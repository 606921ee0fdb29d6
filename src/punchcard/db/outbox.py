"""The outbox: work left by a committed change, found again after any crash."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final, cast

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    Connection,
    CursorResult,
    Index,
    Select,
    String,
    Text,
    bindparam,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from punchcard.db.base import Base, table_of
from punchcard.db.dialects import insert_into, locked_elsewhere
from punchcard.db.events import Event, announce
from punchcard.db.sets.bulk import BulkInsert
from punchcard.db.types import BigInt, EnumText, UtcDateTime, one_of
from punchcard.kit.tracing.spans import (
    TRACEPARENT_CHARACTERS,
    current_span,
    current_traceparent,
)

LONGEST_WAIT: Final = timedelta(hours=1)
"""No work waits for longer by itself, unless settings say so."""
_ERROR_CHARACTERS: Final = 2000
_DIED: Final = "The server died with this in hand."


class RetryLater(Exception):
    """Work that waits for another server: it is tried again for days, not for attempts.

    `retry_after` is how long at least to leave them alone.
    """

    def __init__(self, reason: str, *, retry_after: timedelta | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class PermanentFailure(Exception):
    """Work that fails however often it is tried: it is parked at once, with the reason."""


@dataclass(frozen=True, slots=True)
class WorkEnqueued(Event):
    """Work of a topic was enqueued: anyone who does such work need not wait for its next look."""

    topic: str


class WorkStatus(StrEnum):
    """How far work has come; what is PARKED is not tried again by itself."""

    WAITING = "waiting"
    CLAIMED = "claimed"
    PARKED = "parked"


# Looked up once: before Python 3.12 an enum gives its words slowly, and these are asked always.
_WAITING: Final = WorkStatus.WAITING


class OutboxRow(Base):
    """Work that a committed change leaves: at most one waiting row a topic and key."""

    __tablename__ = "outbox"
    __table_args__ = (
        one_of("status", WorkStatus).ddl_if(dialect="postgresql"),
        # For IN with more than two words SQLite builds a table of them for each row.
        CheckConstraint(
            " OR ".join(f"status = '{status}'" for status in WorkStatus), name="status"
        ).ddl_if(dialect="sqlite"),
        Index(
            "uq_outbox_waiting",
            "topic",
            "key",
            unique=True,
            postgresql_where=text("status = 'waiting'"),
            sqlite_where=text("status = 'waiting'"),
        ),
        # By topic first: a few mails are found at once among any number of waiting cards.
        Index("ix_outbox_topic_status_available_at", "topic", "status", "available_at"),
    )

    id: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=True)
    topic: Mapped[str] = mapped_column(String(40))
    key: Mapped[str] = mapped_column(String(100))
    status: Mapped[WorkStatus] = mapped_column(EnumText(WorkStatus), default=WorkStatus.WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    available_at: Mapped[datetime] = mapped_column(UtcDateTime)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    traceparent: Mapped[str | None] = mapped_column(String(TRACEPARENT_CHARACTERS))
    """What left it, of a trace that is recorded."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """One row of work in a worker's hand; `attempts` counts this one too."""

    id: int
    topic: str
    key: str
    attempts: int
    created_at: datetime
    traceparent: str | None


def waiting_rows(topic: str, keys: Iterable[str], now: datetime) -> list[dict[str, Any]]:
    """Return the rows of new work on `keys`, in their order, for `insert_of_waiting`."""
    traceparent = current_traceparent()
    row = {**_waiting_row(topic, "", now), "traceparent": traceparent}
    return [{**row, "key": key} for key in sorted(keys)]


def insert_of_waiting() -> BulkInsert:
    """Return the statement for `waiting_rows`: it names the trace only while there is one."""
    return _insert_waiting if current_span.get() is None else _insert_traced


def enqueue(session: Session, topic: str, key: str, now: datetime) -> None:
    """Leave work for the worker in the caller's transaction; what already waits is enough."""
    enqueue_each(session, topic, [key], now)


def enqueue_each(session: Session, topic: str, keys: Iterable[str], now: datetime) -> None:
    """Leave work on each of `keys` as `enqueue` does, in one statement."""
    insert_of_waiting()(session.connection(), waiting_rows(topic, keys, now))
    announce(session, WorkEnqueued(topic))


def enqueue_found(session: Session, topic: str, keys: Select[str], now: datetime) -> int:
    """Leave work on every key that `keys` finds, in one statement; returns on how many.

    Keys with work of any kind are passed over, parked work too: that is the operator's.
    """
    found = keys.subquery()
    key = found.c[0]
    has_work = exists().where(OutboxRow.topic == topic, OutboxRow.key == key)
    row = _waiting_row(topic, "", now)
    values = [key if name == "key" else literal(value) for name, value in row.items()]
    statement = insert_into(session, OutboxRow).from_select(
        list(row), select(*values).distinct().where(~has_work)
    )
    result = session.execute(
        statement.on_conflict_do_nothing(), execution_options={"preserve_rowcount": True}
    )
    announce(session, WorkEnqueued(topic))
    return cast("CursorResult[Any]", result).rowcount


def _waiting_row(topic: str, key: str, now: datetime) -> dict[str, Any]:
    return {
        "topic": topic,
        "key": key,
        "status": _WAITING,
        "attempts": 0,
        "available_at": now,
        "created_at": now,
    }


def claim(
    session: Session,
    topics: Sequence[str],
    *,
    limit: int,
    now: datetime,
    lease: timedelta,
    longest_wait: timedelta = LONGEST_WAIT,
) -> list[Claimed]:
    """Take up to `limit` rows that are due, or whose worker has let its lease run out.

    What would wait for longer than `longest_wait` was left by a clock that ran ahead, and is due.
    """
    far = now + lease + longest_wait
    # A query for each: together they would read all that waits, however much, to find the oldest.
    due: list[tuple[ColumnElement[bool], ...]] = [
        *_misplaced(topics, now, far),
        *(
            (
                OutboxRow.topic == topic,
                OutboxRow.status == WorkStatus.WAITING,
                OutboxRow.available_at <= now,
            )
            for topic in topics
        ),
    ]
    found = [row for conditions in due for row in _oldest(session, conditions, limit)]
    rows = sorted(found, key=lambda row: (row.available_at, row.id))[:limit]
    for row in rows:
        row.status, row.attempts, row.lease_until = (
            WorkStatus.CLAIMED,
            row.attempts + 1,
            now + lease,
        )
    return [
        Claimed(row.id, row.topic, row.key, row.attempts, row.created_at, row.traceparent)
        for row in rows
    ]


def end_leases(session: Session, now: datetime) -> None:
    """Let everything that is in hand be claimed anew: whoever had it is known to be gone.

    What a server had in hand when it died, and another at once again, waits for its lease: they may
    have died of it, and one that dies as it starts serves nobody.
    """
    session.execute(
        update(OutboxRow)
        .where(
            OutboxRow.status == WorkStatus.CLAIMED,
            OutboxRow.lease_until > now,
            func.coalesce(OutboxRow.last_error, "") != _DIED,
        )
        .values(lease_until=now, last_error=_DIED)
    )


def lanes_due(
    connection: Connection,
    lanes: tuple[tuple[str, ...], ...],
    *,
    now: datetime,
    lease: timedelta,
    longest_wait: timedelta = LONGEST_WAIT,
) -> tuple[bool, ...]:
    """Return for each set of topics whether `claim` would find something.

    Asked in one statement that locks nothing.
    """
    moments = {"now": now, "far": now + lease + longest_wait}
    return tuple(map(bool, connection.execute(_due_query(lanes), moments).one()))


@lru_cache(maxsize=64)
def _due_query(lanes: tuple[tuple[str, ...], ...]) -> Select[Any]:
    """Make the query once: whoever is idle asks it every second."""
    now, far = (bindparam(name, type_=UtcDateTime) for name in ("now", "far"))
    waits = OutboxRow.status == WorkStatus.WAITING, OutboxRow.available_at <= now
    due = [
        or_(
            exists().where(OutboxRow.topic.in_(topics), *waits),
            *(exists().where(*conditions) for conditions in _misplaced(topics, now, far)),
        )
        for topics in lanes
    ]
    columns: list[ColumnElement[Any]] = [one.label(f"lane_{n}") for n, one in enumerate(due)]
    return select(*columns)


def _misplaced(
    topics: Sequence[str],
    now: datetime | ColumnElement[datetime],
    far: datetime | ColumnElement[datetime],
) -> list[tuple[ColumnElement[bool], ...]]:
    """Return what finds work of vanished workers, and of a clock that ran ahead of `far`."""
    of_these = OutboxRow.topic.in_(topics)
    return [
        (
            of_these,
            OutboxRow.status == WorkStatus.CLAIMED,
            or_(OutboxRow.lease_until <= now, OutboxRow.lease_until > far),
        ),
        (of_these, OutboxRow.status == WorkStatus.WAITING, OutboxRow.available_at > far),
    ]


def _oldest(
    session: Session, conditions: Iterable[ColumnElement[bool]], limit: int
) -> Sequence[OutboxRow]:
    return session.scalars(
        select(OutboxRow)
        .where(*conditions)
        .order_by(OutboxRow.available_at, OutboxRow.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()


def attempts_at(session: Session, topic: str, key: str) -> int:
    """Return how often work that is in hand was begun, this time too; 0 for none."""
    query = select(func.max(OutboxRow.attempts)).where(
        OutboxRow.topic == topic, OutboxRow.key == key, OutboxRow.status == WorkStatus.CLAIMED
    )
    return session.scalar(query) or 0


def finish(session: Session, work: Claimed) -> None:
    """Delete a row whose work is done, unless another worker has taken it over."""
    session.execute(delete(OutboxRow).where(*_still_mine(work)))


def retry(session: Session, work: Claimed, *, error: str, available_at: datetime) -> None:
    """Put a row back to wait until `available_at`; a newer waiting row of its key replaces it."""
    newer = select(OutboxRow.id).where(
        OutboxRow.topic == work.topic,
        OutboxRow.key == work.key,
        OutboxRow.status == WorkStatus.WAITING,
    )
    if session.scalar(newer) is not None:
        finish(session, work)
        return
    _settle(session, work, status=WorkStatus.WAITING, last_error=error, available_at=available_at)


def park(session: Session, work: Claimed, *, error: str) -> None:
    """Set a row aside for the operator, with the reason; newer work on its key goes on."""
    _settle(session, work, status=WorkStatus.PARKED, last_error=error)


def _settle(session: Session, work: Claimed, **values: Any) -> None:
    values["last_error"] = values["last_error"][:_ERROR_CHARACTERS]
    session.execute(
        update(OutboxRow).where(*_still_mine(work)).values(lease_until=None, **values),
        execution_options={"synchronize_session": False},
    )


def _still_mine(work: Claimed) -> tuple[ColumnElement[bool], ...]:
    return (
        OutboxRow.id == work.id,
        OutboxRow.status == WorkStatus.CLAIMED,
        OutboxRow.attempts == work.attempts,
    )


def locked_keys(connection: Connection, topic: str, keys: Iterable[str]) -> set[str]:
    """Return those of `keys` whose waiting work of `topic` another transaction holds."""
    query = select(OutboxRow.key).where(
        OutboxRow.topic == topic,
        OutboxRow.status == WorkStatus.WAITING,
        OutboxRow.key.in_(set(keys)),
    )
    return {row[0] for row in locked_elsewhere(connection, query)}


# A row that already waits is touched, and so held until the caller's commit: a worker that took it
# up before would read the state of before, and nobody would look again. New work is due at once,
# also where a clock that ran ahead left a row for later; what failed waits on.
_TOUCHED: Final = (
    "ON CONFLICT (topic, key) WHERE status = 'waiting' DO UPDATE SET available_at ="
    " CASE WHEN outbox.attempts = 0 AND excluded.available_at < outbox.available_at"
    " THEN excluded.available_at ELSE outbox.available_at END"
)
_COLUMNS: Final = ("topic", "key", "status", "attempts", "available_at", "created_at")
_insert_waiting = BulkInsert(table_of(OutboxRow), _COLUMNS, _TOUCHED, several_at_once=True)
# What is done goes on from the newest that left it.
_insert_traced = BulkInsert(
    table_of(OutboxRow),
    (*_COLUMNS, "traceparent"),
    f"{_TOUCHED}, traceparent = excluded.traceparent",
    several_at_once=True,
)
