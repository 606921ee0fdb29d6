"""Whether what shops feel works: stamps, cards, wallets and mail, and since when it does not.

A look asks the database, so it has a thread of its own and a time, and is kept for a while: pages
show what was found last. What a look says is for everybody, so it holds no reason and no number.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from punchcard.accounts.mail.mail_queue import MAIL_SEND
from punchcard.db.bounded_look import BoundedLook
from punchcard.db.outbox import WorkStatus
from punchcard.db.readiness import Found
from punchcard.db.watch.backlog import Backlog
from punchcard.kit.clock import Clock
from punchcard.loyalty.events import CARD_CHANGED

FRESH: Final = timedelta(seconds=15)
"""So long a look is good for whoever asks for the newest."""
KEPT: Final = timedelta(seconds=60)
"""So old the last look may be for those that only glance at it."""
LATE: Final = timedelta(minutes=15)
"""From so old on, work that waits is felt."""


class ServicePart(StrEnum):
    """What a shop feels."""

    STAMPS = "stamps"
    CARDS = "cards"
    WALLETS = "wallets"
    MAIL = "mail"


@dataclass(frozen=True)
class PartStatus:
    """One part: since when it does not work as it should, None while it does."""

    part: ServicePart
    since: datetime | None


@dataclass(frozen=True)
class ServiceLook:
    """What was found at a moment, of the parts that are set up."""

    at: datetime
    parts: Sequence[PartStatus]

    @property
    def degraded(self) -> Sequence[PartStatus]:
        """Return the parts that do not work as they should."""
        return [one for one in self.parts if one.since is not None]

    @property
    def working(self) -> Sequence[PartStatus]:
        """Return the parts that work."""
        return [one for one in self.parts if one.since is None]

    def is_degraded(self, part: ServicePart) -> bool:
        """Return whether a part does not work as it should."""
        return any(one.part is part for one in self.degraded)


@dataclass(frozen=True, kw_only=True)
class ServiceSources:
    """What a look asks: each in its own thread, waiting as long as it takes.

    `has_wallets` and `has_mail`: whether those are set up at all.
    """

    find: Callable[[], Found]
    backlog: Callable[[], Backlog]
    till_runs: Callable[[], bool]
    has_wallets: Callable[[], bool]
    has_mail: Callable[[], bool]


class ServiceStatus:
    """Knows what was found last. May be asked from several threads."""

    def __init__(self, sources: ServiceSources, clock: Clock, *, timeout_seconds: float) -> None:
        self._sources = sources
        self._clock = clock
        self._look = BoundedLook(self._find, timeout_seconds=timeout_seconds, name="status")
        self._last: ServiceLook | None = None

    @property
    def last(self) -> ServiceLook | None:
        """Return what was found last, without looking; None before the first look."""
        return self._last

    def look(self) -> ServiceLook:
        """Return what is found now, or was a moment ago; waits no longer than its time."""
        if self._is_older_than(FRESH):
            self._note(self._look.wait() or {part: False for part in self._set_up()})
        assert self._last is not None
        return self._last

    def keep_fresh(self) -> None:
        """Look, if the last look is old. For a thread that has time."""
        if self._is_older_than(KEPT):
            self.look()

    def _is_older_than(self, age: timedelta) -> bool:
        last = self._last
        # Ahead of now: the clock was put back since.
        return last is None or not timedelta() <= self._clock.now() - last.at < age

    def _set_up(self) -> Iterator[ServicePart]:
        yield from (ServicePart.STAMPS, ServicePart.CARDS)
        if self._sources.has_wallets():
            yield ServicePart.WALLETS
        if self._sources.has_mail():
            yield ServicePart.MAIL

    def _find(self) -> dict[ServicePart, bool]:
        """Return which part works; what can't be known is left as it was."""
        found = self._sources.find()
        reads = found.answers and found.is_migrated
        works = {
            ServicePart.STAMPS: reads and found.is_writable and self._sources.till_runs(),
            ServicePart.CARDS: reads,
        }
        if not reads:
            return works
        try:
            waiting = [part for part in self._sources.backlog() if part.status == _WAITING]
        except SQLAlchemyError:
            return works
        late = {part.topic for part in waiting if self._clock.now() - part.oldest_at > LATE}
        topics = {ServicePart.WALLETS: CARD_CHANGED, ServicePart.MAIL: MAIL_SEND}
        return works | {part: topic not in late for part, topic in topics.items()}

    def _note(self, works: dict[ServicePart, bool]) -> None:
        now = self._clock.now()
        before = {one.part: one.since for one in self._last.parts} if self._last else {}
        parts = []
        for part in self._set_up():
            since = before.get(part)
            if part in works:
                since = None if works[part] else since or now
            parts.append(PartStatus(part, since))
        self._last = ServiceLook(now, parts)


_WAITING: Final = WorkStatus.WAITING
