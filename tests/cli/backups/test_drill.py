"""`punchcard backup drill`: says of the newest backup whether it would help, and leaves nothing."""

import json
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url, text

from punchcard.db.database import Database
from tests.support.busy_shop import busy_shop
from tests.support.server_process import command


def databases(url: str) -> set[str]:
    if url.startswith("sqlite"):
        return set()
    address = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with closing(psycopg.connect(address)) as connection:
        return {row[0] for row in connection.execute("SELECT datname FROM pg_database")}


def test_the_newest_backup_is_tried_beside_a_busy_shop(
    environment: dict[str, str], database_url: str, folder: Path, tmp_path: Path
) -> None:
    place = tmp_path / "trial"
    place.mkdir()
    with busy_shop(database_url) as shop:
        assert command(environment, "backup").returncode == 0
        before = databases(database_url)
        ran = command(environment, "backup", "drill", "--in", str(place))
        shop.wait_for_more()
    assert (ran.returncode, ran.stderr) == (0, "")
    [backup] = (path for path in (folder / "backups").iterdir() if path.suffix != ".checkpoint")
    assert ran.stdout.startswith(f"{backup} was put back and proven in ")
    assert "The ledger is sound: " in ran.stdout
    assert list(place.iterdir()) == []
    assert databases(database_url) == before


def test_a_drill_that_fails_says_why(
    environment: dict[str, str], database_url: str, folder: Path, tmp_path: Path
) -> None:
    none = command(environment, "backup", "drill")
    assert (none.returncode, "There is no backup in" in none.stderr) == (1, True)
    with busy_shop(database_url):
        pass
    with closing(Database(database_url)) as database, database.write() as session:
        session.execute(text("UPDATE loyalty_cards SET points = points + 1"))
    assert command(environment, "backup").returncode == 0
    before = databases(database_url)
    ran = command(environment, "backup", "drill", "--json")
    assert ran.returncode == 1
    assert "The ledger in the backup is damaged in 4 places" in ran.stderr
    assert databases(database_url) == before


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_a_clock_dated_ahead_is_not_the_newest(
    environment: dict[str, str], database_url: str, folder: Path
) -> None:
    with busy_shop(database_url):
        pass
    made = Path(json.loads(command(environment, "backup", "--json").stdout)["file"])
    ahead = folder / "backups" / "punchcard-20991231T000000Z.db"
    ahead.write_bytes(made.read_bytes())

    assert f"{made} was put back" in command(environment, "backup", "drill").stdout
    made.unlink()
    alone = command(environment, "backup", "drill")
    assert f"{ahead} was put back" in alone.stdout
    assert "it is dated ahead of this machine's clock." in alone.stdout


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_file_that_is_named_is_tried(
    environment: dict[str, str], database_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "elsewhere"
    assert command(environment, "backup", "--to", str(file)).returncode == 0
    ran = command(environment, "backup", "drill", "--file", str(file))
    assert ran.returncode == 0
    assert ran.stdout.startswith(str(file))
