"""`punchcard restore`: the backup is there again and proven, or all is as it was."""

import os
import shutil
import signal
import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from punchcard.cli.backups.restore_sqlite import RESTORING
from punchcard.cli.server_lock import RESTORED
from punchcard.db.database import Database
from tests.cli.backups.shop import (
    backed_up,
    connection_to,
    damage,
    drop,
    earn,
    kept_url,
    keys_at,
    left_of,
)
from tests.support.databases import file_of
from tests.support.file_rights import mode
from tests.support.old_databases import database_at
from tests.support.server_process import PUNCHCARD, command, serving
from tools.free_ports import free_port

DEADLINE_SECONDS = 60


@pytest.fixture
def database_url(own_database_url: str) -> str:
    """Use a database that is the test's own: it changes its name, or its file."""
    return own_database_url


on_sqlite = pytest.mark.parametrize("own_database_url", ["sqlite"], indirect=True)
on_postgresql = pytest.mark.parametrize("own_database_url", ["postgresql"], indirect=True)


@pytest.mark.one_in(1)
def test_the_backup_is_there_again_and_what_was_there_is_kept(
    environment: dict[str, str], database_url: str, folder: Path
) -> None:
    earn(database_url, "first")
    backup = backed_up(environment, folder)
    earn(database_url, "second")
    ran = command(environment, "restore", str(backup))
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "The ledger is sound: 2 entries of 1 cards." in ran.stdout
    assert "The figures are those of the ledger." in ran.stdout
    assert keys_at(database_url) == {"first"}
    [kept] = left_of(database_url)
    assert kept in ran.stdout
    if database_url.startswith("sqlite"):
        assert mode(file_of(database_url)) == "600"
        kept = str(file_of(database_url).with_name(kept))
    assert keys_at(kept_url(database_url, kept)) == {"first", "second"}


@on_sqlite
def test_checkpoints_wait_until_they_are_begun_anew(
    environment: dict[str, str], database_url: str, folder: Path
) -> None:
    earn(database_url, "first")
    backup = backed_up(environment, folder)
    earn(database_url, "second")
    assert command(environment, "ledger", "checkpoint").returncode == 0
    ran = command(environment, "restore", str(backup))
    assert "It is what the checkpoint beside the backup says." in ran.stdout
    assert "punchcard ledger checkpoint --begin-anew" in ran.stdout
    assert command(environment, "ledger", "checkpoint").returncode == 1
    assert command(environment, "ledger", "checkpoint", "--begin-anew").returncode == 0
    again = command(environment, "restore", str(backed_up(environment, folder / "again")))
    assert again.returncode == 0
    assert "--begin-anew" not in again.stdout


def test_a_database_in_use_is_left_alone(
    environment: dict[str, str], database_url: str, folder: Path, tmp_path: Path
) -> None:
    earn(database_url, "first")
    backup = backed_up(environment, folder)
    earn(database_url, "second")
    with serving(environment, tmp_path):
        refused = command(environment, "restore", str(backup))
    assert refused.returncode == 1
    assert "Nothing was changed" in refused.stderr or "Another server" in refused.stderr
    with closing(Database(database_url)) as database, database.read() as session:
        session.execute(text("SELECT 1 FROM loyalty_cards"))
        refused = command(environment, "restore", str(backup))
    assert refused.returncode == 1
    assert "is in use" in refused.stderr
    assert keys_at(database_url) == {"first", "second"}
    assert left_of(database_url) == []


def test_with_other_secrets_nothing_is_restored(
    environment: dict[str, str], database_url: str, folder: Path
) -> None:
    earn(database_url, "first")
    backup = backed_up(environment, folder)
    earn(database_url, "second")
    others = {**environment, "PUNCHCARD_SECRET_KEY": "another secret of 32 characters or so"}
    ran = command(others, "restore", str(backup))
    assert ran.returncode == 1
    assert "PUNCHCARD_SECRET_KEY: not what this database was made with" in ran.stderr
    assert keys_at(database_url) == {"first", "second"}
    assert left_of(database_url) == []


@on_sqlite
def test_an_empty_folder_is_asked_for_the_secrets_of_the_backup(
    environment: dict[str, str], database_url: str, folder: Path, tmp_path: Path
) -> None:
    earn(database_url, "first")
    backup = backed_up(environment, folder)
    fresh = tmp_path / "fresh"
    names = ("DATABASE_URL", "SECRET_KEY", "PIN_PEPPER")
    bare = {name: value for name, value in environment.items() if not name.endswith(names)}
    bare["PUNCHCARD_DATA_DIR"] = str(fresh)
    refused = command(bare, "restore", str(backup))
    assert refused.returncode == 1
    assert "The secrets of this database are missing" in refused.stderr
    assert not list(fresh.iterdir())
    for name in ("secret_key", "pin_pepper"):
        (fresh / name).write_text(environment[f"PUNCHCARD_{name.upper()}"], encoding="utf-8")
    ran = command(bare, "restore", str(backup))
    assert ran.returncode == 0, ran.stderr
    assert keys_at(f"sqlite:///{fresh / 'punchcard.db'}") == {"first"}


