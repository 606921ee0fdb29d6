"""One of several hosts hangs: others are asked, and nobody waits for what it will not answer."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest
from sqlalchemy import text

from punchcard.db.database import Database
from punchcard.db.limits import WorkKind
from punchcard.db.postgresql.host_watch import HostWatch
from punchcard.db.postgresql.patient_connection import PatientConnection, connect_patiently
from tests.faults.test_patience import frozen
from tools.postgresql import postgresql_server

LONG = dict.fromkeys(WorkKind, 120.0)
"""A patience that no test has."""


@pytest.fixture(scope="module")
def folders() -> Iterator[list[str]]:
    """Start two servers; gives the folders of their sockets."""
    with postgresql_server({"fsync": "off"}) as one, postgresql_server({"fsync": "off"}) as two:
        yield [parse_qs(urlsplit(address).query)["host"][0] for address in (one, two)]


@contextmanager
def frozen_server(folder: str) -> Iterator[None]:
    """Freeze who takes connections there: its kernel goes on to take them, and nobody answers."""
    with frozen(int(Path(folder, "postmaster.pid").read_text().split()[0])):
        yield


def connected(folders: list[str], hosts: HostWatch, **how: Any) -> PatientConnection:
    places = f"host={','.join(folders)} user=postgres dbname=postgres"
    return connect_patiently(LONG, places, hosts=hosts, autocommit=True, **how)


def folder_of(connection: PatientConnection) -> str:
    return connection.info.host


def test_a_host_that_hangs_is_passed_over_and_then_not_asked(folders: list[str]) -> None:
    hosts = HostWatch()
    first, second = folders
    with frozen_server(first):
        for _ in range(2):
            with connected(folders, hosts) as connection:
                assert folder_of(connection) == second
        assert hosts.hangs(f"{first}:5432")
        assert hosts.in_order([f"{one}:5432" for one in folders]) == [f"{second}:5432"]


def test_a_host_that_answers_again_is_taken_again(folders: list[str]) -> None:
    now = 0.0
    hosts = HostWatch(lambda: now)
    first, second = folders
    with frozen_server(first), connected(folders, hosts) as connection:
        assert folder_of(connection) == second
    now += 60
    with frozen_server(second), connected(folders, hosts) as connection:
        assert folder_of(connection) == first
    assert not hosts.hangs(f"{first}:5432")


def test_where_no_host_answers_the_last_fault_is_told(folders: list[str]) -> None:
    hosts = HostWatch()
    with (
        frozen_server(folders[0]),
        frozen_server(folders[1]),
        pytest.raises(psycopg.OperationalError, match="timeout"),
    ):
        connected(folders, hosts)
    assert all(hosts.hangs(f"{folder}:5432") for folder in folders)


def test_who_waits_for_a_host_that_hangs_gives_it_up(folders: list[str]) -> None:
    hosts = HostWatch()
    with closing(connected(folders, hosts)) as connection:
        hosts.note_hung(connection.place)
        with pytest.raises(psycopg.OperationalError, match="no answer came"):
            connection.execute("SELECT pg_sleep(600)")
        assert connection.closed


def test_long_work_waits_on_while_its_host_takes_no_connections(folders: list[str]) -> None:
    hosts = HostWatch()
    with closing(connected(folders, hosts)) as connection:
        connection.patience = {}
        hosts.note_hung(connection.place)
        row = connection.execute("SELECT 1 FROM pg_sleep(2.5)").fetchone()
        assert row == (1,)


def test_what_lay_in_the_pool_is_asked_before_it_is_lent(folders: list[str]) -> None:
    address = f"postgresql://postgres@/postgres?host={folders[0]}"
    with closing(Database(address)) as database:
        with database.read() as session:
            pid = session.scalar(text("SELECT pg_backend_pid()"))
        with database.read() as session:
            assert session.scalar(text("SELECT pg_backend_pid()")) == pid
        # A request's statement would be waited for half a minute.
        with frozen(pid), database.read() as session:
            assert session.scalar(text("SELECT pg_backend_pid()")) != pid
