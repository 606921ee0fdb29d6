"""Nothing can be written: everybody is told so, and it is noticed by itself when it is over."""

import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import make_url

from punchcard.context import build_context
from punchcard.kit.settings import load_settings
from tests.faults.gate import DEADLINE_SECONDS
from tests.loyalty import shelf
from tests.support import cast
from tests.support.server_process import PUNCHCARD, caller, environment_for, serving

EARN = "/api/v1/vendor/loyalty/points/earn"


@contextmanager
def files_that_may_not_grow(pid: int, _url: str) -> Iterator[None]:
    """Let the server write no file any more, as on a full disk."""
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (1, before[1]))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, before)


@contextmanager
def database_that_only_reads(_pid: int, url: str) -> Iterator[None]:
    """Let PostgreSQL take no writes, as a standby."""
    name = sql.Identifier(make_url(url).database or "")
    server = make_url(url).set(database="postgres").render_as_string(hide_password=False)
    end = (
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        " WHERE datname = %s AND pid <> pg_backend_pid()"
    )
    with psycopg.connect(server, autocommit=True) as connection:
        for value in ("on", "off"):
            statement = "ALTER DATABASE {} SET default_transaction_read_only = {}"
            connection.execute(sql.SQL(statement).format(name, sql.SQL(value)))
            connection.execute(end, (make_url(url).database,))
            if value == "on":
                yield


@pytest.fixture(params=["sqlite", "postgresql"])
def environment(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """Set a server that looks five times a second whether it can write."""
    if request.param == "sqlite":
        url = request.getfixturevalue("sqlite_template").copy_to(tmp_path / "punchcard.db")
    else:
        url = request.getfixturevalue("durable_database_url")
    probe = {"PUNCHCARD_READINESS_WRITE_PROBE_SECONDS": "0.2"}
    return {**environment_for(url, tmp_path), **probe}


def test_a_server_that_cannot_write_says_so_until_it_can(
    environment: dict[str, str], tmp_path: Path
) -> None:
    url = environment["PUNCHCARD_DATABASE_URL"]
    harm = files_that_may_not_grow if url.startswith("sqlite") else database_that_only_reads
    token, card = open_shop(environment)
    with serving(environment, tmp_path) as server, caller(server.address) as client:
        headers = {"Authorization": f"Bearer {token}"}

        def earn(key: str) -> httpx.Response:
            body = {"card": card, "amount_minor": 100}
            return client.post(EARN, json=body, headers={**headers, "Idempotency-Key": key})

        assert earn("before").status_code == 201
        with harm(server.process.pid, url):
            # On PostgreSQL the till's connection has just been ended: that it says first.
            refused = until(lambda: earn("during"), lambda a: a.json()["code"] != "busy")
            assert (refused.status_code, refused.json()["code"]) == (503, "storage_not_writable")
            assert refused.json()["detail"].startswith("The server cannot save anything")
            assert refused.headers["Retry-After"] == "10"

            ready = client.get("/readyz")
            assert (ready.status_code, ready.json()["code"]) == (503, "storage_not_writable")
            figures = client.get("/metrics").text
            assert 'punchcard_storage_writable{process="0"} 0.0' in figures
            assert 'punchcard_till_refused_total{process="0"} 0.0' in figures
            assert 'punchcard_till_failed_total{process="0"} 0.0' not in figures

            assert client.get("/api/v1/vendor/loyalty/cards", headers=headers).status_code == 200
        # Nobody stamps meanwhile: it is found by looking.
        ready = until(lambda: client.get("/readyz"), lambda answer: answer.status_code == 200)
        assert ready.json()["is_ready"]
        assert earn("during").status_code == 201
        assert earn("during").headers["Idempotency-Replayed"] == "true"


def test_readiness_finds_by_itself_that_nothing_can_be_written(
    environment: dict[str, str], tmp_path: Path
) -> None:
    url = environment["PUNCHCARD_DATABASE_URL"]
    harm = files_that_may_not_grow if url.startswith("sqlite") else database_that_only_reads
    with serving(environment, tmp_path) as server, caller(server.address) as client:
        with harm(server.process.pid, url):
            ready = until(
                lambda: client.get("/readyz"),
                lambda answer: answer.json()["code"] == "storage_not_writable",
            )
            assert (ready.status_code, ready.json()["storage"]) == (503, False)
        until(lambda: client.get("/readyz"), lambda answer: answer.status_code == 200)


def test_the_doctor_says_that_nothing_can_be_written(
    environment: dict[str, str], tmp_path: Path
) -> None:
    url = environment["PUNCHCARD_DATABASE_URL"]
    healthy = doctor(environment, "pass")
    assert healthy.returncode == 0, healthy.stdout + healthy.stderr
    if url.startswith("sqlite"):
        limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (1, 1))"
        ill = doctor(environment, limit)
    else:
        with database_that_only_reads(0, url):
            ill = doctor(environment, "pass")
    assert ill.returncode == 1
    assert "Nothing can be written" in " ".join(ill.stdout.split())


def doctor(environment: dict[str, str], first: str) -> "subprocess.CompletedProcess[str]":
    """Run the command in a process that does `first`."""
    script = f"{first}\nimport os, sys; os.execv(sys.argv[1], sys.argv[1:])"
    return subprocess.run(
        [sys.executable, "-c", script, PUNCHCARD, "doctor"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def until(
    ask: Callable[[], httpx.Response], is_so: Callable[[httpx.Response], bool]
) -> httpx.Response:
    """Ask until the answer is as wanted, and return it."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while True:
        answer = ask()
        if is_so(answer):
            return answer
        assert time.monotonic() < deadline, answer.text


def open_shop(environment: dict[str, str]) -> tuple[str, str]:
    """Return a key that may operate, and a card."""
    with closing(build_context(load_settings(environment, password_bcrypt_cost=4))) as context:
        alice = cast.open_cafe_alice(context)
        program = shelf.program(alice, type="points", status="active", pin_policy="off")
        return alice.api_key("loyalty:operate", "loyalty:read"), shelf.opened_card(alice, program)
