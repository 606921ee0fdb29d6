"""Submissions whose rows someone else has locked: set aside, so that nobody waits behind them.

They are tried again in batches of their own until their rows are free, or until someone outside
this process has held one for too long; then what needs that row is refused and the rest is done.
Whatever needs a row that an earlier submission waits for waits behind it, so that operations on one
card keep their order. PostgreSQL only: SQLite has one writer, and nothing is ever locked.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from punchcard.loyalty.till.batch_locks import BatchLocks
from punchcard.loyalty.till.submissions import Submission

_SOONEST_SECONDS = 0.005

Place = tuple[int, int]
"""An operation: the number of its submission, and its place there."""


@dataclass(slots=True, eq=False)
class Turn:
    """A batch of this process under way: `rows` it holds, and those others `ended` meanwhile."""

    is_locking: bool = True
    rows: set[str] = field(default_factory=set)
    ended: set[str] = field(default_factory=set)


class LockedSubmissions:
    """The submissions that wait for rows, in the order they were handed in.

    `wait_seconds` bounds how long one waits for rows that others hold, `retry_seconds` is the
    longest time between two attempts, `limit` bounds the operations that wait for others' rows:
    above it they are refused at once. This process's own batches end by themselves: rows they
    hold are waited for without limit.
    """

    def __init__(
        self,
        *,
        wait_seconds: float,
        retry_seconds: float,
        limit: int,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wait_seconds = wait_seconds
        self._retry_seconds = retry_seconds
        self._limit = limit
        self._monotonic = monotonic
        self._submissions: dict[int, Submission] = {}
        self._turns: set[Turn] = set()
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._is_closing = False
        self.size = 0
        """How many operations wait."""

    def begin(self) -> Turn:
        """Begin a batch of this process, before it locks anything; `end` must follow."""
        turn = Turn()
        with self._lock:
            self._turns.add(turn)
        return turn

    def hold(self, turn: Turn, rows: set[str]) -> None:
        """Note the rows that a batch has locked."""
        with self._lock:
            turn.rows, turn.is_locking = rows, False

    def must_sift(self, locks: BatchLocks) -> bool:
        """Return whether a batch may need rows that others hold, or wait for."""
        return bool(locks.held or self._submissions)

    def sift(self, submissions: list[Submission], locks: BatchLocks, turn: Turn) -> set[Place]:
        """Set aside those of `submissions` that need rows others hold: they leave the list.

        Returns the operations to refuse: they need a row that was waited for long enough.
        """
        with self._lock:
            return self._sift(submissions, locks, turn)

    def end(self, turn: Turn) -> None:
        """Let go of the rows of a batch that has ended; wakes who waited for this process."""
        with self._lock:
            self._turns.discard(turn)
            for other in self._turns:
                other.ended |= turn.rows
            if self._submissions:
                self._retry_own()

    def set_aside(self, submissions: list[Submission], rows: set[str]) -> None:
        """Set submissions aside for `rows`, which others hold, and take them out of the list.

        Those that have waited long enough stay in it.
        """
        with self._lock:
            submissions[:] = [
                p for p in submissions if not self._may_wait(p, rows, is_foreign=True)
            ]

    def settle(self, submissions: Sequence[Submission]) -> None:
        """Forget submissions that have their outcomes."""
        if not self._submissions:
            return
        with self._lock:
            for submission in submissions:
                if self._submissions.pop(submission.number, None) is not None:
                    self.size -= len(submission.operations)
            self._changed.notify_all()

    def take(self, limit: int) -> list[Submission]:
        """Wait until submissions are due and return those that fit a batch of `limit` operations.

        Returns none once `close` was called and nothing is left.
        """
        with self._lock:
            while self._submissions or not self._is_closing:
                now = self._monotonic()
                due = [p for p in self._submissions.values() if p.retry_at <= now]
                if due:
                    return _fitting(sorted(due, key=lambda p: p.number), limit)
                times = [submission.retry_at for submission in self._submissions.values()]
                self._changed.wait(min(times) - now if times else None)
            return []

    def close(self) -> None:
        """Wait for others' rows no more; `take` returns none when nothing is left."""
        with self._lock:
            self._is_closing = True
            for submission in self._submissions.values():
                submission.retry_at = 0.0
            self._changed.notify_all()

    def _retry_own(self) -> None:
        """Let those that wait for this process alone be tried again at once."""
        own = [p for p in self._submissions.values() if not p.is_foreign]
        for submission in own:
            submission.retry_at = 0.0
        if own:
            self._changed.notify_all()

    def _sift(self, submissions: list[Submission], locks: BatchLocks, turn: Turn) -> set[Place]:
        here = {submission.number for submission in submissions}
        waiting = [p for p in self._submissions.values() if p.number not in here]
        cards = set(locks.card_ids.values())
        others = self._turns - {turn}
        foreign = locks.held.difference(turn.ended, *(other.rows for other in others))
        # One that is locking may hold what it has not told yet.
        is_certain = not any(other.is_locking for other in others)
        refused: set[Place] = set()
        for submission in list(submissions):
            needed = {
                place: locks.rows_of(submission.operations[place]) for place in submission.left
            }
            rows = set().union(*needed.values())
            before = [p for p in waiting if p.number < submission.number and p.awaits & rows]
            stuck = rows & locks.held.union(*(p.awaits for p in before))
            if not stuck:
                continue
            is_foreign = any(p.is_foreign for p in before) or bool(rows & foreign)
            # Its other cards, too: what comes later must not overtake it there.
            awaits = stuck | (rows & cards)
            if self._may_wait(submission, awaits, is_foreign=is_foreign, is_certain=is_certain):
                waiting.append(submission)
                submissions.remove(submission)
            else:
                refused |= {(submission.number, place) for place in needed if needed[place] & stuck}
        return refused

    def _may_wait(
        self, submission: Submission, rows: set[str], *, is_foreign: bool, is_certain: bool = True
    ) -> bool:
        """Set a submission aside, unless it has waited for others long enough."""
        now = self._monotonic()
        if not is_foreign:
            submission.is_foreign, submission.stuck_since = False, None
        elif is_certain:
            submission.is_foreign = True
            submission.stuck_since = (
                now if submission.stuck_since is None else submission.stuck_since
            )
            is_late = self._is_closing or now - submission.stuck_since >= self._wait_seconds
            if is_late or not self._has_room(submission):
                return False
        submission.awaits = rows
        # Soon at first: most locks are held for milliseconds.
        since = now if submission.stuck_since is None else submission.stuck_since
        pause = max(_SOONEST_SECONDS, (now - since) / 4)
        submission.retry_at = now + min(self._retry_seconds, pause)
        if submission.number not in self._submissions:
            self._submissions[submission.number] = submission
            self.size += len(submission.operations)
            self._changed.notify_all()
        return True

    def _has_room(self, submission: Submission) -> bool:
        others = (p for p in self._submissions.values() if p.is_foreign and p is not submission)
        waiting = sum(len(other.operations) for other in others)
        return not waiting or waiting + len(submission.operations) <= self._limit


def _fitting(submissions: Sequence[Submission], limit: int) -> list[Submission]:
    """Return the first submissions, `limit` operations together; the first whatever its size."""
    chosen: list[Submission] = []
    size = 0
    for submission in submissions:
        size += len(submission.operations)
        if chosen and size > limit:
            break
        chosen.append(submission)
    return chosen
