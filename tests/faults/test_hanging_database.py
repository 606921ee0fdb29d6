"""A PostgreSQL that takes questions and answers none: who watches the server hears so, in time."""

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import psycopg
import pytest
from sqlalchemy.engine import make_url

from tests.faults.test_storage import until
from tests.support.server_process import caller, environment_for, serving

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)

# No look may end by its own limit, nor may any of PostgreSQL's: it is the server that gives up.
TIMES = {"PUNCHCARD_READINESS_TIMEOUT_SECONDS": "0.5"}
OTHERS = (
    "SELECT pid FROM pg_stat_activity"
    " WHERE datname = %s AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
)


@contextmanager
def standing_still(url: str) -> Iterator[None]:
    """Freeze what serves the database, as a machine does that hangs; let it go on afterwards."""
    name = make_url(url).database
    server = make_url(url).set(database="postgres").render_as_string(hide_password=False)
    with psycopg.connect(server, autocommit=True) as connection, ExitStack() as stack:
        # Nobody comes in by a new connection either.
        connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false'.encode())
        stack.callback(
            connection.execute, f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true'.encode()
        )
        for (pid,) in connection.execute(OTHERS, (name,)).fetchall():
            os.kill(pid, signal.SIGSTOP)
            stack.callback(os.kill, pid, signal.SIGCONT)
        yield


def answered(figures: httpx.Response) -> bool:
    assert figures.status_code == 200
    return "punchcard_database_answers 1.0" in figures.text


def test_who_watches_is_answered_while_the_database_hangs(
    database_url: str, tmp_path: Path
) -> None:
    environment = {**environment_for(database_url, tmp_path), **TIMES}
    with serving(environment, tmp_path) as server, caller(server.address) as client:
        assert answered(client.get("/metrics"))
        with standing_still(database_url):
            for _ in range(2):
                figures = client.get("/metrics")
                assert not answered(figures)
                # What the process knows by itself is told all the same.
                assert 'punchcard_till_running{process="0"} 1.0' in figures.text
                assert "punchcard_outbox_rows{" not in figures.text
            ready = client.get("/readyz")
            assert (ready.status_code, ready.json()["code"]) == (503, "database_unavailable")
            assert client.get("/healthz").status_code == 200
        until(lambda: client.get("/metrics"), answered)
        until(lambda: client.get("/readyz"), lambda answer: answer.status_code == 200)
