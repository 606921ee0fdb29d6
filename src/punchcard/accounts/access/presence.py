"""When terminals had their line: what one may date back, the server can tell from its own answers.

A terminal without a line asks nothing, and then nothing of it is answered. So each answer is
noted, as spans of time in which one followed the other within SILENCE; what a terminal says
happened inside such a span, it could have said then.
"""

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from punchcard.accounts.models import Device, DevicePresence
from punchcard.db.database import Database
from punchcard.kit.ids import DeviceId

SILENCE: Final = timedelta(minutes=1)
"""How long a terminal has to ask nothing to count as without a line: as long as it tries to."""

_SPANS_LIMIT: Final = 100_000


@dataclass(slots=True)
class Span:
    """A time in which a terminal was answered again and again."""

    began_at: datetime
    ended_at: datetime


class DevicePresences:
    """Notes answers in memory, a span at a time, and writes them down when the worker says so."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._guard = threading.Lock()
        self._spans: dict[DeviceId, list[Span]] = {}

    def note(self, device_id: DeviceId, now: datetime) -> None:
        """Note that a terminal is answered now."""
        spans = self._spans.get(device_id)
        if spans and timedelta() <= now - spans[-1].ended_at < SILENCE:
            spans[-1].ended_at = now
            return
        with self._guard:
            if len(self._spans) >= _SPANS_LIMIT:
                self._spans = {}
            self._spans.setdefault(device_id, []).append(Span(now, now))

    def flush(self, session: Session) -> None:
        """Write down what was noted, joined to what other processes wrote of the same time."""
        with self._guard:
            noted, self._spans = self._spans, {}
        # In the order of ids, so that two processes never wait for each other crosswise.
        for device_id, spans in sorted(noted.items()):
            known = select(Device.id).where(Device.id == device_id).with_for_update()
            if session.scalar(known) is None:
                continue
            for span in spans:
                _write(session, device_id, span)

    def spans(self, device_id: DeviceId, since: datetime) -> list[Span]:
        """Return when the terminal was answered since then, as far as this process knows."""
        with self._database.read_connection() as connection:
            rows = connection.execute(
                select(DevicePresence.began_at, DevicePresence.ended_at).where(
                    DevicePresence.device_id == device_id, DevicePresence.ended_at >= since
                )
            ).all()
        with self._guard:
            noted = [Span(one.began_at, one.ended_at) for one in self._spans.get(device_id, ())]
        return [*(Span(*row) for row in rows), *noted]


def expire(session: Session, before: datetime) -> int:
    """Forget the spans that ended before then; return how many."""
    statement = delete(DevicePresence).where(DevicePresence.ended_at < before)
    done = session.execute(statement.execution_options(synchronize_session=False))
    return int(getattr(done, "rowcount", 0))


def _write(session: Session, device_id: DeviceId, span: Span) -> None:
    near = (
        DevicePresence.device_id == device_id,
        DevicePresence.ended_at > span.began_at - SILENCE,
        DevicePresence.began_at < span.ended_at + SILENCE,
    )
    began_at, ended_at = span.began_at, span.ended_at
    for row in session.execute(
        select(DevicePresence.began_at, DevicePresence.ended_at).where(*near)
    ):
        began_at, ended_at = min(began_at, row.began_at), max(ended_at, row.ended_at)
    session.execute(delete(DevicePresence).where(*near))
    session.execute(
        insert(DevicePresence).values(device_id=device_id, began_at=began_at, ended_at=ended_at)
    )
