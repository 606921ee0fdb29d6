"""The worker: what it does with work that succeeds, that fails, and that waits for someone."""

import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from punchcard.context import Context
from punchcard.db import outbox
from punchcard.db.outbox import OutboxRow, PermanentFailure, RetryLater
from punchcard.kit.clock import ManualClock
from punchcard.kit.settings import Settings
from punchcard.worker.loop import Handler, Worker
from punchcard.worker.schedule import PeriodicTask
from tests.support.plans import engines_of, recorded


def failing(error: Exception) -> Handler:
    def handle(_context: Context, _key: str) -> None:
        raise error

    return handle


def leave(context: Context, topic: str, *keys: str) -> None:
    with context.database.write() as session:
        for key in keys:
            outbox.enqueue(session, topic, key, context.clock.now())


def rows(context: Context) -> list[OutboxRow]:
    with context.database.read() as session:
        return list(session.scalars(select(OutboxRow).order_by(OutboxRow.id)))


def worker(context: Context, **handlers: Handler) -> Worker:
    return Worker(context, [handlers], [])


def test_work_that_is_done_is_gone(context: Context) -> None:
    leave(context, "sweep", "a", "b")
    seen: list[str] = []

    assert worker(context, sweep=lambda _, key: seen.append(key)).do_work() == 2

    assert seen == ["a", "b"]
    assert rows(context) == []


def leave_in_hand(context: Context) -> None:
    """Let a worker claim work, and be killed."""
    leave(context, "sweep", "a")
    die_with_it(context)


def die_with_it(context: Context) -> None:
    with context.database.write() as session:
        lease, now = timedelta(minutes=1), context.clock.now()
        assert outbox.claim(session, ["sweep"], limit=9, now=now, lease=lease)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_on_sqlite_a_server_takes_up_at_once_what_it_had_in_hand_when_it_was_killed(
    context: Context,
) -> None:
    leave_in_hand(context)
    is_done = threading.Event()
    again = worker(context, sweep=lambda _context, _key: is_done.set())

    again.start()
    try:
        assert is_done.wait(60)
    finally:
        again.stop()

    assert rows(context) == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_server_that_dies_of_its_work_serves_for_a_while_before_it_is_at_it_again(
    context: Context, clock: ManualClock
) -> None:
    leave_in_hand(context)
    again = worker(context, sweep=lambda _context, _key: None)
    again.take_over()
    die_with_it(context)

    again.take_over()

    assert again.do_work() == 0
    clock.advance(seconds=60)
    assert again.do_work() == 1


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_work_that_got_on_between_two_kills_is_taken_up_at_once_each_time(
    context: Context, clock: ManualClock
) -> None:
    leave_in_hand(context)
    worker(context).take_over()
    turn = worker(context, sweep=failing(RetryLater("the next turn")))
    assert turn.do_work() == 1
    clock.advance(hours=1)
    die_with_it(context)
    again = worker(context, sweep=lambda _context, _key: None)

    again.take_over()

    assert again.do_work() == 1


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_on_postgresql_it_may_be_in_another_workers_hand_until_its_lease_is_over(
    context: Context, clock: ManualClock
) -> None:
    leave_in_hand(context)
    again = worker(context, sweep=lambda _context, _key: None)

    again.take_over()

    assert again.do_work() == 0
    clock.advance(seconds=60)
    assert again.do_work() == 1


def test_a_look_that_finds_nothing_is_one_statement_and_locks_nothing(context: Context) -> None:
    with context.database.write() as session:
        writer = session.connection().engine
    sweep = failing(RuntimeError())
    lanes = [{"sweep": sweep, "dust": sweep}, {"mail": sweep}]
    idle = Worker(context, lanes, [], [context.connect.webhook_sender])

    with recorded(*{writer, *engines_of(context.database)}) as sent:
        assert idle.do_work() == 0

    assert [one.statement[:6] for one in sent] == ["SELECT"] * 3
    assert not any("FOR UPDATE" in one.statement for one in sent)


