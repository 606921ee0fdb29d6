"""Revision 0053 makes the outbox anew on SQLite, and what waits in it comes along."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import IntegrityError

from punchcard.db import migrate
from punchcard.db.database import Database
from punchcard.db.outbox import OutboxRow
from tests.support.old_databases import database_at

_WORK = text(
    "INSERT INTO outbox (id, topic, key, status, attempts, available_at, last_error, created_at)"
    " VALUES (:id, 'card.changed', :key, :status, :attempts, '2026-03-02 09:00:00', :error,"
    " '2026-03-02 08:00:00')"
)
_LEFT = (
    {"id": 3, "key": "a", "status": "waiting", "attempts": 0, "error": None},
    {"id": 7, "key": "b", "status": "claimed", "attempts": 2, "error": "timed out"},
    {"id": 8, "key": "c", "status": "parked", "attempts": 9, "error": "gone"},
)


@pytest.fixture(params=["sqlite", "postgresql"])
def connection(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Connection]:
    """Open a database in which work was left before the revision."""
    with database_at("0052", request, tmp_path) as url:
        with closing(Database(url)) as database, database.write_connection() as before:
            before.execute(_WORK, list(_LEFT))
        migrate.upgrade(url)
        with closing(Database(url)) as database, database.write_connection() as after:
            yield after


def test_work_of_before_comes_along(connection: Connection) -> None:
    rows = connection.execute(
        text("SELECT id, key, status, attempts, last_error AS error FROM outbox ORDER BY id")
    )

    assert [dict(row._mapping) for row in rows] == list(_LEFT)


def test_statuses_and_what_waits_twice_are_still_refused(connection: Connection) -> None:
    for refused in ({"key": "d", "status": "lost"}, {"key": "a", "status": "waiting"}):
        row = {"id": 20, "attempts": 0, "error": None} | refused
        with pytest.raises(IntegrityError), connection.begin_nested():
            connection.execute(_WORK, row)


def test_indexes_are_those_of_the_model(connection: Connection) -> None:
    found = {index["name"] for index in inspect(connection).get_indexes("outbox")}

    assert found == {index.name for index in OutboxRow.__table__.indexes}  # type: ignore[attr-defined]
