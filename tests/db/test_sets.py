"""Sets of rows, written and found past SQLAlchemy, are what SQLAlchemy itself writes and finds."""

import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Connection,
    Date,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    event,
    insert,
    literal_column,
    select,
    text,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.types import TypeEngine

import punchcard
from punchcard.db.base import table_of
from punchcard.db.database import Database
from punchcard.db.dialects import one_of
from punchcard.db.outbox import OutboxRow
from punchcard.db.sets.bulk import BulkInsert, BulkUpdate
from punchcard.db.sets.lookup import Lookup
from punchcard.db.types import EnumText, Id, Json, UtcDateTime
from punchcard.loyalty.vocabulary import CardStatus

_KINDS: dict[str, TypeEngine[Any]] = {
    "owner": Id,
    "name": String(20),
    "status": EnumText(CardStatus),
    "at": UtcDateTime(),
    "day": Date(),
    "secret": LargeBinary(),
    "told": Json,
    "is_due": Boolean(),
    "number": Integer(),
}
_THINGS = Table(
    "things",
    MetaData(),
    Column("id", Id, primary_key=True),
    *(Column(name, kind) for name, kind in _KINDS.items()),
    CheckConstraint("number < 1000", name="number"),
)
_NAMES = ("id", *_KINDS)
_OWNER = "03b2a5c8-d000-7000-8000-00000000000a"

_insert = BulkInsert(_THINGS, _NAMES)
_insert_several = BulkInsert(
    _THINGS,
    _NAMES,
    "ON CONFLICT (id) DO UPDATE SET number = excluded.number",
    several_at_once=True,
)
_update = BulkUpdate(_THINGS, ("status", "at", "told"))

SOURCE = Path(punchcard.__file__).parent


def _id(number: int) -> str:
    return f"03b2a5c8-d000-7000-8000-{number:012x}"


def _thing(place: int, **values: Any) -> dict[str, Any]:
    return dict.fromkeys(_NAMES) | {"id": _id(place)} | values


def _full(number: int) -> dict[str, Any]:
    return _thing(
        number,
        owner=_OWNER,
        name=f"thing {number}",
        status=CardStatus.BLOCKED if number % 2 else CardStatus.ACTIVE,
        at=datetime(2026, 3, 2, 9, 0, number % 60, number, tzinfo=UTC),
        day=date(2026, 3, 1 + number % 28),
        secret=bytes([number % 256]) * 3,
        told={"b": number, "a": ["é", None]},
        is_due=number % 3 == 0,
        number=number,
    )


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    """Open a connection with the table, which is gone afterwards."""
    with database.write_connection() as connection:
        _THINGS.create(connection)
        try:
            yield connection
        finally:
            connection.rollback()


def _all(connection: Connection) -> list[dict[str, Any]]:
    rows = connection.execute(select(_THINGS).order_by(_THINGS.c.id))
    return [dict(row._mapping) for row in rows]


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param([_full(1)], id="one"),
        pytest.param([_full(number) for number in range(1, 40)], id="many"),
        pytest.param([_thing(1), _thing(2)], id="nothing in them"),
        pytest.param([_full(1), _thing(2), _full(3)], id="something in some"),
        pytest.param([_thing(1), _full(2)], id="nothing in the first"),
        pytest.param([_thing(n, status="active", told=[]) for n in (1, 2)], id="plain words"),
    ],
)
def test_what_is_written_as_a_set_is_read_as_itself(
    connection: Connection, rows: list[dict[str, Any]]
) -> None:
    _insert(connection, rows)

    assert _all(connection) == rows


@pytest.mark.parametrize("size", [2, 3, 7, 8, 9, 16, 23])
def test_a_set_of_any_size_is_written_several_rows_at_once(
    connection: Connection, size: int
) -> None:
    rows = [_full(number) for number in range(1, size + 1)]
    _insert_several(connection, rows)

    assert _all(connection) == rows


def test_rows_written_several_at_once_meet_those_that_are_there(connection: Connection) -> None:
    _insert_several(connection, [_full(number) for number in range(1, 12)])
    _insert_several(connection, [_full(number) | {"number": 100} for number in range(3, 15)])

    numbers = [row["number"] for row in _all(connection)]
    assert numbers == [1, 2, *[100] * 12]


def test_a_set_is_kept_to_the_letter_as_sqlalchemy_keeps_it(connection: Connection) -> None:
    names = ", ".join(name for name in _NAMES if name != "told")  # documents have no spaces here
    query = text(f"SELECT {names} FROM things ORDER BY id")  # noqa: S608 names of columns
    _insert(connection, [_full(7), _full(8)])
    kept = connection.execute(query).all()
    connection.execute(_THINGS.delete())
    connection.execute(insert(_THINGS), [_full(7), _full(8)])

    assert connection.execute(query).all() == kept


