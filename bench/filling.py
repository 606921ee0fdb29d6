"""Databases filled by statements of their own, behind the till's back: millions of rows at once."""

import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import psycopg

from bench.history import drop_indexes
from punchcard.kit.environment.paths import sqlite_file
from punchcard.kit.settings import Settings

_HERE: Final = Path(__file__).parent
_INDEXES: Final = (
    "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    " AND tbl_name IN ('loyalty_transactions', 'loyalty_cards')"
)


def fill(settings: Settings, name: str, values: Mapping[str, object]) -> None:
    """Run the statements of `name`_postgresql.sql or `name`_sqlite.sql with these values.

    Without foreign keys, triggers and indexes, which are built afterwards. `vendor` and `program`
    are ids as text.
    """
    if settings.is_embedded:
        path = sqlite_file(settings.database_url)
        assert path is not None
        _fill_sqlite(path, _statements(f"{name}_sqlite.sql"), values)
    else:
        _fill_postgresql(settings.database_url, _statements(f"{name}_postgresql.sql"), values)


def _fill_postgresql(url: str, statements: list[str], values: Mapping[str, object]) -> None:
    with psycopg.connect(url) as connection, psycopg.ClientCursor(connection) as cursor:
        # A replica's session leaves triggers and foreign keys alone.
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("SET maintenance_work_mem = '512MB'")
        definitions = drop_indexes(connection)
        for statement in statements:
            cursor.execute(statement.encode(), values)
        for definition in definitions:
            cursor.execute(definition)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE)")
        # What was filled is on the disk before anything is measured, not while it is.
        connection.execute("CHECKPOINT")


def _fill_sqlite(path: Path, statements: list[str], values: Mapping[str, object]) -> None:
    """Write it all without a journal as well."""
    connection = sqlite3.connect(path, isolation_level=None)
    kept = {**values, **{n: str(values[n]).replace("-", "") for n in ("vendor", "program")}}
    for pragma in ("journal_mode = OFF", "synchronous = OFF", "temp_store = FILE"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("PRAGMA cache_size = -262144")
    connection.execute("BEGIN")
    definitions = connection.execute(_INDEXES).fetchall()
    for index, _ in definitions:
        connection.execute(f"DROP INDEX {index}")
    for statement in statements:
        connection.execute(statement, kept)
    for _, definition in definitions:
        connection.execute(definition)
    connection.execute("COMMIT")
    connection.close()


def _statements(name: str) -> list[str]:
    text = (_HERE / name).read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("--")]
    return "\n".join(lines).split(";")
