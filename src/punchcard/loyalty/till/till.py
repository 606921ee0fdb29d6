"""The till: the only writer of balances.

Operations wait in a bounded queue; whatever waits when a batch has been committed makes the next
batch, in one transaction. There is no timer: a quiet server adds no delay, a busy one pays for one
commit many times. Threads do the work: one on SQLite, which has one writing connection; on
PostgreSQL, where row locks keep them and other servers' tills apart, two more that do long lists,
so that nobody at a till waits for an import, and one that does what waited
for rows that someone else held.
"""

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from itertools import count

from punchcard.db.database import Database
from punchcard.kit.clock import Clock
from punchcard.kit.errors import DomainError
from punchcard.kit.ids import Ids
from punchcard.kit.metrics.till_counts import TillCounts
from punchcard.kit.secrets import Sealer
from punchcard.kit.tracing.spans import current_span, within
from punchcard.loyalty.cards.card_queries import WalletColumns
from punchcard.loyalty.errors.till import TillBusy
from punchcard.loyalty.operations import Operation
from punchcard.loyalty.programs.rules_loader import ProgramCache
from punchcard.loyalty.till.batch import Outcome
from punchcard.loyalty.till.batch_runner import RETRY_AFTER_SECONDS, BatchRunner
from punchcard.loyalty.till.enrolment import TillDependencies
from punchcard.loyalty.till.locked_submissions import LockedSubmissions
from punchcard.loyalty.till.receipt import Receipt
from punchcard.loyalty.till.submissions import Submission, ThreadAnswer, answer

_log = logging.getLogger(__name__)

LISTS_IN_FLIGHT = 2
"""While the database writes one long list, the next is worked out: a third more a second."""


class TillClosed(TillBusy):
    """The till has been closed and takes no more operations; another server process may."""