def test_an_update_writes_what_is_none_as_well(connection: Connection) -> None:
    _insert(connection, [_full(1), _full(2)])
    _update(connection, [_thing(1), _thing(2, status=CardStatus.CLOSED)])

    found = [(row["status"], row["at"], row["told"], row["number"]) for row in _all(connection)]
    assert found == [(None, None, None, 1), (CardStatus.CLOSED, None, None, 2)]


@pytest.mark.parametrize("wanted", [1, 2, 3, 5, 17])
def test_a_lookup_finds_what_sqlalchemy_finds(connection: Connection, wanted: int) -> None:
    _insert(connection, [_full(number) for number in range(1, 20)])
    _insert(connection, [_thing(20)])
    ids = [_id(number) for number in range(20, 20 - wanted, -1)]
    dialect = connection.dialect
    query = select(_THINGS, literal_column("1").label("one")).where(
        one_of(_THINGS.c.id, "ids", dialect), _THINGS.c.number.is_distinct_from(19)
    )

    found = Lookup(query.order_by(_THINGS.c.id), dialect).rows(connection, {"ids": ids})

    expected = [row for row in _all(connection) if row["id"] in ids and row["number"] != 19]
    assert [tuple(row) for row in found] == [(*row.values(), 1) for row in expected]
    assert [row.name for row in found] == [row["name"] for row in expected]
    assert all(isinstance(row.status, CardStatus) for row in found if row.number)


def test_a_lookup_takes_keys_of_several_names_in_any_part(connection: Connection) -> None:
    _insert(connection, [_full(number) for number in range(1, 6)])
    dialect = connection.dialect
    columns = (_THINGS.c.id, _THINGS.c.secret)
    query = select(*columns).where(
        one_of(_THINGS.c.name, "names", dialect), one_of(_THINGS.c.secret, "secrets", dialect)
    )
    both = query.union_all(select(*columns).where(one_of(_THINGS.c.secret, "secrets", dialect)))
    keys: dict[str, list[Any]] = {
        "names": ["thing 1", "thing 2", "thing 3"],
        "secrets": [b"\2\2\2", b"\5\5\5"],
    }

    found = Lookup(both, dialect).rows(connection, keys)

    assert sorted(map(tuple, found)) == [
        (_id(2), b"\2\2\2"),
        (_id(2), b"\2\2\2"),
        (_id(5), b"\5\5\5"),
    ]


def test_a_lookup_of_nothing_asks_nothing(connection: Connection) -> None:
    query = select(_THINGS).where(one_of(_THINGS.c.id, "ids", connection.dialect))

    assert list(Lookup(query, connection.dialect).rows(connection, {"ids": []})) == []


def test_a_lookup_on_postgresql_begins_what_its_caller_ends(database: Database) -> None:
    with database.read_connection() as connection:
        dialect = connection.dialect
        topics = table_of(OutboxRow).c.topic
        found = Lookup(select(topics).where(one_of(topics, "topics", dialect)), dialect)
        assert found.rows(connection, {"topics": ["none"]}) == []
        assert connection.in_transaction() is not database.is_sqlite


def test_what_a_set_may_not_hold_is_refused_as_by_sqlalchemy(connection: Connection) -> None:
    with pytest.raises(IntegrityError) as refused:
        _insert(connection, [_thing(1, name="secret name", number=1000)])

    assert "secret name" not in str(refused.value)


def test_who_listens_hears_of_each_statement(connection: Connection) -> None:
    heard: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        heard.append(statement)

    query = select(_THINGS.c.id).where(one_of(_THINGS.c.id, "ids", connection.dialect))
    event.listen(connection.engine, "before_cursor_execute", note)
    try:
        _insert(connection, [_full(1)])
        found = Lookup(query, connection.dialect).rows(connection, {"ids": [_id(1), _id(2)]})
    finally:
        event.remove(connection.engine, "before_cursor_execute", note)

    assert [tuple(row) for row in found] == [(_id(1),)]
    assert [statement.split()[0] for statement in heard] == ["INSERT", "SELECT"]


MAKERS = sorted(
    ".".join(path.relative_to(SOURCE.parent).with_suffix("").parts)
    for path in SOURCE.rglob("*.py")
    if re.search(r"= (BulkInsert|BulkUpdate|BulkDelete|RowAdd)\(", path.read_text("utf-8"))
)


def test_what_makes_statements_knows_the_types_of_its_columns_by_itself() -> None:
    assert len(MAKERS) >= 8
    # In a process of its own, as a command has it: here everything has been imported long ago.
    for name in MAKERS:
        alone = [sys.executable, "-c", f"import {name}"]
        done = subprocess.run(alone, check=False, capture_output=True, text=True)
        assert done.returncode == 0, f"{name}: {done.stderr[-500:]}"
