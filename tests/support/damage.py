"""Do to a database what only someone who has it in their hands can: write past its triggers."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, create_engine

from punchcard.db.postgresql.addresses import engine_address


@contextmanager
def behind_the_triggers(url: str) -> Iterator[Connection]:
    """Open a connection that no trigger and no foreign key holds back; commits at the end."""
    is_sqlite = url.startswith("sqlite")
    # Whoever writes now is waited for: a server that is busy is no reason to fail.
    waits = {"timeout": 60} if is_sqlite else {}
    engine = create_engine(url if is_sqlite else engine_address(url), connect_args=waits)
    try:
        with engine.begin() as connection:
            if is_sqlite:
                # What is read before it is changed must not grow old in between.
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                triggers = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
                for name in connection.exec_driver_sql(triggers).scalars().all():
                    connection.exec_driver_sql(f"DROP TRIGGER {name}")
            else:
                connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
            yield connection
    finally:
        engine.dispose()