def test_one_failure_leaves_its_neighbours_done(context: Context) -> None:
    leave(context, "sweep", "bad", "good")

    def sweep(_context: Context, key: str) -> None:
        if key == "bad":
            raise RuntimeError("no broom")

    worker(context, sweep=sweep).do_work()

    (left,) = rows(context)
    assert (left.key, left.status, left.attempts) == ("bad", "waiting", 1)
    assert left.last_error == "RuntimeError: no broom"
    assert left.available_at > context.clock.now()


def test_hopeless_work_is_parked_at_once_with_its_reason(context: Context) -> None:
    leave(context, "sweep", "a")

    worker(context, sweep=failing(PermanentFailure("no such floor"))).do_work()

    (left,) = rows(context)
    assert (left.status, left.last_error) == ("parked", "PermanentFailure: no such floor")


def test_work_waits_for_somebody_who_is_away_longer_than_it_is_tried(
    context: Context, clock: ManualClock
) -> None:
    leave(context, "sweep", "a")
    away = worker(context, sweep=failing(RetryLater("away")))

    for _ in range(3 * context.settings.worker_attempts):
        away.do_work()
        clock.advance(seconds=context.settings.worker_away_limit_seconds)

    (left,) = rows(context)
    assert left.status == "waiting"
    assert left.attempts > context.settings.worker_attempts


def test_patience_ends_after_days(context: Context, clock: ManualClock) -> None:
    leave(context, "sweep", "a")
    clock.advance(hours=context.settings.worker_patience_hours + 1)

    worker(context, sweep=failing(RetryLater("away"))).do_work()

    assert [row.status for row in rows(context)] == ["parked"]


def test_who_asks_for_a_pause_gets_it(context: Context) -> None:
    leave(context, "sweep", "a")

    pause = timedelta(minutes=7)
    worker(context, sweep=failing(RetryLater("later", retry_after=pause))).do_work()

    assert [row.available_at for row in rows(context)] == [context.clock.now() + pause]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_ring_wakes_the_worker_long_before_its_next_round(
    context: Context, settings: Settings
) -> None:
    done = threading.Event()
    patient = _with(context, worker_idle_seconds=3600.0)
    running = worker(patient, sweep=lambda *_: done.set())
    running.start()
    try:
        leave(context, "sweep", "a")
        context.wakeups.notify()
        assert done.wait(10)
    finally:
        running.stop()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_long_work_of_one_lane_keeps_no_other_lane_waiting(context: Context) -> None:
    let_go, quick = threading.Event(), threading.Event()
    lanes: list[Mapping[str, Callable[[Context, str], Any]]] = [
        {"quick": lambda *_: quick.set()},
        {"long": lambda *_: let_go.wait(10)},
    ]
    leave(context, "long", "a")
    running = Worker(context, lanes, [])
    running.start()
    try:
        leave(context, "quick", "a")
        context.wakeups.notify()
        assert quick.wait(10)
    finally:
        let_go.set()
        running.stop()
    assert rows(context) == []


def _with(context: Context, **changes: Any) -> Context:
    from dataclasses import replace

    return replace(context, settings=replace(context.settings, **changes))


def test_tasks_go_on_after_a_clock_that_ran_ahead(context: Context, clock: ManualClock) -> None:
    moments: list[datetime] = []

    def sweep(_context: Context, _session: Session, now: datetime) -> int:
        moments.append(now)
        return 0

    task = PeriodicTask("sweep", lambda _: timedelta(minutes=15), sweep)
    sweeper = Worker(context, [], [task])
    right = clock.now()
    clock.advance(days=2)
    sweeper.run_tasks()
    clock.set(right)

    sweeper.run_tasks()
    clock.advance(minutes=14)
    sweeper.run_tasks()
    clock.advance(minutes=1)
    sweeper.run_tasks()

    assert moments[1:] == [right, right + timedelta(minutes=15)]
