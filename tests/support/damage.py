"""Do to a database what only someone who has it in their hands can: write past its triggers."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, create_engine

from punchcard.db.database import with_driver


@contextmanager
def behind_the_triggers(url: str) -> Iterator[Connection]:
    """Open a connection that no trigger and no foreign key holds back; commits at the end."""
    engine = create_engine(url if url.startswith("sqlite") else with_driver(url))
    try:
        with engine.begin() as connection:
            if connection.dialect.name == "sqlite":
                triggers = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
                for name in connection.exec_driver_sql(triggers).scalars().all():
                    connection.exec_driver_sql(f"DROP TRIGGER {name}")
            else:
                connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
            yield connection
    finally:
        engine.dispose()