class Till:
    """Takes operations from any thread or event loop, and answers each when it is durable.

    `queue_limit` bounds the operations that wait; above it `TillBusy` is raised and nothing is
    written. `batch_limit` bounds the operations of one transaction; of a list that is handed in
    as one, `list_limit` go into a transaction, which costs less. The `locked_` limits are those of
    operations on rows that others hold, see LockedSubmissions. `programs` are the rules it keeps.
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
        locked_wait_seconds: float = 3.0,
        locked_retry_seconds: float = 0.05,
        locked_limit: int = 256,
        wallet_columns: Callable[[], WalletColumns] = tuple,
    ) -> None:
        self.batch_limit = batch_limit
        self._list_limit = min(list_limit, queue_limit)
        self.programs = ProgramCache()
        dependencies = TillDependencies(
            clock=clock,
            ids=ids,
            sealer=sealer,
            programs=self.programs,
            wallet_columns=wallet_columns,
        )
        self._locked = LockedSubmissions(
            wait_seconds=locked_wait_seconds,
            retry_seconds=locked_retry_seconds,
            limit=locked_limit,
        )
        self._runner = BatchRunner(database, dependencies, self._locked)
        self._queue_limit = queue_limit
        self._queue: deque[Submission] = deque()
        self._lists: deque[Submission] = deque()
        self._waiting = 0
        self._numbers = count()
        guard = threading.Lock()
        self._ready = threading.Condition(guard)
        self._list_ready = threading.Condition(guard)
        self._has_list_threads = not database.is_sqlite
        self._is_closed = False
        self.counts = TillCounts()
        self._threads = self._new_threads(batches_in_flight)

    def _new_threads(self, batches_in_flight: int) -> list[threading.Thread]:
        """Return one thread for each place that operations are taken from, not yet started."""
        takes = [self._take] * (batches_in_flight if self._has_list_threads else 1)
        if self._has_list_threads:
            takes += [self._take_list] * LISTS_IN_FLIGHT
            takes += [lambda: self._locked.take(self.batch_limit)]
        return [
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
        # What these set aside at the last moment is still done by the one behind them.
        *threads, last = self._threads
        for thread in threads:
            _join(thread)
        self._locked.close()
        _join(last)

    @property
    def is_running(self) -> bool:
        """Return whether operations are being worked on."""
        return not self._is_closed and all(thread.is_alive() for thread in self._threads)

    @property
    def waiting(self) -> int:
        """Return how many operations wait: for their turn, or for rows that others hold."""
        return self._waiting + self._locked.size

    def submit(self, operation: Operation) -> Receipt:
        """Do one operation and wait for it. Raises its refusal, or TillBusy."""
        return _settled(self.submit_all([operation])[0])

    def submit_all(self, operations: Sequence[Operation]) -> list[Outcome]:
        """Do operations in their order and return what became of each, receipt or refusal.

        Raises TillBusy while nothing was done; later it is what became of the rest.
        """
        outcomes: list[Outcome] = []
        for start in range(0, len(operations), self._list_limit):
            done = ThreadAnswer()
            try:
                self._put(Submission(operations[start : start + self._list_limit], done))
            except TillBusy as busy:
                return _with_rest(outcomes, busy, len(operations))
            outcomes += done.result()
        return outcomes

    async def submit_async(self, operation: Operation) -> Receipt:
        """Do one operation without blocking the event loop. Raises its refusal, or TillBusy.

        A caller that gives up changes nothing: the operation is done or not as if it had stayed.
        """
        return _settled((await self._submit_one([operation]))[0])

    async def submit_all_async(self, operations: Sequence[Operation]) -> list[Outcome]:
        """Do operations as `submit_all` does, without blocking the event loop."""
        outcomes: list[Outcome] = []
        for start in range(0, len(operations), self._list_limit):
            try:
                outcomes += await self._submit_one(operations[start : start + self._list_limit])
            except TillBusy as busy:
                return _with_rest(outcomes, busy, len(operations))
        return outcomes

    async def _submit_one(self, operations: Sequence[Operation]) -> list[Outcome]:
        loop = asyncio.get_running_loop()
        done: asyncio.Future[list[Outcome]] = loop.create_future()
        self._put(Submission(operations, done, loop))
        return await done

    def _put(self, submission: Submission) -> None:
        with self._ready:
            if self._is_closed:
                raise TillClosed(retry_after_seconds=RETRY_AFTER_SECONDS)
            if self.waiting + len(submission.operations) > self._queue_limit:
                raise TillBusy(retry_after_seconds=RETRY_AFTER_SECONDS)
            submission.number = next(self._numbers)
            submission.submitted_at = time.perf_counter()
            submission.span = current_span.get()
            self._waiting += len(submission.operations)
            if self._has_list_threads and len(submission.operations) > self.batch_limit:
                self._lists.append(submission)
                self._list_ready.notify()
            else:
                self._queue.append(submission)
                self._ready.notify()

    def _work(self, take: Callable[[], list[Submission]]) -> None:
        while submissions := take():
            began = time.perf_counter()
            spans = [one.span for one in submissions if one.span is not None]
            if spans:
                # A part of the first that caused it, and linked to all others.
                with within(spans[0].child("till batch", links=spans[1:])) as span:
                    settled = self._runner.do(submissions)
                    if span is not None:
                        span.note("punchcard.submissions", len(submissions))
            else:
                settled = self._runner.do(submissions)
            if not settled:
                continue
            outcomes = [outcome for submission in settled for outcome in submission.settled]
            self.counts.note_batch(
                outcomes,
                waits=[began - submission.submitted_at for submission in settled],
                seconds=time.perf_counter() - began,
            )
            answer(settled)
            self._let_others_on()

    def _let_others_on(self) -> None:
        """Give a turn to callers that were answered, while what they submit next fits a batch."""
        waiting = -1
        while waiting < self._waiting < self.batch_limit:
            waiting = self._waiting
            time.sleep(0)

    def _take(self) -> list[Submission]:
        """Wait for submissions and return those that fit a batch; none when the till is closed."""
        with self._ready:
            while not self._queue and not self._is_closed:
                self._ready.wait()
            submissions: list[Submission] = []
            size = 0
            # The first is taken whatever its size: a long list is a batch of its own.
            while self._queue and (
                not submissions or size + len(self._queue[0].operations) <= self.batch_limit
            ):
                submission = self._queue.popleft()
                size += len(submission.operations)
                submissions.append(submission)
            self._waiting -= size
            return submissions

    def _take_list(self) -> list[Submission]:
        """Wait for a list and return it; none when the till is closed and all are done."""
        with self._list_ready:
            while not self._lists and not self._is_closed:
                self._list_ready.wait()
            if not self._lists:
                return []
            submission = self._lists.popleft()
            self._waiting -= len(submission.operations)
            return [submission]


def _join(thread: threading.Thread) -> None:
    if thread.is_alive():
        thread.join()


def _with_rest(outcomes: list[Outcome], busy: TillBusy, total: int) -> list[Outcome]:
    """Return `outcomes` with `busy` for each operation that is left; raise it if all are left."""
    if not outcomes:
        raise busy
    return outcomes + [busy] * (total - len(outcomes))


def _settled(outcome: Outcome) -> Receipt:
    if isinstance(outcome, DomainError):
        raise outcome
    return outcome
