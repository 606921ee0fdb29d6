"""Errors of both databases, read alike: a conflict, a statement that is wrong, a database away."""

import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from punchcard.db.database import Database
from punchcard.db.dialects import is_away, is_conflict
from tests.support.databases import opened_file
from tests.support.waiting import wait_until

EVENT = text(
    "INSERT INTO audit_events (id, actor_kind, action, subject_kind, subject_id, created_at)"
    " VALUES ('019cac1e7b0070008000000000000001', 'a', 'b', 'c', :subject, '2026-03-02 09:00:00')"
)
on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def error_of(connection: Connection, statement: object, **values: object) -> SQLAlchemyError:
    with pytest.raises(SQLAlchemyError) as error:
        connection.execute(statement, values)  # type: ignore[call-overload]
    return error.value


def is_a_lock_waited_for(database: Database) -> bool:
    waiting = text(
        "SELECT 1 FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database"
        " WHERE datname = current_database() AND locktype = 'advisory' AND NOT granted"
    )
    with database.read_connection() as connection:
        return connection.execute(waiting).first() is not None


def test_a_name_taken_by_another_writer_is_a_conflict(database: Database) -> None:
    with database.write_connection() as connection:
        connection.execute(EVENT, {"subject": "d"})
        error = error_of(connection, EVENT, subject="d")
        connection.rollback()
    assert (is_conflict(error), is_away(error)) == (True, False)


def test_a_wrong_value_is_neither_a_conflict_nor_a_lost_database(database: Database) -> None:
    with database.write_connection() as connection:
        error = error_of(connection, EVENT, subject=object())
        connection.rollback()
    assert (is_conflict(error), is_away(error)) == (False, False)


@on_postgresql
def test_a_lock_waited_for_in_vain_is_neither(database: Database) -> None:
    with database.write_connection() as holder, database.write_connection() as waiting:
        holder.execute(text("LOCK TABLE audit_events"))
        waiting.execute(text("SET LOCAL lock_timeout = 1"))
        error = error_of(waiting, EVENT, subject="d")
        waiting.rollback()
    assert (is_conflict(error), is_away(error)) == (False, False)


@on_postgresql
def test_two_writers_that_wait_for_each_other_are_a_conflict(database: Database) -> None:
    with database.write_connection() as one, database.write_connection() as other:
        one.execute(text("SELECT pg_advisory_xact_lock(1)"))
        other.execute(text("SELECT pg_advisory_xact_lock(2)"))
        other.execute(text("SET LOCAL deadlock_timeout = 1"))
        one.execute(text("SET LOCAL deadlock_timeout = '1min'"))
        with ThreadPoolExecutor() as threads:
            waiting = threads.submit(one.execute, text("SELECT pg_advisory_xact_lock(2)"))
            # The server looks for a circle once: when the second one has waited for a moment.
            wait_until(lambda: is_a_lock_waited_for(database))
            error = error_of(other, text("SELECT pg_advisory_xact_lock(1)"))
            other.rollback()
            waiting.result()
    assert (is_conflict(error), is_away(error)) == (True, False)


@on_postgresql
def test_a_connection_ended_by_the_server_is_a_database_away(database: Database) -> None:
    with pytest.raises(SQLAlchemyError) as error, database.write_connection() as connection:
        connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
    assert (is_conflict(error.value), is_away(error.value)) == (False, True)


def test_a_server_nobody_listens_for_is_a_database_away(unused_address: str) -> None:
    with (
        closing(Database(unused_address)) as database,
        pytest.raises(SQLAlchemyError) as error,
        database.write_connection(),
    ):
        pass
    assert (is_conflict(error.value), is_away(error.value)) == (False, True)


@pytest.fixture
def unused_address() -> str:
    """Give the address of a server that has just gone."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"postgresql://punchcard@127.0.0.1:{server.getsockname()[1]}/shop"


@on_sqlite
def test_a_file_held_by_another_process_is_a_database_away(database_url: str) -> None:
    with (
        closing(Database(database_url, busy_seconds=0)) as database,
        opened_file(database_url) as other,
    ):
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(SQLAlchemyError) as error, database.write_connection():
            pass
    assert (is_conflict(error.value), is_away(error.value)) == (False, True)


@on_sqlite
def test_a_transaction_that_cannot_begin_is_an_error_like_any_other(
    database: Database, database_url: str
) -> None:
    with closing(Database(database_url, busy_seconds=0)) as other:
        with database.write_connection(), pytest.raises(OperationalError, match="locked"):
            other.write_connection().__enter__()
        with other.write_connection() as connection:
            connection.execute(EVENT, {"subject": "d"})


def test_a_new_file_is_opened_by_many_at_once(tmp_path: Path) -> None:
    def open_it(url: str) -> int:
        with closing(Database(url)) as other:
            gate.wait()
            with other.read_connection() as connection:
                return int(connection.execute(text("SELECT 1")).scalar_one())

    for number in range(20):
        gate = Barrier(12)
        with ThreadPoolExecutor(12) as threads:
            url = f"sqlite:///{tmp_path / f'{number}.db'}"
            assert list(threads.map(open_it, [url] * 12)) == [1] * 12
