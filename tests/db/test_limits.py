"""Each kind of work has its own limits on PostgreSQL, and long work has no short ones."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import replace

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from punchcard.db.database import Database, open_database
from punchcard.db.limits import DEFAULT_LIMITS, WorkKind, working_as
from punchcard.kit.settings import Settings

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)

Opened = Callable[[Database], AbstractContextManager[Connection]]


@contextmanager
def by_session(database: Database) -> Iterator[Connection]:
    with database.read() as session:
        yield session.connection()


@contextmanager
def by_worker(database: Database) -> Iterator[Connection]:
    with working_as(WorkKind.WORKER), database.write() as session:
        yield session.connection()


def shown(connection: Connection) -> list[str]:
    names = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
    return [connection.exec_driver_sql(f"SHOW {name}").scalar_one() for name in names]


@pytest.mark.parametrize(
    ("opened", "limits"),
    [
        (Database.write_connection, ["10s", "1s", "5s"]),
        (Database.read_connection, ["30s", "5s", "10s"]),
        (Database.autocommit_connection, ["30s", "5s", "10s"]),
        (by_session, ["30s", "5s", "10s"]),
        (by_worker, ["2min", "10s", "10s"]),
        (Database.snapshot, ["0", "10s", "1h"]),
        (Database.long_write_connection, ["0", "10s", "1h"]),
    ],
)
def test_each_kind_of_work_has_its_limits(
    database: Database, opened: Opened, limits: list[str]
) -> None:
    with opened(database) as connection:
        assert shown(connection) == limits
    # The next that takes the connection has the limits of its own work.
    with database.read_connection() as connection:
        assert shown(connection) == ["30s", "5s", "10s"]


def test_settings_set_them(database_url: str) -> None:
    settings = Settings(database_url=database_url, till_statement_timeout_seconds=0.25)
    with closing(open_database(settings)) as opened, opened.write_connection() as connection:
        assert shown(connection)[0] == "250ms"


def test_long_work_outlives_a_short_limit_of_statements(database_url: str) -> None:
    short = replace(DEFAULT_LIMITS.by_work[WorkKind.REQUEST], statement_seconds=0.05)
    limits = replace(DEFAULT_LIMITS, by_work={**DEFAULT_LIMITS.by_work, WorkKind.REQUEST: short})
    slow = text("SELECT pg_sleep(0.2)")
    with closing(Database(database_url, limits=limits)) as database:
        with database.snapshot() as connection:
            connection.execute(slow)
        with pytest.raises(DBAPIError), database.read_connection() as connection:
            connection.execute(slow)


def test_both_ends_notice_a_peer_that_vanished(database: Database) -> None:
    assert DEFAULT_LIMITS.for_client() == {
        "keepalives_idle": 15,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 30_000,
    }
    with database.read_connection() as connection:
        # Over a Unix socket PostgreSQL takes the parameters, and shows that they do not apply.
        source = connection.exec_driver_sql(
            "SELECT count(*) FROM pg_settings WHERE source = 'client'"
            " AND name IN ('tcp_keepalives_idle', 'tcp_keepalives_interval',"
            " 'tcp_keepalives_count', 'tcp_user_timeout')"
        ).scalar_one()
    assert source == 4
