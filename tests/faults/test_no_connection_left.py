"""A PostgreSQL that has no connection left: callers are told to wait, and it ends by itself."""

from collections.abc import Iterator
from contextlib import ExitStack, closing

import psycopg
import pytest

from punchcard.db.database import Database
from punchcard.loyalty.till.receipt import Receipt
from tests.faults.test_lost_database import counter_on
from tests.support.books import audited
from tests.support.databases import PostgresqlTemplate
from tools.postgresql import THROWAWAY, postgresql_server

CONNECTIONS = 16


@pytest.fixture
def small_server() -> Iterator[str]:
    """Give a database on a server that lends few connections."""
    with (
        postgresql_server({**THROWAWAY, "max_connections": str(CONNECTIONS)}) as address,
        closing(PostgresqlTemplate(address, {})) as template,
        template.copy() as url,
    ):
        with psycopg.connect(url, autocommit=True) as connection:
            # A superuser, as tests are, would be lent those that are kept back.
            connection.execute("CREATE ROLE shop LOGIN")
            connection.execute("GRANT ALL ON ALL TABLES IN SCHEMA public TO shop")
            connection.execute("GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO shop")
        yield url.replace("postgres:@", "shop:@").replace("postgres@", "shop@")


def test_callers_are_told_and_what_they_ask_again_is_done_once(small_server: str) -> None:
    with closing(Database(small_server)) as database, counter_on(database) as alice:
        card = alice.card(alice.program(type="points"))
        asked = [alice.earn(card, 100, idempotency_key=f"k-{n}") for n in range(5)]
        # What the server held itself is gone, and others have taken everything there is.
        database.close()
        with ExitStack() as stack:
            take_all(small_server, stack)
            refused = alice.till.submit_all(asked)
            assert not any(isinstance(outcome, Receipt) for outcome in refused)
            assert alice.till.waiting == 0
        done = alice.till.submit_all(asked)
        told = [outcome.entry["id"] for outcome in done if isinstance(outcome, Receipt)]
        kept = [entry["id"] for entry in audited(database)[card] if entry["idempotency_key"]]
        assert kept == told
        assert len(told) == len(asked)


def take_all(url: str, stack: ExitStack) -> None:
    """Take every connection that the server lends, until the stack is left."""
    for _ in range(CONNECTIONS):
        try:
            stack.enter_context(psycopg.connect(url))
        except psycopg.OperationalError:
            return
    raise AssertionError("the server lends more than it should")
