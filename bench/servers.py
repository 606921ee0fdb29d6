"""Servers a bench starts and stops: PostgreSQL as a shop would run it, and Punchcard itself."""

import http.client
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

import psycopg
from sqlalchemy.engine import make_url

from bench.processes import resident_mb
from punchcard.kit.environment.reading import PREFIX
from punchcard.kit.settings import Settings, load_settings
from tools.free_ports import free_port

START_SECONDS = 30
STOP_SECONDS = 20
_POLL_SECONDS = 0.002

DURABLE = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "shared_buffers": "1GB",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "15min",
}
"""PostgreSQL as a shop would run it: nothing is answered before it is on the disk."""


def database_address(server: str, name: str) -> str:
    """Return the address of another database on the same server."""
    return make_url(server).set(database=name).render_as_string(hide_password=False)


def create_database(server: str, name: str, *, template: str | None = None) -> str:
    """Create a database, empty or as a copy of `template`, and return its address."""
    copied = f" TEMPLATE {template} STRATEGY FILE_COPY" if template else ""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}{copied}".encode())
    return database_address(server, name)


def bench_settings(folder: Path, database_url: str = "") -> Settings:
    """Return settings that a bench and the server it starts share; SQLite in `folder` if no URL."""
    return load_settings(
        {},
        data_dir=folder,
        database_url=database_url or f"sqlite:///{folder / 'punchcard.db'}",
        secret_key="a secret key for benches, 32 characters",  # noqa: S106 guards nothing
        pin_pepper="a pepper for benches, of 32 characters",
        # One credential asks as often as it can; that it is counted belongs to what is measured.
        credential_requests_per_minute=1_000_000_000,
        # A till that has to wait for its turn on a busy machine is slow, not gone.
        till_idle_transaction_timeout_seconds=60.0,
    )


@dataclass(frozen=True)
class Server:
    """A running Punchcard."""

    port: int
    pid: int
    seconds_to_first_answer: float


@contextmanager
def serving(settings: Settings, *, workers: int = 1) -> Iterator[Server]:
    """Run the server with these settings in so many processes; stop it when the block ends."""
    port = free_port()
    command = [punchcard_command(), "serve", "--port", str(port), "--workers", str(workers)]
    with answering(command, environment_of(settings), port) as server:
        yield server


@contextmanager
def answering(
    command: Sequence[str], environment: Mapping[str, str], port: int
) -> Iterator[Server]:
    """Run what answers `/healthz` at this port of 127.0.0.1; stop it when the block ends."""
    with tempfile.TemporaryFile() as log:
        started = monotonic()
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            _wait_for_answer(process, port)
            yield Server(port, process.pid, monotonic() - started)
        except _DidNotStart:
            log.seek(0)
            raise RuntimeError(
                "the server did not start:\n" + log.read().decode(errors="replace")[-4000:]
            ) from None
        finally:
            _stop(process)


@dataclass(frozen=True)
class ImportCost:
    """What Python takes to import the two largest packages, and nothing of ours."""

    seconds: float
    resident_mb: float


def import_cost() -> ImportCost:
    """Start a Python that imports FastAPI and SQLAlchemy, and measure it."""
    script = "import fastapi, sqlalchemy, sys; sys.stdout.write('.'); sys.stdout.flush(); input()"
    started = monotonic()
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.read(1)
        cost = ImportCost(monotonic() - started, resident_mb(process.pid))
        process.stdin.write(b"\n")
    return cost


def punchcard_command() -> str:
    """Return the path of the `punchcard` command beside this Python."""
    return str(Path(sys.executable).with_name("punchcard"))


class _DidNotStart(Exception):
    """The server ended, or gave no answer in time."""


def environment_of(settings: Settings) -> dict[str, str]:
    """Return this process's environment with the bench's settings in place of Punchcard's own."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    given: Mapping[str, object] = {
        "DATA_DIR": settings.data_dir,
        "DATABASE_URL": settings.database_url,
        "SECRET_KEY": settings.secret_key,
        "PIN_PEPPER": settings.pin_pepper,
        "CREDENTIAL_REQUESTS_PER_MINUTE": settings.credential_requests_per_minute,
    }
    return own | {PREFIX + name: str(value) for name, value in given.items()}


def _wait_for_answer(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = monotonic() + START_SECONDS
    while process.poll() is None and monotonic() < deadline:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=START_SECONDS)
        try:
            connection.request("GET", "/healthz")
            if connection.getresponse().status == 200:
                return
        except ConnectionRefusedError:
            # Nobody listens yet, and there is nothing to wait on but the next try.
            sleep(_POLL_SECONDS)
        finally:
            connection.close()
    raise _DidNotStart


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
