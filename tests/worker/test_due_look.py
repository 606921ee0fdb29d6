"""Idle lanes look together: one question a tick, and never an answer older than the tick."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import event

from punchcard.db import outbox
from punchcard.db.database import Database
from punchcard.kit.clock import ManualClock
from punchcard.worker.due_look import DueLook
from tests.support.plans import engines_of

LANES: tuple[list[str], ...] = (["card"], ["mail", "note"], [])
EVERY_SECONDS = 2.0


class Ticks:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.at = 100.5

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def ticks() -> Ticks:
    return Ticks()


@pytest.fixture
def look(database: Database, clock: ManualClock, ticks: Ticks) -> DueLook:
    return DueLook(
        database,
        LANES,
        now=clock.now,
        monotonic=ticks,
        every_seconds=EVERY_SECONDS,
        lease=timedelta(minutes=1),
        longest_wait=timedelta(hours=1),
    )


@pytest.fixture
def asked(database: Database) -> Iterator[list[str]]:
    """Collect what readers ask."""
    _, reader = engines_of(database)
    sent: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("SELECT"):
            sent.append(statement)

    event.listen(reader, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(reader, "before_cursor_execute", note)


def leave(database: Database, clock: ManualClock, topic: str) -> None:
    with database.write() as session:
        outbox.enqueue(session, topic, "a", clock.now())


def test_lanes_that_wake_at_the_same_tick_ask_once(
    database: Database, clock: ManualClock, look: DueLook, asked: list[str]
) -> None:
    leave(database, clock, "note")
    assert [look.was_due(lane) for lane in LANES] == [False, True, False]
    assert len(asked) == 1


def test_the_next_tick_is_looked_at_anew(
    database: Database, clock: ManualClock, look: DueLook, ticks: Ticks, asked: list[str]
) -> None:
    assert not look.was_due(["card"])
    ticks.at += look.seconds_left()
    leave(database, clock, "card")
    assert look.was_due(["card"])
    assert len(asked) == 2


def test_who_is_woken_does_not_hear_what_was_before(
    database: Database, clock: ManualClock, look: DueLook
) -> None:
    assert not look.was_due(["card"])
    leave(database, clock, "card")
    assert look.is_due(["card"])
    assert not look.is_due(["mail", "note"])


def test_a_tick_ends_for_all_at_the_same_time(look: DueLook, ticks: Ticks) -> None:
    assert look.seconds_left() == EVERY_SECONDS
    ticks.at += 0.75
    assert look.seconds_left() == EVERY_SECONDS - 0.75
    ticks.at += 7
    assert look.seconds_left() == 0.25
