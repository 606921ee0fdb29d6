"""Triggers that let a table grow and nothing else, in both databases.

Revisions call this; what it creates must stay what released revisions have created, so a changed
trigger is a new function here and a new revision.
"""

from sqlalchemy import Connection

from punchcard.db.dialects import is_sqlite

_POSTGRESQL = """
CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION punchcard_refuse_change()
"""

_POSTGRESQL_FUNCTION = """
CREATE OR REPLACE FUNCTION punchcard_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'restrict_violation';
END
$$
"""

_SQLITE = """
CREATE TRIGGER {table}_append_only_{verb} BEFORE {verb} ON {table}
BEGIN SELECT RAISE(ABORT, '{table} is append-only: {verb} is refused'); END
"""


def make_append_only(connection: Connection, table: str) -> None:
    """Make every UPDATE, DELETE and (on PostgreSQL) TRUNCATE of `table` fail from now on."""
    if is_sqlite(connection):
        for verb in ("UPDATE", "DELETE"):
            connection.exec_driver_sql(_SQLITE.format(table=table, verb=verb))
        return
    connection.exec_driver_sql(_POSTGRESQL_FUNCTION.replace("%", "%%"))
    connection.exec_driver_sql(_POSTGRESQL.format(table=table))
