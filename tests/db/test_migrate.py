"""A database is brought to the newest tables, and its ledger can only grow."""

import threading
from pathlib import Path

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, insert, inspect, text
from sqlalchemy.exc import DBAPIError

from punchcard.db import migrate
from punchcard.db.database import Database
from tests.support.databases import PostgresqlTemplate


def test_the_newest_file_is_the_newest_revision() -> None:
    scripts = ScriptDirectory.from_config(migrate.config())
    assert migrate.head() == scripts.get_current_head()


def test_a_fresh_database_is_at_the_newest_revision(database: Database) -> None:
    assert migrate.current(database) == migrate.head()
    assert migrate.is_current(database)


def test_a_database_without_tables_says_so(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'empty.db'}")
    assert migrate.current(database) is None
    assert not migrate.is_current(database)
    database.close()


def test_migrating_again_changes_nothing(database_url: str, database: Database) -> None:
    migrate.upgrade(database_url)
    assert migrate.is_current(database)


def test_servers_that_start_together_migrate_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'shared.db'}"
    _migrate_from_many_threads(url)


def test_servers_that_start_together_migrate_once_on_postgresql(
    postgresql_template: PostgresqlTemplate,
) -> None:
    with postgresql_template.copy() as url:
        database = Database(url)
        with database.write_connection() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
        database.close()
        _migrate_from_many_threads(url)


def _migrate_from_many_threads(url: str) -> None:
    failures: list[Exception] = []

    def start() -> None:
        try:
            migrate.upgrade(url)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=start) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    database = Database(url)
    assert failures == []
    assert migrate.is_current(database)
    database.close()


def test_a_revision_is_never_undone(database: Database) -> None:
    with (
        pytest.raises(migrate.DowngradeRefused, match="restore the backup"),
        database.write_connection() as connection,
    ):
        command.downgrade(migrate.config(connection=connection), "base")
    assert migrate.is_current(database)


def _audit_event(database: Database) -> None:
    with database.write_connection() as connection:
        connection.execute(text(_INSERT))


_INSERT = (
    "INSERT INTO audit_events (id, actor_kind, action, subject_kind, subject_id, created_at)"
    " VALUES ('019cac1e7b0070008000000000000001', 'admin', 'vendor.created', 'vendor', 'alice',"
    " '2026-03-02 09:00:00')"
)


_CHANGES = {
    "UPDATE": "UPDATE {table} SET actor_kind = 'nobody'",
    "DELETE": "DELETE FROM {table}",
    "TRUNCATE": "TRUNCATE {table} CASCADE",
}


@pytest.mark.parametrize("table", ["loyalty_transactions", "audit_events"])
@pytest.mark.parametrize("verb", ["UPDATE", "DELETE", "TRUNCATE"])
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_postgresql_refuses_to_change_what_may_only_grow(
    database: Database, table: str, verb: str
) -> None:
    statement = _CHANGES[verb].format(table=table)
    with (
        pytest.raises(DBAPIError, match=f"{table} is append-only: {verb} is refused"),
        database.write_connection() as connection,
    ):
        connection.execute(text(statement))


@pytest.mark.parametrize(
    ("statement", "verb"),
    [
        ("UPDATE audit_events SET actor_kind = 'nobody'", "UPDATE"),
        ("DELETE FROM audit_events", "DELETE"),
        (_INSERT.replace("INSERT", "INSERT OR REPLACE", 1), "DELETE"),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_sqlite_refuses_to_change_what_may_only_grow(
    database: Database, statement: str, verb: str
) -> None:
    _audit_event(database)
    with (
        pytest.raises(DBAPIError, match=f"audit_events is append-only: {verb} is refused"),
        database.write_connection() as connection,
    ):
        connection.execute(text(statement))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_sqlite_guards_the_ledger_by_the_same_triggers(database: Database) -> None:
    with database.read_connection() as connection:
        guarded = connection.execute(
            text("SELECT tbl_name, name FROM sqlite_master WHERE type = 'trigger' ORDER BY name")
        ).all()
    of_log = ("log_checkpoints", "log_leaves", "log_nodes")
    assert guarded == [
        ("audit_events", "audit_events_append_only_DELETE"),
        ("audit_events", "audit_events_append_only_UPDATE"),
        *(
            (table, f"{table}_append_only_{verb}")
            for table in of_log
            for verb in ("DELETE", "UPDATE")
        ),
        ("loyalty_transactions", "loyalty_transactions_append_only_DELETE"),
        ("loyalty_transactions", "loyalty_transactions_append_only_UPDATE"),
        ("vendor_months", "vendor_months_append_only_DELETE"),
        ("vendor_months", "vendor_months_append_only_UPDATE"),
    ]


def test_cards_keep_room_for_their_updates(durable_database_url: str) -> None:
    database = Database(durable_database_url)
    with database.read_connection() as connection:
        options = inspect(connection).get_table_options("loyalty_cards")
        assert connection.scalar(text("SHOW fsync")) == "on"
    database.close()
    assert options == {"postgresql_with": {"fillfactor": "80"}}


@pytest.mark.parametrize(
    ("revision", "floor", "may"),
    [
        ("0999", None, True),
        ("0999", "0001", True),
        ("0999", "0999", False),
        ("0001", None, False),
    ],
)
def test_a_running_version_goes_on_beside_a_newer_one_that_only_added(
    database: Database, revision: str, floor: str | None, may: bool
) -> None:
    head = migrate.head()
    with database.write_connection() as connection:
        _mark(connection, revision)
        if floor is not None:
            connection.execute(insert(migrate.UpgradeFloor).values(revision=floor))
    try:
        if floor is not None and floor > head:
            with pytest.raises(migrate.DatabaseIsNewer):
                migrate.may_go_on(database)
        else:
            assert migrate.may_go_on(database) is may
    finally:
        with database.write_connection() as connection:
            _mark(connection, head)


def _mark(connection: Connection, revision: str) -> None:
    connection.execute(text("UPDATE alembic_version SET version_num = :to"), {"to": revision})
