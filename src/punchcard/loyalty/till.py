"""The till: the only writer of balances.

Operations wait in a bounded queue; whatever waits when a batch has been committed makes the next
batch, in one transaction. There is no timer: a quiet server adds no delay, a busy one pays for one
commit many times. Threads do the work: one on SQLite, which has one writing connection; on
PostgreSQL, where row locks keep them and other servers' tills apart, two more that do long lists,
so that whoever stands at a till does not wait for somebody's import.
"""

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from sqlalchemy.exc import SQLAlchemyError

from punchcard.db.database import Database
from punchcard.db.dialects import is_away, is_conflict
from punchcard.kit.clock import Clock
from punchcard.kit.errors import DomainError
from punchcard.kit.ids import Ids
from punchcard.kit.secrets import Sealer
from punchcard.loyalty.batch import Batch, Outcome
from punchcard.loyalty.cards import Receipt
from punchcard.loyalty.enrolment import Tools
from punchcard.loyalty.errors import TillBusy
from punchcard.loyalty.operations import Operation
from punchcard.loyalty.program_rules import ProgramCache
from punchcard.loyalty.till_queries import WalletColumns

_log = logging.getLogger(__name__)

LISTS_IN_FLIGHT = 2
"""While the database writes one long list, the next is worked out: a third more a second."""
RETRY_AFTER_SECONDS = 1
SINGLE_ATTEMPTS = 4


class TillClosed(TillBusy):
    """The till has been closed and takes no more operations; another server process may."""


@dataclass(slots=True)
class _Parcel:
    """Operations that were handed in together: they share a batch and keep their order."""

    operations: Sequence[Operation]
    done: "Future[list[Outcome]] | asyncio.Future[list[Outcome]]"
    loop: asyncio.AbstractEventLoop | None = None
    outcomes: list[Outcome] = field(default_factory=list)


@dataclass(slots=True)
class Counts:
    """What the till has done since it was started."""

    batches: int = 0
    accepted: int = 0
    refused: int = 0