@on_sqlite
@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"Dear customers", "is no backup"),
        (b"", "is no backup"),
        (b"SQLite format 3\x00 and nothing of it", "could not be copied"),
        (b"PGDMP and nothing of it", "is a backup of PostgreSQL, and the database is not"),
        (None, "There is no database of Punchcard in this file"),
    ],
)
def test_what_is_no_backup_is_told(
    environment: dict[str, str], database_url: str, tmp_path: Path, content: bytes | None, told: str
) -> None:
    earn(database_url, "first")
    file = tmp_path / "file"
    if content is None:
        with closing(sqlite3.connect(file)) as other:
            other.execute("CREATE TABLE songs (title TEXT)")
    else:
        file.write_bytes(content)
    ran = command(environment, "restore", str(file))
    assert ran.returncode == 1
    assert told in ran.stderr
    assert ran.stderr.count("\n") == 1
    assert keys_at(database_url) == {"first"}
    assert left_of(database_url) == []


def test_half_a_backup_is_told(
    environment: dict[str, str], database_url: str, folder: Path
) -> None:
    earn(database_url, "first")
    backup = backed_up(environment, folder)
    content = backup.read_bytes()
    backup.write_bytes(content[: len(content) // 2])
    ran = command(environment, "restore", str(backup))
    assert ran.returncode == 1
    assert "Traceback" not in ran.stderr
    assert keys_at(database_url) == {"first"}
    assert left_of(database_url) == []


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("UPDATE loyalty_cards SET points = 7", "The ledger in the backup is damaged in 1 places"),
        ("UPDATE alembic_version SET version_num = '9999'", "made by a newer Punchcard"),
        ("DROP TABLE secret_checks", "secret_checks"),
    ],
)
def test_a_backup_that_is_not_right_takes_nobodys_place(
    environment: dict[str, str], database_url: str, folder: Path, statement: str, told: str
) -> None:
    earn(database_url, "first")
    good = backed_up(environment, folder)
    damage(database_url, statement)
    bad = folder / "bad"
    assert command(environment, "backup", "--to", str(bad)).returncode == 0
    refused = command(environment, "restore", str(bad))
    assert refused.returncode == 1
    assert told in refused.stderr
    assert left_of(database_url) == []
    # What is there is damaged, too: a good backup takes its place all the same.
    ran = command(environment, "restore", str(good))
    assert ran.returncode == 0, ran.stderr
    assert keys_at(database_url) == {"first"}


def test_figures_that_differ_are_put_right(
    environment: dict[str, str], database_url: str, folder: Path
) -> None:
    earn(database_url, "first")
    damage(database_url, "UPDATE loyalty_daily_rollup SET points_earned = 7")
    ran = command(environment, "restore", str(backed_up(environment, folder)), "--json")
    assert ran.returncode == 0, ran.stderr
    assert '"days_corrected": 1' in ran.stdout
    assert keys_at(database_url) == {"first"}


