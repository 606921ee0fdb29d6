"""The database goes away and comes back: callers are told to wait, and a retry settles all."""

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from itertools import count

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import make_url

from punchcard.db.database import Database
from punchcard.kit.clock import SystemClock
from punchcard.kit.ids import CardId, SystemIds, VendorId
from punchcard.loyalty.errors.till import TillBusy
from punchcard.loyalty.operations import Operation
from punchcard.loyalty.till.receipt import Receipt
from tests.support.books import audited
from tests.support.databases import opened_file
from tests.support.drivers.till import TillDriver, open_till, open_till_driver

on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@contextmanager
def counter_on(database: Database) -> Iterator[TillDriver]:
    clock = SystemClock()
    ids = SystemIds(clock)
    with open_till(database, clock=clock, ids=ids) as till:
        yield open_till_driver(database, till, clock=clock, ids=ids)


def is_done(counter: TillDriver, operation: Operation) -> Receipt | None:
    try:
        return counter.till.submit(operation)
    except TillBusy:
        return None


class Switch:
    """Takes a database away under everybody's hands, and gives it back."""

    def __init__(self, url: str) -> None:
        self._name = make_url(url).database or ""
        server = make_url(url).set(database="postgres").render_as_string(hide_password=False)
        self._server = psycopg.connect(server, autocommit=True)

    def end_connections(self) -> None:
        self._server.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s",
            (self._name,),
        )

    def allow(self, is_allowed: bool) -> None:
        statement = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
        self._server.execute(statement.format(sql.Identifier(self._name), sql.Literal(is_allowed)))

    def close(self) -> None:
        self._server.close()


@on_postgresql
def test_connections_that_break_under_load_lose_and_double_nothing(
    database: Database, database_url: str
) -> None:
    with counter_on(database) as alice, closing(Switch(database_url)) as switch:
        cards = alice.cards(alice.program(type="points"), 6)
        stop = threading.Event()

        receipts: list[Receipt] = []
        unsettled: list[Operation] = []

        def busy_till(number: int) -> None:
            for n in count():
                if stop.is_set():
                    return
                card = cards[(number + n) % len(cards)]
                asked = alice.earn(card, 100, idempotency_key=f"{number}-{n}")
                if receipt := is_done(alice, asked):
                    receipts.append(receipt)
                else:
                    unsettled.append(asked)

        with ThreadPoolExecutor(6) as threads:
            tills = [threads.submit(busy_till, number) for number in range(6)]
            deadline = time.monotonic() + 30
            while len(unsettled) < 12 and time.monotonic() < deadline:
                switch.end_connections()
            stop.set()
            for till in tills:
                till.result()
        assert unsettled
        receipts += [alice.till.submit(operation) for operation in unsettled]
    entries = {e["id"]: e for chain in audited(database).values() for e in chain}
    keyed = [entry for entry in entries.values() if entry["idempotency_key"]]
    assert len(keyed) == len(receipts)
    assert all(entries[r.entry["id"]]["hash"] == r.entry["hash"] for r in receipts)


@on_postgresql
def test_while_the_database_is_away_everybody_is_told_and_nothing_waits(
    database: Database, database_url: str
) -> None:
    with counter_on(database) as alice, closing(Switch(database_url)) as switch:
        card = alice.card(alice.program(type="points"))
        asked = [alice.earn(card, 100, idempotency_key=f"k-{n}") for n in range(5)]
        switch.allow(False)
        try:
            switch.end_connections()
            outcomes = alice.till.submit_all(asked)
            assert [type(outcome) for outcome in outcomes] == [TillBusy] * 5
            assert alice.till.waiting == 0
        finally:
            switch.allow(True)
        assert alice.till.is_running
        assert all(isinstance(outcome, Receipt) for outcome in alice.till.submit_all(asked))
    assert len(audited(database)[card]) == 6


def test_a_server_that_hangs_up_is_asked_once_for_a_whole_batch() -> None:
    calls = 0
    with socket.create_server(("127.0.0.1", 0)) as server:

        def hang_up() -> None:
            nonlocal calls
            while True:
                try:
                    server.accept()[0].close()
                except OSError:
                    return
                calls += 1

        thread = threading.Thread(target=hang_up)
        thread.start()
        url = f"postgresql://punchcard@127.0.0.1:{server.getsockname()[1]}/shop?sslmode=disable"
        clock = SystemClock()
        ids = SystemIds(clock)
        with (
            closing(Database(url)) as database,
            open_till(database, clock=clock, ids=ids) as till,
        ):
            alice = TillDriver(database, till, clock, ids, vendor_id=VendorId(ids.new_id()))
            outcomes = till.submit_all([alice.earn(CardId(ids.new_id()), 100) for _ in range(20)])
        server.shutdown(socket.SHUT_RDWR)
    thread.join()
    assert [type(outcome) for outcome in outcomes] == [TillBusy] * 20
    assert calls == 1


@on_sqlite
def test_a_file_that_another_process_holds_makes_callers_wait_and_loses_nothing(
    database_url: str,
) -> None:
    with closing(Database(database_url, busy_seconds=0)) as database, counter_on(database) as alice:
        card = alice.card(alice.program(type="points"))
        asked = alice.earn(card, 100, idempotency_key="k-1")
        with opened_file(database_url) as other:
            other.execute("BEGIN IMMEDIATE")
            assert is_done(alice, asked) is None
        assert alice.till.submit(asked).card.points == 1
        audited(database)
