"""A PostgreSQL that hangs is given up by its clients, and no commit counts that a standby lacks."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import LiteralString

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from punchcard.db.database import Database, open_database
from punchcard.db.limits import WorkKind, working_as
from punchcard.kit.settings import Settings
from punchcard.loyalty.operations import Operation
from punchcard.loyalty.till.receipt import Receipt
from tests.faults.test_lost_database import counter_on
from tests.support.books import audited
from tests.support.databases import PostgresqlTemplate
from tests.support.waiting import wait_until
from tools.postgresql import postgresql_server

postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@contextmanager
def frozen(pid: int) -> Iterator[None]:
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@postgresql
def test_an_answer_that_never_comes_is_not_waited_for(database_url: str) -> None:
    with closing(
        open_database(Settings(database_url=database_url, request_statement_timeout_seconds=0.2))
    ) as database:
        with database.read() as session:
            pid = session.scalar(text("SELECT pg_backend_pid()"))
            with frozen(pid), pytest.raises(OperationalError, match="no answer came") as caught:
                session.execute(text("SELECT 1"))
        assert caught.value.connection_invalidated
        # The next is served by a connection of its own.
        with database.read() as session:
            assert session.scalar(text("SELECT pg_backend_pid()")) != pid


@postgresql
def test_long_work_is_waited_for_as_long_as_it_takes(database_url: str) -> None:
    settings = Settings(database_url=database_url, request_statement_timeout_seconds=0.2)
    with (
        closing(open_database(settings)) as database,
        working_as(WorkKind.LONG),
        database.read() as session,
    ):
        # Longer than any other kind of work would be let.
        assert session.scalar(text("SELECT 1 FROM pg_sleep(2.5)")) == 1


@pytest.fixture(scope="module")
def lonely_server() -> Iterator[PostgresqlTemplate]:
    """Start a server that waits for a standby as soon as it is told of one, and there is none."""
    with postgresql_server({"fsync": "off"}) as address:
        template = PostgresqlTemplate(address, {})
        with closing(template):
            yield template


@pytest.fixture
def lonely_url(lonely_server: PostgresqlTemplate) -> Iterator[str]:
    """Give a database of this test's own there."""
    with lonely_server.copy() as url:
        yield url


@contextmanager
def waiting_for_nobody(address: str) -> Iterator[psycopg.Connection]:
    """Let every commit wait for a standby that does not exist."""

    def name_standby(names: str) -> None:
        connection.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{names}'".encode())
        connection.execute("SELECT pg_reload_conf()")
        wait_until(lambda: _shown() == names)

    def _shown() -> str:
        # A session reads its configuration again between two statements.
        row = connection.execute("SHOW synchronous_standby_names").fetchone()
        assert row is not None
        return str(row[0])

    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("SET synchronous_commit = local")
        name_standby("nobody")
        try:
            yield connection
        finally:
            name_standby("")


WAITING: LiteralString = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'"


def test_what_no_standby_has_is_not_acknowledged_and_a_retry_settles_it(
    lonely_url: str,
) -> None:
    settings = Settings(database_url=lonely_url, till_statement_timeout_seconds=0.3)
    with closing(open_database(settings)) as database, counter_on(database) as alice:
        card = alice.card(alice.program(type="points"))
        asked = alice.earn(card, 100, idempotency_key="k-1")
        with waiting_for_nobody(lonely_url) as other:
            outcome = alice.till.submit_all([asked])[0]
            assert not isinstance(outcome, Receipt)
            assert other.execute(WAITING).fetchall()
            # Nobody sees it yet, and nobody else can touch the card.
            again = alice.till.submit_all([asked])[0]
            assert not isinstance(again, Receipt)
        receipt = alice.till.submit(asked)
        entries = audited(database)[card]
        assert [e["id"] for e in entries if e["idempotency_key"]] == [receipt.entry["id"]]


def test_a_wait_that_somebody_cancels_acknowledges_nothing(lonely_url: str) -> None:
    with closing(Database(lonely_url)) as database, counter_on(database) as alice:
        card = alice.card(alice.program(type="points"))
        asked: Operation = alice.earn(card, 100, idempotency_key="k-2")
        with waiting_for_nobody(lonely_url) as other, ThreadPoolExecutor(1) as thread:
            outcome = thread.submit(alice.till.submit_all, [asked])
            wait_until(lambda: other.execute(WAITING).fetchone() is not None)
            for (pid,) in other.execute(WAITING).fetchall():
                other.execute("SELECT pg_cancel_backend(%s)", (pid,))
            assert not isinstance(outcome.result()[0], Receipt)
        assert isinstance(alice.till.submit(asked), Receipt)
        audited(database)
