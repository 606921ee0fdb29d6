"""The worker's loop: claim work, handle it, finish it; between times, keep the house.

Work may be done twice (a worker can die between handling and finishing), so a handler brings
something up to date and may be called again. It raises when that failed: the row waits, longer
each time, and is parked with the reason after `worker_attempts`; `RetryLater` waits for days,
because someone else is away, and `PermanentFailure` is parked at once.
"""

import logging
import random
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from punchcard.context import Context
from punchcard.db import outbox
from punchcard.db.failures import first_line
from punchcard.db.limits import WorkKind, working_as
from punchcard.db.outbox import Claimed, PermanentFailure, RetryLater
from punchcard.kit.clock import ClockWatch
from punchcard.kit.metrics.work_metrics import WorkOutcome
from punchcard.kit.tracing.spans import SpanKind, Tracer, within
from punchcard.kit.wakeup import Wakeup
from punchcard.worker.due_look import DueLook
from punchcard.worker.schedule import PeriodicTask

Handler = Callable[[Context, str], None]
"""Brings what `key` names up to date; raises when it could not."""

CLAIM_LIMIT: Final = 50


class TakesTurns(Protocol):
    """Work that keeps its own list of what is due, in a thread of its own."""

    @property
    def topics(self) -> Collection[str]:
        """Return what wakes it."""

    def take_over(self, session: Session, now: datetime) -> None:
        """Let what others had in hand be due at once: they are known to be gone."""

    def take_turn(self, *, is_hurried: bool = True) -> int:
        """Do what can be done without waiting; returns how many things that were.

        What need not be done at once may wait for the next second, unless `is_hurried`.
        """

    def end(self) -> None:
        """Finish what is in hand."""


_log = logging.getLogger(__name__)


