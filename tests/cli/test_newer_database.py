"""A database of a newer version is told so by every command that would use it."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from punchcard.db.database import Database
from punchcard.db.migrate import head
from tests.support.server_process import command, environment_for


@pytest.fixture
def environment(database_url: str, tmp_path: Path) -> Iterator[dict[str, str]]:
    """Set a database that a version to come has migrated; it is lent again afterwards."""
    mark(database_url, "0999")
    yield environment_for(database_url, tmp_path)
    mark(database_url, head())


def mark(database_url: str, revision: str) -> None:
    """Let a database be at a revision."""
    with closing(Database(database_url)) as database, database.write_connection() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :to"), {"to": revision})


@pytest.mark.parametrize(
    "words",
    [
        ["serve", "--port", "1"],
        ["migrate"],
        ["vendor", "list"],
        ["ledger", "verify"],
        ["stats", "rebuild"],
        ["wallet", "status"],
        ["secrets", "renew", "--they-are-lost"],
    ],
    ids=" ".join,
)
def test_every_command_says_what_to_do(environment: dict[str, str], words: list[str]) -> None:
    told = command(environment, *words)
    assert (told.returncode, told.stderr.count("\n")) == (1, 1)
    assert "made by a newer Punchcard (its revision is 0999" in told.stderr
    assert "restore the backup" in told.stderr


def test_doctor_says_it_and_gives_no_wrong_advice(environment: dict[str, str]) -> None:
    told = command(environment, "doctor", "--json")
    (database,) = (
        finding for finding in json.loads(told.stdout)["findings"] if finding["state"] == "error"
    )
    assert told.returncode == 1
    assert "made by a newer Punchcard" in database["message"]
    assert "punchcard migrate" not in database["message"]


def test_it_can_be_backed_up_all_the_same(environment: dict[str, str], tmp_path: Path) -> None:
    if environment["PUNCHCARD_DATABASE_URL"].startswith("sqlite"):
        assert command(environment, "backup").returncode == 0
