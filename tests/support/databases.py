"""Fresh migrated databases: copies of one that was migrated once."""

import os
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from typing import Final
from uuid import uuid4

import psycopg
from sqlalchemy.engine import make_url

from punchcard.db import migrate
from tests.support.kept_database import KeptDatabase

# As a replica's session the triggers and foreign keys stay silent, so that the ledger can go.
_EMPTY = b"""
DO $$
DECLARE name text;
BEGIN
    SET LOCAL session_replication_role = replica;
    FOR name IN SELECT tablename FROM pg_tables
        WHERE schemaname = 'public' AND tablename <> 'alembic_version'
    LOOP
        EXECUTE format('DELETE FROM %I', name);
    END LOOP;
    PERFORM setval(oid::regclass, 1, false) FROM pg_class WHERE relkind = 'S';
END
$$
"""


MEMORY_FOLDER: Final = Path("/dev/shm")  # noqa: S108 - a folder of one's own is made in it
_MEMORY_BYTES: Final = 512 * 1024 * 1024


def has_memory_folder() -> bool:
    """Return whether files can lie in memory, with room for those of several workers.

    Containers are often lent 64 MiB, which one busy shop's log fills.
    """
    return (
        os.access(MEMORY_FOLDER, os.W_OK) and shutil.disk_usage(MEMORY_FOLDER).free > _MEMORY_BYTES
    )


def file_of(url: str) -> Path:
    """Return the file of an SQLite database."""
    return Path(url.removeprefix("sqlite:///"))


class SqliteTemplate:
    """A migrated SQLite file that tests take copies of."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / "template.db"
        migrate.upgrade(f"sqlite:///{self._path}")

    @contextmanager
    def lend(self) -> Iterator[str]:
        """Give the address of a fresh migrated database: always the same file, made anew."""
        try:
            yield self.copy_to(self._folder / "lent.db")
        finally:
            # Anyone who holds it still writes into a file that nobody sees any more.
            for path in self._folder.glob("lent.db*"):
                path.unlink()

    def copy_to(self, path: Path) -> str:
        """Put a fresh migrated database at `path` and return its address."""
        shutil.copyfile(self._path, path)
        return f"sqlite:///{path}"


class PostgresqlTemplate:
    """A migrated database on a PostgreSQL server that tests take copies of, or turns in."""

    def __init__(self, server: str, opened: Mapping[str, KeptDatabase]) -> None:
        """Use this server; of what tests have `opened`, connections may wait for the next test."""
        self._server = server
        self._opened = opened
        # One server may serve several runs at once, when its address was given from outside.
        self._name = f"punchcard_test_{uuid4().hex[:12]}"
        self._numbers = count(1)
        self._connection = psycopg.connect(server, autocommit=True)
        self._run(f"CREATE DATABASE {self._name}")
        migrate.upgrade(self._address(self._name))
        self._lent: str | None = None
        self._emptying: psycopg.Connection | None = None

    @contextmanager
    def lend(self) -> Iterator[str]:
        """Give the address of an empty migrated database, emptied again when the block ends.

        Quicker than a copy by a third of a second, and as fresh for a test that leaves the tables'
        shape alone.
        """
        self._lent = self._lent or self._create(self._name)
        try:
            yield self._address(self._lent)
        finally:
            self._empty(self._lent)

    @contextmanager
    def copy(self, address: str | None = None) -> Iterator[str]:
        """Give the address of a fresh migrated database, dropped when the block ends.

        With an `address` it is a copy of the database there, which nobody may be connected to.
        """
        name = self._create(make_url(address).database if address else self._name)
        try:
            yield self._address(name)
        finally:
            self._drop(name)

    def close(self) -> None:
        """Drop what was created."""
        if self._emptying:
            self._emptying.close()
        if self._lent:
            self._drop(self._lent)
        self._drop(self._name)
        self._connection.close()

    def _create(self, original: str | None) -> str:
        name = f"{self._name}_{next(self._numbers)}"
        self._run(f"CREATE DATABASE {name} TEMPLATE {original} STRATEGY FILE_COPY")
        return name

    def _drop(self, name: str) -> None:
        self._run(f"DROP DATABASE {name} WITH (FORCE)")

    def _empty(self, name: str) -> None:
        self._end_connections(name)
        # A server process that begins would read what the database is made of, table by table.
        if self._emptying is None:
            self._emptying = psycopg.connect(self._address(name), autocommit=True)
        self._emptying.execute(_EMPTY)

    def _end_connections(self, name: str) -> None:
        """End all but those that serve the next test too, and these if one of them is gone."""
        kept = self._opened.get(self._address(name))
        spared = kept.backends() if kept else set()
        if self._emptying:
            spared.add(self._emptying.info.backend_pid)
        ended = self._connection.execute(
            "SELECT pid, pid <> ALL(%s) AND pg_terminate_backend(pid, 5000)"
            " FROM pg_stat_activity WHERE datname = %s",
            (list(spared), name),
        )
        if spared - {pid for pid, is_ended in ended.fetchall() if not is_ended}:
            if kept:
                kept.end()
            if self._emptying:
                self._emptying.close()
                self._emptying = None

    def _address(self, name: str) -> str:
        return make_url(self._server).set(database=name).render_as_string(hide_password=False)

    def _run(self, statement: str) -> None:
        self._connection.execute(statement.encode())


@contextmanager
def opened_file(url: str) -> Iterator[sqlite3.Connection]:
    """Open the SQLite file of an address as another process would, without transactions."""
    path = make_url(url).database
    assert path is not None
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        yield connection