class Worker:
    """Runs handlers and periodic tasks in threads of its own until it is stopped.

    Each lane is a set of handlers with a thread of its own, so that long work of one lane keeps no
    short work of another waiting. The first lane's thread does the periodic tasks, too. So have
    `others`, who find their work by themselves.
    """

    def __init__(
        self,
        context: Context,
        lanes: Sequence[Mapping[str, Handler]],
        tasks: Sequence[PeriodicTask],
        others: Sequence[TakesTurns] = (),
    ) -> None:
        self._context = context
        self._others = others
        self._metrics = context.work
        self._lanes = lanes or [{}]
        self._tasks = tasks
        self._due: dict[str, datetime] = {}
        self._clock_watch = ClockWatch(
            context.clock,
            leeway_seconds=context.settings.clock_skew_seconds,
            monotonic=time.monotonic,
        )
        self._look = DueLook(
            context.database,
            self._lanes,
            now=context.clock.now,
            monotonic=time.monotonic,
            every_seconds=context.settings.worker_idle_seconds,
            lease=timedelta(seconds=context.settings.worker_lease_seconds),
            longest_wait=self._longest_wait(),
        )
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self.run, name="worker", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def ask_to_stop(self) -> None:
        """Let `run` end after the work in hand."""
        self._stopped.set()
        self._context.wakeups.notify()

    def stop(self) -> None:
        """Finish the work in hand, then stop the thread."""
        self.ask_to_stop()
        if self._thread.is_alive():
            self._thread.join()

    def run(self) -> None:
        """Work until stopped; a database that is away is waited for."""
        self.take_over()
        others = [
            threading.Thread(target=self._run_lane, args=(lane, False), name="worker", daemon=True)
            for lane in self._lanes[1:]
        ] + [
            threading.Thread(target=self._run_other, args=(other,), name="worker", daemon=True)
            for other in self._others
        ]
        for thread in others:
            thread.start()
        self._run_lane(self._lanes[0], True)
        for thread in others:
            thread.join()

    def take_over(self) -> None:
        """Let what a server that died had in hand be due at once, where no other can be at it.

        That is so on SQLite, which one server works on; elsewhere the lease is waited for.
        """
        if not self._context.settings.is_embedded:
            return
        now = self._context.clock.now()
        try:
            with self._context.database.write() as session:
                outbox.end_leases(session, now)
                for other in self._others:
                    other.take_over(session, now)
        except SQLAlchemyError as error:
            _log.warning("what was in hand waits for its lease: %s", first_line(error))

    def do_work(self) -> int:
        """Claim and handle what is due in every lane; returns how many rows there were."""
        done = sum(self._do_lane(lane, is_tick=False) for lane in self._lanes)
        return done + sum(other.take_turn() for other in self._others)

    def run_tasks(self) -> dict[str, int]:
        """Do the periodic tasks that are due; returns what each of them counted."""
        now = self._context.clock.now()
        counts = {}
        for task in self._tasks:
            every = task.every(self._context.settings)
            # Due in more than its own time: the clock was put back since.
            if now < self._due.get(task.name, now) <= now + every:
                continue
            self._due[task.name] = now + every
            with self._context.database.write() as session:
                counts[task.name] = task.do(self._context, session, now)
        return counts

    def _run_lane(self, lane: Mapping[str, Handler], runs_tasks: bool) -> None:
        wakeup = self._context.wakeups.subscribe(lane)
        try:
            with working_as(WorkKind.WORKER):
                self._work_lane(lane, wakeup, runs_tasks)
        finally:
            self._context.wakeups.unsubscribe(wakeup)

    def _run_other(self, other: TakesTurns) -> None:
        wakeup = self._context.wakeups.subscribe(other.topics)
        try:
            with working_as(WorkKind.WORKER):
                self._work(
                    lambda is_tick: other.take_turn(is_hurried=is_tick),
                    wakeup,
                    _name_of(other.topics),
                )
                self._end(other)
        finally:
            self._context.wakeups.unsubscribe(wakeup)

    def _end(self, other: TakesTurns) -> None:
        try:
            other.end()
        except SQLAlchemyError as error:
            _log.warning("the worker ends without the database: %s", first_line(error))

    def _work_lane(self, lane: Mapping[str, Handler], wakeup: Wakeup, runs_tasks: bool) -> None:
        def do(is_tick: bool) -> int:
            if runs_tasks:
                self._tell_jump()
                self.run_tasks()
                self._context.service_status.keep_fresh()
            return self._do_lane(lane, is_tick=is_tick)

        self._work(do, wakeup, _name_of(lane))

    def _work(self, do: Callable[[bool], int], wakeup: Wakeup, lane: str) -> None:
        """Do what `do` finds; it is told whether it is only asked because a tick has begun."""
        is_tick = False
        while not self._stopped.is_set():
            # Counted before looking: what is notified while this lane is busy is looked for again.
            seen = wakeup.count
            try:
                done = do(is_tick)
                is_tick = False
                self._metrics.beat(lane)
                if done:
                    continue
            except SQLAlchemyError as error:
                _log.warning("the worker waits for the database: %s", first_line(error))
            wakeup.wait(seen, self._look.seconds_left())
            is_tick = wakeup.count == seen

    def _tell_jump(self) -> None:
        jumped = self._clock_watch.jump()
        if jumped is not None:
            _log.warning(
                "The clock jumped %s by %s: set it by NTP. Entries of a wrong time stay,"
                " see punchcard doctor.",
                "ahead" if jumped > timedelta() else "back",
                abs(jumped),
            )

    def _do_lane(self, lane: Mapping[str, Handler], *, is_tick: bool) -> int:
        if not lane:
            return 0
        topics = list(lane)
        if not (self._look.was_due(topics) if is_tick else self._look.is_due(topics)):
            return 0
        now, longest_wait = self._context.clock.now(), self._longest_wait()
        lease = timedelta(seconds=self._context.settings.worker_lease_seconds)
        with self._context.database.write() as session:
            claimed = outbox.claim(
                session, topics, limit=CLAIM_LIMIT, now=now, lease=lease, longest_wait=longest_wait
            )
        done = [work for work in claimed if self._handle_timed(lane, work)]
        if done:
            with self._context.database.write() as session:
                for work in done:
                    outbox.finish(session, work)
        return len(claimed)

    def _handle_timed(self, lane: Mapping[str, Handler], work: Claimed) -> bool:
        began = time.perf_counter()
        if (tracer := self._context.tracer) is None:
            is_done = self._handle(lane[work.topic], work)
        else:
            is_done = self._handle_traced(tracer, lane[work.topic], work)
        self._metrics.seconds.note(time.perf_counter() - began, (work.topic,))
        if is_done:
            self._count(work, WorkOutcome.DONE)
        # Fifty rows of one turn may each wait for another's server.
        self._metrics.beat(_name_of(lane))
        return is_done

    def _handle_traced(self, tracer: Tracer, handler: Handler, work: Claimed) -> bool:
        span = tracer.follow(f"work {work.topic}", work.traceparent, SpanKind.CONSUMER)
        with within(span):
            is_done = self._handle(handler, work)
            if span is not None:
                span.note("punchcard.topic", work.topic)
                span.note("punchcard.attempts", work.attempts)
                span.note("punchcard.is_done", str(is_done).lower())
        return is_done

    def _count(self, work: Claimed, outcome: WorkOutcome) -> None:
        self._metrics.work.add((work.topic, outcome.value))

    def _handle(self, handler: Handler, work: Claimed) -> bool:
        """Do one piece of work; returns whether it is done, else it waits or is parked."""
        try:
            handler(self._context, work.key)
        except Exception as error:
            self._put_back(work, error)
            return False
        return True

    def _put_back(self, work: Claimed, error: Exception) -> None:
        reason = f"{type(error).__name__}: {error}"
        with self._context.database.write() as session:
            if self._is_given_up(work, error):
                _log.error("%s %s is parked: %s", work.topic, work.key, reason)
                outbox.park(session, work, error=reason)
                self._count(work, WorkOutcome.PARKED)
                return
            self._count(work, WorkOutcome.RETRIED)
            at = self._context.clock.now() + self._wait_after(work, error)
            outbox.retry(session, work, error=reason, available_at=at)

    def _is_given_up(self, work: Claimed, error: Exception) -> bool:
        settings = self._context.settings
        if isinstance(error, PermanentFailure):
            return True
        if isinstance(error, RetryLater):
            age = self._context.clock.now() - work.created_at
            return age > timedelta(hours=settings.worker_patience_hours)
        return work.attempts >= settings.worker_attempts

    def _longest_wait(self) -> timedelta:
        settings = self._context.settings
        waits = (settings.worker_backoff_limit_seconds, settings.worker_away_limit_seconds)
        return max(outbox.LONGEST_WAIT, timedelta(seconds=max(waits)))

    def _wait_after(self, work: Claimed, error: Exception) -> timedelta:
        settings = self._context.settings
        longest = settings.worker_backoff_limit_seconds
        least = 0.0
        if isinstance(error, RetryLater):
            longest = settings.worker_away_limit_seconds
            least = error.retry_after.total_seconds() if error.retry_after else 0.0
        wait = min(longest, settings.worker_backoff_seconds * 2 ** min(work.attempts - 1, 30))
        # Jitter: what failed together shall not come back together.
        jittered = wait * random.uniform(0.5, 1.0)  # noqa: S311 no secret depends on it
        return timedelta(seconds=max(least, jittered))


def _name_of(topics: Collection[str]) -> str:
    """Return what the thread that does these topics is called: the first, or what is done besides.

    Bounded, and known to whoever reads the topics of the outbox.
    """
    return next(iter(topics), "tasks")