class Till:
    """Takes operations from any thread or event loop, and answers each when it is durable.

    `queue_limit` bounds the operations that wait; above it `TillBusy` is raised and nothing is
    written. `batch_limit` bounds the operations of one transaction; of a list that is handed in
    as one, `list_limit` go into a transaction, which costs less.
    """

    def __init__(
        self,
        database: Database,
        *,
        clock: Clock,
        ids: Ids,
        sealer: Sealer,
        queue_limit: int = 2000,
        batch_limit: int = 64,
        list_limit: int = 256,
        batches_in_flight: int = 1,
        wallet_columns: Callable[[], WalletColumns] = tuple,
    ) -> None:
        self.batch_limit = batch_limit
        self._list_limit = min(list_limit, queue_limit)
        self._database = database
        self._tools = Tools(
            clock=clock,
            ids=ids,
            sealer=sealer,
            programs=ProgramCache(),
            wallet_columns=wallet_columns,
        )
        self._queue_limit = queue_limit
        self._queue: deque[_Parcel] = deque()
        self._lists: deque[_Parcel] = deque()
        self._waiting = 0
        guard = threading.Lock()
        self._ready = threading.Condition(guard)
        self._list_ready = threading.Condition(guard)
        self._has_list_threads = not database.is_sqlite
        self._is_closed = False
        self.counts = Counts()
        takes = [self._take] * (1 if database.is_sqlite else batches_in_flight)
        if self._has_list_threads:
            takes += [self._take_list] * LISTS_IN_FLIGHT
        self._threads = [
            threading.Thread(target=self._work, args=(take,), name=f"till-{number}", daemon=True)
            for number, take in enumerate(takes)
        ]

    def start(self) -> None:
        """Start the threads that do the work."""
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Finish what waits, then stop; operations handed in from now on raise TillClosed."""
        with self._ready:
            self._is_closed = True
            self._ready.notify_all()
            self._list_ready.notify_all()
        for thread in self._threads:
            if thread.is_alive():
                thread.join()

    @property
    def is_running(self) -> bool:
        """Tell whether operations are being worked on."""
        return not self._is_closed and all(thread.is_alive() for thread in self._threads)

    @property
    def waiting(self) -> int:
        """Return how many operations wait."""
        return self._waiting

    def submit(self, operation: Operation) -> Receipt:
        """Do one operation and wait for it. Raises its refusal, or TillBusy."""
        return _settled(self.submit_all([operation])[0])

    def submit_all(self, operations: Sequence[Operation]) -> list[Outcome]:
        """Do operations in their order and return what became of each, receipt or refusal.

        Raises TillBusy while nothing was done; later it is what became of the rest.
        """
        outcomes: list[Outcome] = []
        for start in range(0, len(operations), self._list_limit):
            done: Future[list[Outcome]] = Future()
            try:
                self._put(_Parcel(operations[start : start + self._list_limit], done))
            except TillBusy as busy:
                return _with_rest(outcomes, busy, len(operations))
            outcomes += done.result()
        return outcomes

    async def answer(self, operation: Operation) -> Receipt:
        """Do one operation without blocking the event loop. Raises its refusal, or TillBusy.

        A caller that gives up changes nothing: the operation is done or not as if it had stayed.
        """
        return _settled((await self._answer_parcel([operation]))[0])

    async def answer_all(self, operations: Sequence[Operation]) -> list[Outcome]:
        """Do operations as `submit_all` does, without blocking the event loop."""
        outcomes: list[Outcome] = []
        for start in range(0, len(operations), self._list_limit):
            try:
                outcomes += await self._answer_parcel(operations[start : start + self._list_limit])
            except TillBusy as busy:
                return _with_rest(outcomes, busy, len(operations))
        return outcomes

    async def _answer_parcel(self, operations: Sequence[Operation]) -> list[Outcome]:
        loop = asyncio.get_running_loop()
        done: asyncio.Future[list[Outcome]] = loop.create_future()
        self._put(_Parcel(operations, done, loop))
        return await done

    def _put(self, parcel: _Parcel) -> None:
        with self._ready:
            if self._is_closed:
                raise TillClosed(retry_after_seconds=RETRY_AFTER_SECONDS)
            if self._waiting + len(parcel.operations) > self._queue_limit:
                raise TillBusy(retry_after_seconds=RETRY_AFTER_SECONDS)
            self._waiting += len(parcel.operations)
            if self._has_list_threads and len(parcel.operations) > self.batch_limit:
                self._lists.append(parcel)
                self._list_ready.notify()
            else:
                self._queue.append(parcel)
                self._ready.notify()

    def _work(self, take: Callable[[], list[_Parcel]]) -> None:
        while parcels := take():
            operations = [o for parcel in parcels for o in parcel.operations]
            outcomes = self._do(operations)
            self._count(outcomes)
            start = 0
            for parcel in parcels:
                end = start + len(parcel.operations)
                parcel.outcomes = outcomes[start:end]
                start = end
            _answer(parcels)
            self._let_others_on()

    def _let_others_on(self) -> None:
        """Give a turn to whoever was answered, while what they hand in next still fills a batch."""
        waiting = -1
        while waiting < self._waiting < self.batch_limit:
            waiting = self._waiting
            time.sleep(0)

    def _count(self, outcomes: Sequence[Outcome]) -> None:
        refused = sum(isinstance(outcome, DomainError) for outcome in outcomes)
        with self._ready:
            self.counts.batches += 1
            self.counts.refused += refused
            self.counts.accepted += len(outcomes) - refused

    def _take(self) -> list[_Parcel]:
        """Wait for parcels and return those that fit a batch; none when the till is closed."""
        with self._ready:
            while not self._queue and not self._is_closed:
                self._ready.wait()
            parcels: list[_Parcel] = []
            size = 0
            # The first is taken whatever its size: a long list is a batch of its own.
            while self._queue and (
                not parcels or size + len(self._queue[0].operations) <= self.batch_limit
            ):
                parcel = self._queue.popleft()
                size += len(parcel.operations)
                parcels.append(parcel)
            self._waiting -= size
            return parcels

    def _take_list(self) -> list[_Parcel]:
        """Wait for a list and return it; none when the till is closed and all are done."""
        with self._list_ready:
            while not self._lists and not self._is_closed:
                self._list_ready.wait()
            if not self._lists:
                return []
            parcel = self._lists.popleft()
            self._waiting -= len(parcel.operations)
            return [parcel]

    def _do(self, operations: Sequence[Operation]) -> list[Outcome]:
        """Return what became of each operation; never raises."""
        outcomes: dict[int, Outcome] = {}
        left = list(range(len(operations)))
        while left:
            for index, outcome in zip(
                left, self._attempt([operations[i] for i in left]), strict=True
            ):
                if outcome is not None:
                    outcomes[index] = outcome
            left = [index for index in left if index not in outcomes]
        return [outcomes[index] for index in range(len(operations))]

    def _attempt(self, operations: Sequence[Operation]) -> Sequence[Outcome | None]:
        """Do operations as one set; if the database refuses the set, one at a time.

        The first operation is always settled: nothing before it in the batch can make it wait.
        """
        try:
            return self._transact(operations)
        except SQLAlchemyError as error:
            if is_away(error):
                return [_busy(error)] * len(operations)
            _log.info("a batch of %d is done in single steps: %s", len(operations), type(error))
        except Exception:
            _log.exception("a batch of %d is done in single steps", len(operations))
        return [self._alone(operation) for operation in operations]

    def _alone(self, operation: Operation) -> Outcome:
        """Do one operation in a transaction of its own.

        After a conflict with another writer it is tried again: what won is then visible, as the
        earlier answer to the same key, or as the refusal it makes of this operation.
        """
        for _ in range(SINGLE_ATTEMPTS):
            try:
                outcome = self._transact([operation])[0]
                assert outcome is not None
                return outcome
            except SQLAlchemyError as error:
                last: Exception = error
                if not is_conflict(error):
                    break
            except Exception as error:
                _log.exception("an operation failed")
                last = error
                break
        return _busy(last)

    def _transact(self, operations: Sequence[Operation]) -> Sequence[Outcome | None]:
        with self._database.write_connection() as connection:
            return Batch(connection, self._tools).run(operations)


def _answer(parcels: Sequence[_Parcel]) -> None:
    """Hand each parcel its outcomes; one wake-up an event loop, however many callers wait there."""
    by_loop: dict[asyncio.AbstractEventLoop, list[_Parcel]] = {}
    for parcel in parcels:
        if parcel.loop is None:
            parcel.done.set_result(parcel.outcomes)
        else:
            by_loop.setdefault(parcel.loop, []).append(parcel)
    for loop, theirs in by_loop.items():
        try:
            loop.call_soon_threadsafe(_answer_in_loop, theirs)
        except RuntimeError:
            _log.warning("%d callers left before their answer", len(theirs))


def _answer_in_loop(parcels: Sequence[_Parcel]) -> None:
    for parcel in parcels:
        if not parcel.done.done():
            parcel.done.set_result(parcel.outcomes)


def _with_rest(outcomes: list[Outcome], busy: TillBusy, total: int) -> list[Outcome]:
    """Return `outcomes` with `busy` for each operation that is left; raise it if all are left."""
    if not outcomes:
        raise busy
    return outcomes + [busy] * (total - len(outcomes))


def _settled(outcome: Outcome) -> Receipt:
    if isinstance(outcome, DomainError):
        raise outcome
    return outcome


def _busy(error: Exception) -> TillBusy:
    _log.error("the database did not take an operation: %s", error)
    return TillBusy(retry_after_seconds=RETRY_AFTER_SECONDS)
