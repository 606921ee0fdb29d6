"""Live updates: pages that show a card are notified of its change within a second of the commit.

A change of a program is one word for all its cards: whoever looks at any of them hears it.

Only that something changed is told, never what: anyone who hears it reads the card. So words may
come twice or be joined to one, and a page that is slow misses nothing but the steps between.
"""

import asyncio
import logging
import threading
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from typing import Final

from punchcard.db.database import Database
from punchcard.db.pg_notifier import PgNotifier
from punchcard.kit.errors import DomainError, Kind
from punchcard.kit.i18n import N_
from punchcard.kit.ids import CardId, ProgramId

CHANNEL: Final = "punchcard_cards"
_RETRY_AFTER_SECONDS: Final = 30

_log = logging.getLogger(__name__)


class LiveUpdatesBusy(DomainError):
    """As many pages as may be are being kept up to date: of the card, from one place, or in all."""

    code = "live_updates_busy"
    kind = Kind.BUSY
    sentence = N_("Too many pages are being kept up to date. Please reload the page now and then.")


class Watch:
    """One page that looks at a card; made in the event loop that it is used in.

    `with hub.watch(card_id) as watch:` ends it.
    """

    def __init__(
        self,
        hub: "LiveCards",
        card_id: CardId,
        address: str | None = None,
        program_id: ProgramId | None = None,
    ) -> None:
        self._hub = hub
        self.card_id = card_id
        self.program_id = program_id
        self.address = address
        self._loop = asyncio.get_running_loop()
        self._changed = asyncio.Event()
        self._is_notified = False
        self._has_program_news = False
        self.is_over = False

    async def changed(self, seconds: float) -> bool:
        """Wait for a change since the last one, for `seconds` at most; return whether it came.

        False also when the watch is over: see `is_over`.
        """
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            return False
        # In this order: a notification in between sets the event after it was cleared.
        self._is_notified = False
        self._changed.clear()
        return not self.is_over

    def take_program_news(self) -> bool:
        """Return whether the card's program may have changed since this was asked last."""
        had, self._has_program_news = self._has_program_news, False
        return had

    def notify_of_program(self) -> None:
        """Say that the card's program may have changed, from any thread."""
        self._has_program_news = True
        self.notify()

    def notify(self) -> None:
        """Say that the card may have changed, from any thread; notifications that wait are one."""
        if self._is_notified:
            return
        self._is_notified = True
        try:
            self._loop.call_soon_threadsafe(self._changed.set)
        except RuntimeError:
            _log.debug("an event loop has gone without ending its watches")

    def end(self) -> None:
        """Wake the page to leave, from any thread."""
        self.is_over = True
        self._is_notified = False
        self.notify()

    def __enter__(self) -> "Watch":
        return self

    def __exit__(self, *_: object) -> None:
        self._hub.leave(self)


class LiveCards:
    """Knows which pages look at which card, in this process, and notifies them.

    `limit` bounds all pages of the process, `card_limit` those of one card, and `address_limit`
    those of one network address: nobody takes all there are with a few cards of their own.
    """

    def __init__(
        self, database: Database, *, limit: int, card_limit: int, address_limit: int
    ) -> None:
        self._limit = limit
        self._card_limit = card_limit
        self._address_limit = address_limit
        self._lock = threading.Lock()
        self._watches: defaultdict[CardId, set[Watch]] = defaultdict(set)
        self._by_program: defaultdict[ProgramId, set[Watch]] = defaultdict(set)
        self._by_address: Counter[str | None] = Counter()
        self._count = 0
        self._is_closed = False
        self._notifier = PgNotifier(
            database,
            CHANNEL,
            on_message=self._ring_either,
            on_reconnect=self._ring_everybody,
        )

    @property
    def is_listening(self) -> threading.Event:
        """Return what is set while changes of other processes are heard; never on SQLite."""
        return self._notifier.is_listening

    @property
    def watching(self) -> int:
        """Return how many pages are kept up to date."""
        return self._count

    def watch(
        self,
        card_id: CardId,
        address: str | None = None,
        *,
        program_id: ProgramId | None = None,
    ) -> Watch:
        """Begin to look at a card, in the running event loop. Raises LiveUpdatesBusy.

        `address` is where from, as limits count it; None is not counted. With `program_id` changes
        of the card's program are heard too.
        """
        watch = Watch(self, card_id, address, program_id)
        with self._lock:
            if self._is_closed or self._is_full(card_id, address):
                raise LiveUpdatesBusy(retry_after_seconds=_RETRY_AFTER_SECONDS)
            self._watches[card_id].add(watch)
            if program_id is not None:
                self._by_program[program_id].add(watch)
            self._count += 1
            if address is not None:
                self._by_address[address] += 1
        self._notifier.start()
        return watch

    def leave(self, watch: Watch) -> None:
        """Forget a watch, once."""
        with self._lock:
            beside = self._watches.get(watch.card_id, set())
            if watch in beside:
                beside.remove(watch)
                self._count -= 1
                self._by_address[watch.address] -= 1
                if self._by_address[watch.address] <= 0:
                    del self._by_address[watch.address]
            if not beside:
                self._watches.pop(watch.card_id, None)
            if watch.program_id is not None:
                others = self._by_program.get(watch.program_id, set())
                others.discard(watch)
                if not others:
                    self._by_program.pop(watch.program_id, None)

    def _is_full(self, card_id: CardId, address: str | None) -> bool:
        return (
            self._count >= self._limit
            or len(self._watches.get(card_id, ())) >= self._card_limit
            or self._by_address[address] >= self._address_limit
        )

    def publish(self, card_ids: Collection[CardId]) -> None:
        """Say that these cards have changed, here and in the other processes; never blocks."""
        if card_ids and not self._is_closed:
            self._ring_cards(card_ids)
            self._notifier.publish(card_ids)

    def publish_programs(self, program_ids: Collection[ProgramId]) -> None:
        """Say that these programs have changed, to whoever looks at one of their cards."""
        if program_ids and not self._is_closed:
            self._ring_programs(program_ids)
            self._notifier.publish(program_ids)

    def end_watches(self) -> None:
        """Make every page leave and let none come: the server is about to stop."""
        with self._lock:
            self._is_closed = True
            watches = self._all()
        for watch in watches:
            watch.end()

    def close(self) -> None:
        """End all watches, and the connection to the other processes."""
        self.end_watches()
        self._notifier.close()

    def _ring_cards(self, card_ids: Iterable[CardId]) -> None:
        # The usual case by far, in the till's own thread: nobody looks.
        if not self._count:
            return
        with self._lock:
            watches = [watch for card_id in card_ids for watch in self._watches.get(card_id, ())]
        for watch in watches:
            watch.notify()

    def _ring_programs(self, program_ids: Iterable[ProgramId]) -> None:
        if not self._count:
            return
        with self._lock:
            watches = [one for each in program_ids for one in self._by_program.get(each, ())]
        for watch in watches:
            watch.notify_of_program()

    def _ring_either(self, ids: list[str]) -> None:
        """Tell what other processes said; an id is a card's or a program's, and never both."""
        self._ring_cards(map(CardId, ids))
        self._ring_programs(map(ProgramId, ids))

    def _ring_everybody(self) -> None:
        with self._lock:
            watches = self._all()
        for watch in watches:
            watch.notify_of_program()

    def _all(self) -> list[Watch]:
        return [watch for beside in self._watches.values() for watch in beside]
