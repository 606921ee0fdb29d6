"""Events: what was announced is published once it is committed, and never otherwise."""

from dataclasses import dataclass

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from punchcard.db import outbox
from punchcard.db.database import Database
from punchcard.db.events import Event, announce
from punchcard.db.outbox import WorkEnqueued
from punchcard.db.unique import refusing_duplicates
from punchcard.db.watch.backlog import depths
from punchcard.kit.clock import ManualClock


@dataclass(frozen=True, slots=True)
class Rang(Event):
    word: str


class Refused(Exception):
    pass


def announce_and_fail(transaction: Session | Connection, error: Exception) -> None:
    announce(transaction, Rang("undone"))
    raise error


@pytest.fixture
def heard(database: Database) -> list[str]:
    words: list[str] = []
    database.subscribe(Rang, lambda event: words.append(event.word))
    return words


def test_an_event_is_published_after_the_commit_and_not_before(
    database: Database, heard: list[str], clock: ManualClock
) -> None:
    waiting: list[int] = []

    def look(event: Rang) -> None:
        with database.read() as session:
            waiting.extend(depth.waiting for depth in depths(session))

    database.subscribe(Rang, look)
    with database.write() as session:
        outbox.enqueue(session, "topic", "key", clock.now())
        announce(session, Rang("a"))
        assert heard == []
    assert heard == ["a"]
    assert waiting == [1], "the subscriber sees what was committed"


def test_a_rollback_drops_what_was_announced(database: Database, heard: list[str]) -> None:
    for write in (database.write, database.write_connection):
        with pytest.raises(Refused), write() as transaction:
            announce_and_fail(transaction, Refused())
        with write():
            pass
    assert heard == []


def test_a_connection_publishes_like_a_session(database: Database, heard: list[str]) -> None:
    with database.write_connection() as connection:
        announce(connection, Rang("a"))
        announce(connection, Rang("b"))
        assert heard == []
    assert heard == ["a", "b"]


def test_what_a_refused_duplicate_announced_is_dropped_with_it(
    database: Database, heard: list[str]
) -> None:
    with database.write() as session:
        announce(session, Rang("kept"))
        with pytest.raises(Refused), refusing_duplicates(session, Refused):
            announce_and_fail(session, IntegrityError("taken", None, Exception()))
    assert heard == ["kept"]


def test_a_subscriber_that_fails_keeps_no_other_from_hearing(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    heard: list[str] = []

    def fail(event: Rang) -> None:
        raise Refused

    database.subscribe(Rang, fail)
    database.subscribe(Rang, lambda event: heard.append(event.word))
    with database.write() as session:
        announce(session, Rang("a"))
    assert heard == ["a"]
    assert "a subscriber of Rang failed" in caplog.text


def test_whoever_does_the_work_of_a_topic_hears_that_there_is_some(
    database: Database, clock: ManualClock
) -> None:
    topics: list[str] = []
    database.subscribe(WorkEnqueued, lambda event: topics.append(event.topic))
    with database.write() as session:
        outbox.enqueue(session, "mail", "1", clock.now())
        assert topics == []
    assert topics == ["mail"]


def test_a_closed_database_calls_nobody_any_more(database: Database, heard: list[str]) -> None:
    database.close()
    with database.write() as session:
        announce(session, Rang("a"))
    assert heard == []
