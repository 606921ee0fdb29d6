"""How much work waits in the outbox, for operators: counted when they look, and never kept."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, func, select
from sqlalchemy.orm import Session

from punchcard.db.outbox import OutboxRow, WorkStatus


@dataclass(frozen=True, slots=True)
class Depth:
    """How much work of one topic there is; `oldest_at` is when the oldest that waits was left."""

    topic: str
    waiting: int
    claimed: int
    parked: int
    oldest_at: datetime | None


def depths(session: Session) -> list[Depth]:
    """Return how much work there is, by topic."""
    query = select(
        OutboxRow.topic, OutboxRow.status, func.count(), func.min(OutboxRow.created_at)
    ).group_by(OutboxRow.topic, OutboxRow.status)
    found: dict[str, dict[str, tuple[int, datetime]]] = defaultdict(dict)
    for topic, status, number, oldest in session.execute(query):
        found[topic][status] = (number, oldest)

    def count(topic: str, status: WorkStatus) -> int:
        return found[topic][status][0] if status in found[topic] else 0

    return [
        Depth(
            topic=topic,
            waiting=count(topic, WorkStatus.WAITING),
            claimed=count(topic, WorkStatus.CLAIMED),
            parked=count(topic, WorkStatus.PARKED),
            oldest_at=found[topic][WorkStatus.WAITING][1]
            if WorkStatus.WAITING in found[topic]
            else None,
        )
        for topic in sorted(found)
    ]


class BacklogPart(NamedTuple):
    """The rows of one topic and status: when the oldest was left, and when the first was due."""

    topic: str
    status: str
    rows: int
    oldest_at: datetime
    first_due_at: datetime


Backlog = Sequence[BacklogPart]


def backlog_of(connection: Connection) -> Backlog:
    """Return how many rows there are, by topic and status, and how old they are."""
    oldest, first_due = func.min(OutboxRow.created_at), func.min(OutboxRow.available_at)
    query = select(OutboxRow.topic, OutboxRow.status, func.count(), oldest, first_due).group_by(
        OutboxRow.topic, OutboxRow.status
    )
    return [BacklogPart(*row) for row in connection.execute(query)]


def newest_parked(session: Session, *, limit: int) -> Sequence[OutboxRow]:
    """Return up to `limit` rows that were given up, newest first."""
    query = (
        select(OutboxRow).where(OutboxRow.status == WorkStatus.PARKED).order_by(OutboxRow.id.desc())
    )
    return session.scalars(query.limit(limit)).all()
