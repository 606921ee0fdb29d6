"""The till's own connection to SQLite: what is done in one block stands or falls together."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from punchcard.db.database import Database
from punchcard.db.sets.direct import fetch_from_sqlite, send_to_sqlite

ADD = "INSERT INTO cups (name) VALUES (?)"


@pytest.fixture
def cups(tmp_path: Path) -> Iterator[Database]:
    """Open a database of cups, each on a saucer that there is."""
    database = Database(f"sqlite:///{tmp_path}/cups.db")
    with database.write_connection() as connection:
        connection.execute(text("CREATE TABLE saucers (name TEXT PRIMARY KEY)"))
        connection.execute(
            text(
                "CREATE TABLE cups (name TEXT PRIMARY KEY, saucer TEXT"
                " REFERENCES saucers DEFERRABLE INITIALLY DEFERRED)"
            )
        )
    yield database
    database.close()


def add(connection: Connection, statement: str, *, through: bool) -> None:
    """Do `statement` through SQLAlchemy or past it."""
    if through:
        connection.execute(text(statement))
    else:
        send_to_sqlite(connection, [(statement, [()])])


def names(cups: Database) -> list[str]:
    with cups.read_connection() as connection:
        return list(connection.execute(text("SELECT name FROM cups ORDER BY name")).scalars())


def test_what_goes_through_sqlalchemy_and_past_it_is_one_transaction(cups: Database) -> None:
    with cups.write_connection() as connection:
        send_to_sqlite(connection, [(ADD, [("past",)])])
        connection.execute(text("INSERT INTO cups (name) VALUES ('through')"))
        assert fetch_from_sqlite(connection, "SELECT count(*) FROM cups", ()) == [(2,)]
        assert names(cups) == []
    assert names(cups) == ["past", "through"]


@pytest.mark.parametrize("through", [True, False])
def test_a_block_that_fails_leaves_nothing_and_the_next_begins_anew(
    cups: Database, *, through: bool
) -> None:
    twice = "INSERT OR FAIL INTO cups (name) VALUES ('kept by SQLite'), ('it'), ('it')"
    with pytest.raises(IntegrityError), cups.write_connection() as connection:
        add(connection, twice, through=through)
    assert names(cups) == []
    with cups.write_connection() as connection:
        send_to_sqlite(connection, [(ADD, [("whole",)])])
    assert names(cups) == ["whole"]


@pytest.mark.parametrize("through", [True, False])
def test_a_commit_that_fails_is_told_and_leaves_nothing(cups: Database, *, through: bool) -> None:
    strayed = "INSERT INTO cups VALUES ('strayed', 'none')"
    with pytest.raises(IntegrityError), cups.write_connection() as connection:
        add(connection, strayed, through=through)
    assert names(cups) == []
    with cups.write_connection() as connection:
        send_to_sqlite(connection, [(ADD, [("whole",)])])
    assert names(cups) == ["whole"]


def test_a_session_takes_its_turn_beside_it(cups: Database) -> None:
    for name in ("first", "third"):
        with cups.write_connection() as connection:
            send_to_sqlite(connection, [(ADD, [(name,)])])
        with cups.write() as session:
            session.execute(text("INSERT INTO cups (name) VALUES (:name)"), {"name": f"{name} b"})
    assert names(cups) == ["first", "first b", "third", "third b"]


def test_what_was_closed_is_opened_again(cups: Database) -> None:
    cups.close()
    with cups.write_connection() as connection:
        send_to_sqlite(connection, [(ADD, [("again",)])])
    assert names(cups) == ["again"]
