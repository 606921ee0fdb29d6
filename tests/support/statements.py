"""Count what a session asks of the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

from punchcard.db.database import Database


@contextmanager
def counted_statements(session: Session) -> Iterator[list[str]]:
    """Collect the statements that `session` sends while the block runs."""
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements.append(statement)

    connection = session.connection()
    event.listen(connection, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(connection, "before_cursor_execute", note)


@contextmanager
def statements_of(database: Database, statements: list[str]) -> Iterator[None]:
    """Add to `statements` what anybody sends to `database` while the block runs."""

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements.append(statement)

    with database.write_connection() as writer, database.read_connection() as reader:
        engines = {writer.engine, reader.engine}
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    try:
        yield
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)
