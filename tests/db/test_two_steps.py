"""A migration only adds, so that the version before serves on beside it: the rule of upgrades.

What goes away goes in two steps: a version that no longer needs it, and the next one, which drops
it. `docs/operations.md`, "Upgrade", promises it to operators with two processes.
"""

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import event, text

from punchcard.db import migrate
from punchcard.db.database import Database
from tests.support.databases import PostgresqlTemplate

BEFORE_THE_RULE = "0051"
"""Up to this revision upgrades were made with every process stopped."""

ALLOWED: dict[str, str] = {}
"""Later revisions that do more than add, and why the version before can bear it."""

# Of PostgreSQL, whose words SQLite's migrations share.
_HARMS = {
    "takes away": r"^\s*DROP\s+(TABLE|INDEX|TRIGGER|FUNCTION|TYPE)|\bDROP\s+(COLUMN|CONSTRAINT)\b",
    "renames": r"\bRENAME\b",
    "changes a type": r"\bALTER\s+COLUMN\s+\S+\s+(SET\s+DATA\s+)?TYPE\b",
    "asks for a value": r"\bALTER\s+COLUMN\s+\S+\s+SET\s+NOT\s+NULL\b",
    "takes a default away": r"\bALTER\s+COLUMN\s+\S+\s+DROP\s+DEFAULT\b",
    "empties": r"^\s*(TRUNCATE|DELETE)\b",
}
_NEEDS_VALUE = re.compile(r"\bADD\s+COLUMN\s+(?!.*\bDEFAULT\b).*\bNOT\s+NULL\b", re.I | re.S)
_TABLE_MADE = re.compile(r"^\s*CREATE\s+TABLE\s+(\w+)", re.I)
# Rows that the version before writes might not fit.
_BINDS = re.compile(
    r"^\s*ALTER\s+TABLE\s+(\w+)\s+ADD\s+(?:CONSTRAINT|CHECK|UNIQUE|FOREIGN)"
    r"|^\s*CREATE\s+UNIQUE\s+INDEX\s+\w+\s+ON\s+(\w+)",
    re.I,
)


def harms_of(statements: list[str]) -> list[str]:
    """Return what of a migration the version before it could not bear."""
    found: list[str] = []
    made: set[str] = set()
    for statement in statements:
        if new := _TABLE_MADE.search(statement):
            made.add(new[1])
        shown = " ".join(statement.split())[:120]
        found += [
            f"{harm}: {shown}"
            for harm, pattern in _HARMS.items()
            if re.search(pattern, statement, re.I)
        ]
        if _NEEDS_VALUE.search(statement):
            found.append(f"needs a value that the version before does not write: {shown}")
        bound = _BINDS.search(statement)
        if bound and (bound[1] or bound[2]) not in made:
            found.append(f"refuses rows that the version before may write: {shown}")
    return found


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE tiers (id UUID NOT NULL, name VARCHAR(40) NOT NULL)",
        "ALTER TABLE cards ADD COLUMN tier VARCHAR(40)",
        "ALTER TABLE cards ADD COLUMN lap INTEGER DEFAULT '0' NOT NULL",
        "CREATE INDEX ix_cards_tier ON cards (tier)",
        "UPDATE cards SET lap = 1 WHERE stamps > 0",
        "INSERT INTO tiers VALUES ('a', 'b')",
    ],
)
def test_what_adds_is_let_through(statement: str) -> None:
    assert harms_of([statement]) == []


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE cards DROP COLUMN tier",
        "DROP TABLE tiers",
        "\nDROP INDEX ix_cards_tier",
        "ALTER TABLE cards RENAME TO loyalty_cards",
        "ALTER TABLE cards RENAME COLUMN tier TO level",
        "ALTER TABLE cards ALTER COLUMN tier TYPE TEXT",
        "ALTER TABLE cards ALTER COLUMN tier SET NOT NULL",
        "ALTER TABLE cards ALTER COLUMN lap DROP DEFAULT",
        "ALTER TABLE cards ADD COLUMN tier VARCHAR(40) NOT NULL",
        "ALTER TABLE cards ADD CONSTRAINT ck_cards_lap CHECK (lap > 0)",
        "CREATE UNIQUE INDEX uq_cards_tier ON cards (tier)",
        "DELETE FROM tiers",
    ],
)
def test_what_takes_away_or_asks_for_more_is_told(statement: str) -> None:
    assert len(harms_of([statement])) == 1


def test_a_table_of_the_migration_itself_may_be_as_strict_as_it_likes() -> None:
    made = "CREATE TABLE tiers (id UUID NOT NULL)"
    assert harms_of([made, "CREATE UNIQUE INDEX uq_tiers_id ON tiers (id)"]) == []


def test_migrations_since_the_rule_only_add(postgresql_template: PostgresqlTemplate) -> None:
    with emptied(postgresql_template) as database:
        ran = dict(steps(database))
        found = {revision: harms_of(told) for revision, told in ran.items()}

    late = {one for one, harms in found.items() if one > BEFORE_THE_RULE and harms}
    assert {one: found[one] for one in late - ALLOWED.keys()} == {}
    assert ALLOWED.keys() <= late, "what is allowed is not needed"
    raising = {one for one, told in ran.items() if any("upgrade_floor" in line for line in told)}
    assert ALLOWED.keys() <= raising, "who takes away says since when versions may serve"
    # Those of before show that the rule sees what it is about.
    assert any("takes away" in harm for harms in found.values() for harm in harms)
    assert found.keys() >= {BEFORE_THE_RULE}


def steps(database: Database) -> Iterator[tuple[str, list[str]]]:
    """Migrate from the beginning, and give each revision with the statements it ran."""
    scripts = ScriptDirectory.from_config(migrate.config())
    revisions = [one.revision for one in scripts.walk_revisions()]
    for revision in reversed(revisions):
        told: list[str] = []

        def note(*asked: Any, told: list[str] = told) -> None:
            told.append(asked[2])

        with database.long_write_connection() as connection:
            event.listen(connection, "before_cursor_execute", note)
            command.upgrade(migrate.config(connection=connection), revision)
            event.remove(connection, "before_cursor_execute", note)
        yield revision, told


@contextmanager
def emptied(template: PostgresqlTemplate) -> Iterator[Database]:
    """Give a database without a table."""
    with template.copy() as url, closing(Database(url)) as database:
        with database.write_connection() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
        yield database
