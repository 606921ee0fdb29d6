"""Words of an enum in the database: kept as plain text, read as words."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Column, Connection, MetaData, Table, insert, literal_column, select, text
from sqlalchemy.exc import IntegrityError

from punchcard.db.database import Database
from punchcard.db.types import EnumText, one_of
from punchcard.loyalty.vocabulary import CardStatus

_CARDS = Table(
    "words", MetaData(), Column("status", EnumText(CardStatus)), one_of("status", CardStatus)
)


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    """Open a connection with the table, which is gone afterwards."""
    with database.write_connection() as connection:
        _CARDS.create(connection)
        try:
            yield connection
        finally:
            connection.rollback()


def test_a_word_is_kept_as_its_text_and_read_as_itself(connection: Connection) -> None:
    connection.execute(insert(_CARDS), [{"status": CardStatus.BLOCKED}, {"status": "active"}])
    kept = connection.scalars(text("SELECT status FROM words ORDER BY status")).all()
    read = connection.scalars(
        select(_CARDS.c.status).where(_CARDS.c.status == CardStatus.BLOCKED)
    ).all()

    assert kept == ["active", "blocked"]
    assert [type(word) for word in kept] == [str, str]
    assert read == [CardStatus.BLOCKED]
    assert isinstance(read[0], CardStatus)


def test_no_word_is_no_word_and_another_text_is_refused(connection: Connection) -> None:
    connection.execute(insert(_CARDS), [{"status": None}])
    assert connection.scalars(select(_CARDS.c.status)).all() == [None]
    with pytest.raises(IntegrityError):
        connection.execute(text("INSERT INTO words (status) VALUES ('burnt')"))


def test_a_text_that_is_no_word_is_read_as_it_is(connection: Connection) -> None:
    kept = literal_column("'burnt'", EnumText(CardStatus))
    assert connection.scalars(select(kept)).one() == "burnt"
