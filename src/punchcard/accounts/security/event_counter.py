"""Where security events are counted that anybody can cause as often as they like.

Each is told to the log at once, a few times a minute for one address and caller, and stands in the
audit trail once an hour with how often it came: a flood fills neither. Counting takes
microseconds and asks no database; rows are written by a task of each process.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from punchcard.accounts import audit_service
from punchcard.accounts.security.log_lines import write_security_line
from punchcard.accounts.subjects import NOBODY, Subject
from punchcard.accounts.vocabulary import SecurityEvent
from punchcard.db.database import Database
from punchcard.kit.clock import Clock
from punchcard.kit.ids import Ids
from punchcard.kit.metrics.instruments import Tally
from punchcard.kit.secrets import Digests
from punchcard.kit.security.request_origin import (
    NOWHERE,
    RequestOrigin,
    counted_address,
)
from punchcard.kit.settings import Settings

_log = logging.getLogger(__name__)
_DIGEST_CHARACTERS: Final = 16
_MINUTE: Final = timedelta(minutes=1)
_KNOWN_FOR_A_STRANGER: Final = 20

LineWriter = Callable[[SecurityEvent, RequestOrigin, str, dict[str, str | int | None]], None]


@dataclass(frozen=True, slots=True)
class _Key:
    """What is counted together: the same event by the same caller from the same address."""

    event: SecurityEvent
    actor: Subject
    address: str
    account: str | None
    refusal: str | None


@dataclass(slots=True)
class _Counted:
    """How often it came since the last row, and what was told of it within the minute."""

    since: datetime
    origin: RequestOrigin
    count: int = 0
    last_at: datetime | None = None
    written_at: datetime | None = None
    minute: datetime | None = None
    lines: int = 0
    untold: int = 0


class SecurityEventCounter:
    """Counts security events; may be used from several threads.

    An hour has room for `security_events_limit` strangers, and for many more known callers by
    address. Beyond it strangers are counted together, and callers without their addresses.
    `events` are all of this process, for whoever watches the server.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        ids: Ids,
        settings: Settings,
        write_line: LineWriter = write_security_line,
    ) -> None:
        self._database = database
        self._clock = clock
        self._ids = ids
        self._write_line = write_line
        self._span = timedelta(minutes=settings.security_event_minutes)
        self._limit = settings.security_events_limit
        self._lines = settings.security_lines_per_minute
        self._digests = Digests(settings.keys, "punchcard account of security events")
        self._guard = threading.Lock()
        self._counted: dict[_Key, _Counted] = {}
        self._strangers = 0
        self.events: Final = Tally("event", known=[(one.value,) for one in SecurityEvent])

    def account(self, typed: str) -> str:
        """Return by what an address that was typed is told again, and not what it was."""
        digest = self._digests.of(typed.encode("utf-8", "replace"))
        return digest.hex()[:_DIGEST_CHARACTERS]

    def note(
        self,
        event: SecurityEvent,
        origin: RequestOrigin,
        *,
        actor: Subject = NOBODY,
        account: str | None = None,
        refusal: str | None = None,
    ) -> None:
        """Count one event: by `actor`, from `origin`; `refusal` is the code that was answered."""
        now = self._clock.now()
        self.events.add((event.value,))
        if event is SecurityEvent.PERSONAL_DATA_READ:
            # Whoever reads is known: from where does not make it another reading.
            key = _Key(event, actor, "", account, refusal)
        else:
            key = _Key(event, actor, counted_address(origin.address), account, refusal)
        with self._guard:
            counted = self._counted.get(key)
            if counted is None and self._is_full(actor):
                key = _Key(event, actor, "", None, None)
                counted = self._counted.get(key)
            if counted is None:
                counted = self._counted[key] = _Counted(now, origin)
                self._strangers += actor.id is None
            counted.count += 1
            counted.last_at = now
            told = self._take_line(counted, event, now)
        if told is not None:
            facts = {"account": account, "refusal": refusal, "count": told if told > 1 else None}
            self._write_line(event, origin, actor.called, facts)

    def flush(self, session: Session, now: datetime) -> int:
        """Write what is due into the audit trail; return how many rows that were."""
        with self._guard:
            due = self._take_due(now)
        for key, counted in due:
            self._write(session, key, counted, now)
        return len(due)

    def close(self) -> None:
        """Write whatever is left, as the process ends."""
        with self._guard:
            left = [(k, c) for k, c in self._counted.items() if c.count]
            self._counted, self._strangers = {}, 0
        if not left:
            return
        now = self._clock.now()
        try:
            with self._database.write() as session:
                for key, counted in left:
                    self._write(session, key, counted, now)
        except SQLAlchemyError as error:
            _log.warning("%d security events were not saved: %s", len(left), error)

    def _is_full(self, actor: Subject) -> bool:
        if actor.id is None:
            return self._strangers >= self._limit
        return len(self._counted) >= self._limit * _KNOWN_FOR_A_STRANGER

    def _take_line(self, counted: _Counted, event: SecurityEvent, now: datetime) -> int | None:
        """Return how many events the line to write stands for; None to write none."""
        is_read = event is SecurityEvent.PERSONAL_DATA_READ
        span, most = (self._span, 1) if is_read else (_MINUTE, self._lines)
        if counted.minute is None or not timedelta(0) <= now - counted.minute < span:
            counted.minute, counted.lines = now, 0
        if counted.lines >= most:
            counted.untold += 1
            return None
        told, counted.untold = counted.untold + 1, 0
        counted.lines += 1
        return told

    def _take_due(self, now: datetime) -> list[tuple[_Key, _Counted]]:
        due = []
        for key, counted in list(self._counted.items()):
            is_time = counted.written_at is None or now - counted.written_at >= self._span
            if not is_time:
                continue
            if not counted.count:
                del self._counted[key]
                self._strangers -= key.actor.id is None
                continue
            taken = _Counted(counted.since, counted.origin, counted.count, counted.last_at)
            due.append((key, taken))
            counted.count, counted.since, counted.written_at = 0, now, now
        return due

    def _write(self, session: Session, key: _Key, counted: _Counted, now: datetime) -> None:
        kind, named = str(key.actor.kind), key.actor.id or "-"
        if key.account is not None:
            kind, named = "account", key.account
        audit_service.record(
            session,
            subject=key.actor,
            action=key.event,
            subject_kind=kind,
            subject_id=named,
            vendor_id=key.actor.vendor_id,
            now=now,
            ids=self._ids,
            new={
                "count": counted.count,
                "refusal": key.refusal,
                "first_at": counted.since,
                "last_at": counted.last_at,
            },
            origin=counted.origin if key.address else NOWHERE,
            is_told=False,
        )