@pytest.fixture(params=["sqlite"])
def database_of_before(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with database_at("0012", request, tmp_path) as url:
        yield url


@on_sqlite
def test_a_backup_of_before_is_brought_up_to_date(
    environment: dict[str, str], database_of_before: str, tmp_path: Path
) -> None:
    old = file_of(database_of_before)
    fresh = f"sqlite:///{tmp_path / 'fresh.db'}"
    ran = command(environment, "restore", str(old), "--to", fresh)
    assert ran.returncode == 0, ran.stderr
    assert "It was brought from revision 0012 to" in ran.stdout
    assert keys_at(fresh) == set()


def test_a_fresh_place_is_filled_and_no_other(
    environment: dict[str, str],
    database_url: str,
    folder: Path,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    earn(database_url, "first")
    backup = backed_up(environment, folder)
    earn(database_url, "second")
    if database_url.startswith("sqlite"):
        fresh = f"sqlite:///{tmp_path / 'fresh' / 'punchcard.db'}"
    else:
        name = f"{make_url(database_url).database}_fresh"
        with closing(connection_to(database_url)) as server:
            server.execute(f"CREATE DATABASE {name}".encode())
        fresh = kept_url(database_url, name)
    ran = command(environment, "restore", str(backup), "--to", fresh)
    assert ran.returncode == 0, ran.stderr
    assert keys_at(fresh) == {"first"}
    assert keys_at(database_url) == {"first", "second"}
    again = command(environment, "restore", str(backup), "--to", fresh)
    assert again.returncode == 1
    assert "is there already" in again.stderr or "is not empty" in again.stderr


@on_postgresql
def test_what_a_killed_restore_left_in_an_empty_database_is_begun_again(
    environment: dict[str, str], database_url: str, folder: Path
) -> None:
    earn(database_url, "first")
    backup = backed_up(environment, folder)
    name = f"{make_url(database_url).database}_fresh"
    with closing(connection_to(database_url)) as server:
        server.execute(f"CREATE DATABASE {name}".encode())
    with closing(connection_to(database_url, name)) as half:
        half.execute("CREATE TABLE restore_unproven ()")
        half.execute("CREATE TABLE loyalty_cards (id integer)")
    fresh = kept_url(database_url, name)
    ran = command(environment, "restore", str(backup), "--to", fresh)
    assert ran.returncode == 0
    assert f"Emptied {name}" in ran.stderr
    assert keys_at(fresh) == {"first"}


@on_postgresql
def test_a_role_that_may_make_no_databases_is_told_of_the_other_way(
    environment: dict[str, str], database_url: str, folder: Path
) -> None:
    earn(database_url, "first")
    backup = backed_up(environment, folder)
    name, role = f"{make_url(database_url).database}_fresh", "punchcard_without_rights"
    with closing(connection_to(database_url)) as server:
        server.execute(f"CREATE ROLE {role} LOGIN".encode())
        server.execute(f"CREATE DATABASE {name} OWNER {role}".encode())
    try:
        bare = make_url(database_url).set(username=role, password=None)
        as_role = {**environment, "PUNCHCARD_DATABASE_URL": bare.render_as_string(False)}
        refused = command(as_role, "restore", str(backup))
        assert refused.returncode == 1
        assert "This role may not create databases" in refused.stderr
        fresh = bare.set(database=name).render_as_string(False)
        ran = command(as_role, "restore", str(backup), "--to", fresh)
        assert ran.returncode == 0, ran.stderr
        assert keys_at(fresh) == {"first"}
    finally:
        drop(database_url, name)
        with closing(connection_to(database_url)) as server:
            server.execute(f"DROP ROLE {role}".encode())


def test_a_restore_that_is_killed_leaves_what_there_was_and_is_begun_again(
    environment: dict[str, str], database_url: str, folder: Path
) -> None:
    earn(database_url, "first")
    backup = backed_up(environment, folder)
    earn(database_url, "second")
    process = subprocess.Popen(
        [PUNCHCARD, "restore", str(backup)], env=environment, stderr=subprocess.PIPE
    )
    pause = threading.Event()
    for _ in range(DEADLINE_SECONDS * 200):
        assert process.poll() is None
        if any("restoring" in name for name in left_of(database_url)):
            break
        pause.wait(0.002)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert keys_at(database_url) == {"first", "second"}
    ran = command(environment, "restore", str(backup))
    assert ran.returncode == 0, ran.stderr
    assert "a restore was killed while it" in ran.stderr
    assert keys_at(database_url) == {"first"}
    [kept] = left_of(database_url)
    assert "before" in kept


@on_sqlite
def test_no_server_starts_in_the_middle_of_the_exchange(
    environment: dict[str, str], database_url: str, folder: Path
) -> None:
    earn(database_url, "first")
    backup = backed_up(environment, folder)
    file = file_of(database_url)
    # As a kill between the two renamings leaves it.
    shutil.copy(backup, f"{file}{RESTORED}")
    file.rename(f"{file}.before-20260101T000000Z")
    refused = command(environment, "serve", "--port", str(free_port()))
    assert refused.returncode == 1
    assert "A restore was killed" in refused.stderr
    assert not file.exists()
    ran = command(environment, "restore", str(backup))
    assert ran.returncode == 0, ran.stderr
    assert keys_at(database_url) == {"first"}
    assert not Path(f"{file}{RESTORED}").exists()
    assert not Path(f"{file}{RESTORING}").exists()


@on_sqlite
def test_a_damaged_database_goes_aside_with_its_log(
    environment: dict[str, str], database_url: str, folder: Path
) -> None:
    earn(database_url, "first")
    backup = backed_up(environment, folder)
    file = file_of(database_url)
    damaged = os.urandom(8192)
    file.write_bytes(damaged)
    log = file.with_name(f"{file.name}-wal")
    log.write_bytes(b"of no use to the new one")
    ran = command(environment, "restore", str(backup))
    assert ran.returncode == 0, ran.stderr
    assert keys_at(database_url) == {"first"}
    assert not log.exists()
    [kept] = (one for one in file.parent.glob("*.before-*") if not one.name.endswith("-wal"))
    assert kept.read_bytes() == damaged
