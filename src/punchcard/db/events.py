"""Events: announced inside a transaction, published once it is committed, dropped by a rollback.

Whatever must follow a commit in this process (open pages, caches, sleeping workers) subscribes to
an event, so no caller has to remember it. What must survive a crash is a row of the outbox.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, TypeVar

from sqlalchemy import Connection
from sqlalchemy.orm import Session

_log = logging.getLogger(__name__)


class Event:
    """Base of everything that can be announced; subclasses are small frozen dataclasses."""

    __slots__ = ()


EventType = TypeVar("EventType", bound=Event)
Subscriber = Callable[[Any], None]


_KEY: Final = "punchcard.events"


def announce(transaction: Session | Connection, *events: Event) -> None:
    """Publish `events` once `transaction` is committed; never, if it is rolled back."""
    transaction.info.setdefault(_KEY, []).extend(events)


def collect_announced(transaction: Session | Connection) -> Sequence[Event]:
    """Begin to collect what is announced in a transaction; returns the list that takes it.

    To be called when the transaction begins: a connection that died in it cannot be asked any
    more, and one that the pool lends again may hold what a transaction rolled back had announced.
    """
    events: list[Event] = []
    transaction.info[_KEY] = events
    return events


@contextmanager
def dropped_on_error(session: Session) -> Iterator[None]:
    """Drop what the block announced if it raises: for a savepoint that is then rolled back."""
    before = len(session.info.get(_KEY, ()))
    try:
        yield
    except BaseException:
        del session.info.get(_KEY, [])[before:]
        raise


class Subscriptions:
    """Who is called for which events; subscribers are quick and are called in any thread."""

    def __init__(self) -> None:
        self._subscribers: dict[type[Event], tuple[Subscriber, ...]] = {}

    def subscribe(
        self, event_type: type[EventType], subscriber: Callable[[EventType], None]
    ) -> None:
        """Call `subscriber` for each event of exactly this type, from now on."""
        before = self._subscribers.get(event_type, ())
        self._subscribers = {**self._subscribers, event_type: (*before, subscriber)}

    def publish(self, events: Sequence[Event]) -> None:
        """Call the subscribers of each event; never raises, as the commit stands already."""
        for event in events:
            for subscriber in self._subscribers.get(type(event), ()):
                try:
                    subscriber(event)
                except Exception:
                    _log.exception("a subscriber of %s failed", type(event).__name__)
