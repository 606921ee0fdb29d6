"""Which failures of a database are its storage's, and what is remembered of them."""

import asyncio
import socket
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from punchcard.db.database import Database
from punchcard.db.dialects import is_away
from punchcard.db.failures import DatabaseBusy, StorageNotWritable, is_storage_failure, refusal_of
from punchcard.db.readiness import Found, Readiness, probe_write
from punchcard.kit.clock import ManualClock

on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def raise_state(database: Database, state: str) -> DBAPIError:
    statement = f"DO $$ BEGIN RAISE EXCEPTION 'provoked' USING ERRCODE = '{state}'; END $$"
    with pytest.raises(DBAPIError) as error, database.write_connection() as connection:
        connection.execute(text(statement))
    return error.value


@on_postgresql
@pytest.mark.parametrize("state", ["53100", "58030", "25006"])
def test_a_server_that_cannot_write_is_known_by_its_code(database: Database, state: str) -> None:
    error = raise_state(database, state)
    assert isinstance(refusal_of(error), StorageNotWritable)
    assert is_away(error)
    assert database.writes.failure is not None


@on_postgresql
@pytest.mark.parametrize(
    ("state", "refusal"), [("55P03", DatabaseBusy), ("57014", DatabaseBusy), ("22012", None)]
)
def test_other_failures_are_not_the_storage(
    database: Database, state: str, refusal: type | None
) -> None:
    told = refusal_of(raise_state(database, state))
    assert (type(told) if told else None) == refusal
    assert database.writes.failure is None


@on_sqlite
def test_a_file_that_is_full_fails_until_it_may_grow(
    database: Database, clock: ManualClock
) -> None:
    with database.write_connection() as connection:
        connection.execute(text("CREATE TABLE filler (content BLOB)"))
        connection.execute(text("PRAGMA max_page_count = 1"))
    with database.write_connection() as connection, pytest.raises(DBAPIError) as error:
        connection.execute(text("INSERT INTO filler VALUES (zeroblob(1000000))"))
    assert isinstance(refusal_of(error.value), StorageNotWritable)
    database.writes.note_error(error.value)
    assert database.writes.failure == "OperationalError: database or disk is full"
    probe_write(database, clock)
    assert database.writes.failure is None


@pytest.mark.parametrize(
    "code",
    [
        sqlite3.SQLITE_READONLY_DBMOVED,
        sqlite3.SQLITE_IOERR_WRITE,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
    ],
)
def test_sqlites_own_codes_of_storage(code: int) -> None:
    cause = sqlite3.OperationalError("provoked")
    cause.sqlite_errorcode = code
    assert is_storage_failure(DBAPIError("INSERT", {}, cause))


def test_a_locked_file_is_not_the_storage(tmp_path: Path) -> None:
    cause = sqlite3.OperationalError("provoked")
    cause.sqlite_errorcode = sqlite3.SQLITE_BUSY
    assert not is_storage_failure(DBAPIError("INSERT", {}, cause))


def test_the_probe_leaves_nothing(database: Database, clock: ManualClock) -> None:
    probe_write(database, clock)
    with database.read_connection() as connection:
        assert connection.scalar(text("SELECT count(*) FROM outbox")) == 0


def test_a_server_that_says_nothing_is_not_waited_for(clock: ManualClock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"postgresql://punchcard@127.0.0.1:{server.getsockname()[1]}/shop?sslmode=disable"
        with closing(Database(url)) as database:
            readiness = Readiness(database, clock, timeout_seconds=0.1, probe_seconds=1)

            async def ask_often() -> set[Found]:
                return set(await asyncio.gather(*(readiness.ask() for _ in range(50))))

            found = asyncio.run(ask_often())
        assert found == {Found(answers=False, is_migrated=False, is_writable=True)}
        server.settimeout(0)
        server.accept()[0].close()
        with pytest.raises(BlockingIOError):
            server.accept()
