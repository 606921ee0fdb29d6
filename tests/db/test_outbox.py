"""The outbox: whose turn it is."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from punchcard.db import outbox
from punchcard.db.database import Database
from punchcard.kit.clock import ManualClock

LEASE = timedelta(seconds=60)


@pytest.fixture
def opened_at(clock: ManualClock) -> datetime:
    return clock.now()


def leave(database: Database, topic: str, key: str, at: datetime) -> None:
    with database.write() as session:
        outbox.enqueue(session, topic, key, at)


def claim(database: Database, topics: Sequence[str], now: datetime, limit: int = 50) -> list[str]:
    with database.read_connection() as connection:
        lanes = (tuple(topics), ("nobody's",))
        is_due, nobodys = outbox.lanes_due(connection, lanes, now=now, lease=LEASE)
    with database.write() as session:
        found = [w.key for w in outbox.claim(session, topics, limit=limit, now=now, lease=LEASE)]
    assert (is_due, nobodys) == (bool(found), False)
    return found


def test_the_oldest_of_all_topics_comes_first(database: Database, opened_at: datetime) -> None:
    for minute, (topic, key) in enumerate([("mail", "a"), ("card", "b"), ("mail", "c")]):
        leave(database, topic, key, opened_at + timedelta(minutes=minute))
    now = opened_at + timedelta(hours=1)

    assert claim(database, ["card", "mail"], now, limit=2) == ["a", "b"]
    assert claim(database, ["card", "mail"], now) == ["c"]


def test_other_topics_are_left_to_others(database: Database, opened_at: datetime) -> None:
    leave(database, "card", "a", opened_at)

    assert claim(database, ["mail"], opened_at) == []
    assert claim(database, ["card"], opened_at) == ["a"]


def test_work_is_not_taken_before_its_time(database: Database, opened_at: datetime) -> None:
    leave(database, "card", "a", opened_at + timedelta(seconds=1))

    assert claim(database, ["card"], opened_at) == []


def test_a_worker_that_vanished_loses_its_work_with_its_lease(
    database: Database, opened_at: datetime
) -> None:
    leave(database, "card", "a", opened_at)
    assert claim(database, ["card"], opened_at) == ["a"]

    assert claim(database, ["card"], opened_at + LEASE / 2) == []
    assert claim(database, ["card"], opened_at + LEASE) == ["a"]


def test_new_work_on_a_key_is_due_at_once_after_a_clock_that_ran_ahead(
    database: Database, opened_at: datetime
) -> None:
    leave(database, "card", "a", opened_at + timedelta(minutes=30))
    leave(database, "card", "a", opened_at)

    assert claim(database, ["card"], opened_at) == ["a"]


def test_what_failed_waits_on_when_its_key_changes_again(
    database: Database, opened_at: datetime
) -> None:
    leave(database, "card", "a", opened_at)
    with database.write() as session:
        (work,) = outbox.claim(session, ["card"], limit=1, now=opened_at, lease=LEASE)
        later = opened_at + timedelta(minutes=5)
        outbox.retry(session, work, error="no line", available_at=later)
    leave(database, "card", "a", opened_at)

    assert claim(database, ["card"], opened_at) == []
    assert claim(database, ["card"], later) == ["a"]


def test_what_a_clock_left_for_days_ahead_is_due(database: Database, opened_at: datetime) -> None:
    ahead = opened_at + timedelta(days=2)
    leave(database, "card", "waiting", ahead)
    leave(database, "mail", "in hand", ahead)
    assert claim(database, ["mail"], ahead) == ["in hand"]

    assert claim(database, ["card"], opened_at) == ["waiting"]
    assert claim(database, ["mail"], opened_at) == ["in hand"]
