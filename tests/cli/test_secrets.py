"""A database knows its secrets: with others the server does not begin, and doctor says so."""

import asyncio
import json
import shutil
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from punchcard.context import build_context
from punchcard.db.database import Database
from punchcard.kit.settings import Settings, load_settings
from tests.loyalty import shelf
from tests.support import cast
from tests.support.server_process import command, environment_for

WORDS = [["serve", "--port", "1"], ["vendor", "list"], ["migrate"]]
OTHER = "another secret of 32 characters or more"


@pytest.fixture
def environment(database_url: str, settings: Settings, tmp_path: Path) -> dict[str, str]:
    """Open Café Alice with a card, and let the database be told its secrets."""
    with closing(build_context(settings)) as context:
        alice = cast.open_cafe_alice(context)
        shelf.opened_card(alice, shelf.program(alice, status="active", pin_policy="off"))
    environment = environment_for(database_url, tmp_path)
    assert command(environment, "migrate").returncode == 0
    return environment


def states(environment: dict[str, str]) -> dict[str, str]:
    """Return what doctor finds, by subject."""
    told = command(environment, "doctor", "--json")
    return {one["subject"]: one["state"] for one in json.loads(told.stdout)["findings"]}


@pytest.mark.parametrize("name", ["SECRET_KEY", "PIN_PEPPER"])
def test_another_secret_is_refused_and_named(environment: dict[str, str], name: str) -> None:
    assert states(environment)["secrets of the database"] == "ok"
    wrong = {**environment, f"PUNCHCARD_{name}": OTHER}
    for words in WORDS:
        told = command(wrong, *words)
        assert (told.returncode, told.stderr.count("\n")) == (1, 1)
        assert f"PUNCHCARD_{name}: not what this database was made with" in told.stderr
    assert states(wrong)["secrets of the database"] == "error"


def test_a_database_of_an_older_version_is_asked_whether_its_cards_open(
    environment: dict[str, str], database_url: str
) -> None:
    with closing(Database(database_url)) as database, database.write_connection() as connection:
        connection.execute(text("DELETE FROM secret_checks"))
    told = command({**environment, "PUNCHCARD_SECRET_KEY": OTHER}, "vendor", "list")
    assert (told.returncode, "PUNCHCARD_SECRET_KEY" in told.stderr) == (1, True)
    assert command(environment, "vendor", "list").returncode == 0


def test_who_has_lost_them_goes_on_with_new_ones(environment: dict[str, str]) -> None:
    wrong = {**environment, "PUNCHCARD_PIN_PEPPER": OTHER}
    assert command(wrong, "secrets", "renew").returncode == 1
    assert command(wrong, "vendor", "list").returncode == 1

    renewed = command(wrong, "secrets", "renew", "--they-are-lost", "--json")
    assert json.loads(renewed.stdout) == {"renewed": ["pin_pepper"]}
    assert command(wrong, "vendor", "list").returncode == 0
    assert command(environment, "vendor", "list").returncode == 1


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_backup_put_into_an_empty_folder_asks_for_its_secrets(
    environment: dict[str, str], tmp_path: Path
) -> None:
    new = tmp_path / "new"
    new.mkdir()
    shutil.copy(
        environment["PUNCHCARD_DATABASE_URL"].removeprefix("sqlite:///"), new / "punchcard.db"
    )
    bare = {
        name: value for name, value in environment.items() if not name.startswith("PUNCHCARD_")
    } | {"PUNCHCARD_DATA_DIR": str(new)}

    for words in WORDS:
        told = command(bare, *words)
        assert (told.returncode, "secrets of this database are missing" in told.stderr) == (1, True)
    told = command(bare, "doctor", "--json")
    (finding,) = json.loads(told.stdout)["findings"]
    assert (told.returncode, finding["state"]) == (1, "error")
    assert sorted(path.name for path in new.iterdir() if path.suffix != ".db") == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_readyz_tells_of_a_database_that_was_put_under_a_running_server(
    environment: dict[str, str],
) -> None:
    settings = replace(load_settings(environment), secret_key=OTHER, pin_pepper=OTHER + "!")
    with closing(build_context(settings)) as context:
        found = asyncio.run(context.readiness.ask())
    assert (found.answers, found.is_migrated, found.has_its_secrets) == (True, True, False)
