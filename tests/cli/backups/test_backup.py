"""`punchcard backup`, run as an operator runs it: right while the shop is busy, or a clear line."""

import shutil
import sqlite3
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from punchcard.db.database import Database
from punchcard.db.sqlite_copy import PAGES_A_STEP
from tests.support.books import audited
from tests.support.busy_shop import busy_shop, enlarge
from tests.support.databases import PostgresqlTemplate, file_of
from tests.support.drivers.till import till_driver_at
from tests.support.file_rights import bound_by_rights, mode, usual_umask, without_writes
from tests.support.server_process import PUNCHCARD, command
from tools.postgresql import PROGRAMS

DEADLINE_SECONDS = 60

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


def only_backup(folder: Path) -> Path:
    """Return the one file in the folder of backups, beside its checkpoint."""
    (path,) = (one for one in (folder / "backups").iterdir() if one.suffix != ".checkpoint")
    return path


@contextmanager
def keeping_others_out(url: str) -> Iterator[None]:
    """Hold what a backup must wait for: it has begun its file then, and goes no further."""
    parsed = make_url(url)
    if parsed.drivername == "sqlite":
        with closing(sqlite3.connect(parsed.database or "", isolation_level=None)) as connection:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            connection.execute("BEGIN EXCLUSIVE")
            yield
    else:
        with psycopg.connect(parsed.set(drivername="postgresql").render_as_string(False)) as held:
            held.execute("LOCK TABLE loyalty_cards IN ACCESS EXCLUSIVE MODE")
            yield


@contextmanager
def waiting_backup(
    environment: Mapping[str, str], folder: Path
) -> Iterator["subprocess.Popen[str]"]:
    """Start a backup that is kept waiting, and go on once its file has been begun."""
    patient = {
        "PUNCHCARD_DATABASE_BUSY_SECONDS": "600",
        "PUNCHCARD_BACKUP_LOCK_WAIT_SECONDS": "600",
    }
    with (
        keeping_others_out(environment["PUNCHCARD_DATABASE_URL"]),
        subprocess.Popen(
            [PUNCHCARD, "backup"], env={**environment, **patient}, stderr=subprocess.PIPE, text=True
        ) as process,
    ):
        try:
            pause = threading.Event()
            for _ in range(DEADLINE_SECONDS * 50):
                assert process.poll() is None
                if list(folder.glob("backups/*.unfinished")):
                    break
                pause.wait(0.02)
            else:
                raise AssertionError("the backup did not begin its file")
            yield process
        finally:
            process.kill()


def keys_at(url: str) -> set[str]:
    with closing(Database(url)) as database:
        chains = audited(database)
    return {entry["idempotency_key"] for chain in chains.values() for entry in chain} - {None}


@on_sqlite
def test_a_busy_shop_is_copied_whole(
    environment: dict[str, str], database_url: str, folder: Path
) -> None:
    enlarge(file_of(database_url), 20 * PAGES_A_STEP)
    with busy_shop(database_url) as shop:
        before = {answer.key for answer in shop.answered}
        ran = command(environment, "backup", "--json")
        shop.wait_for_more()
        late = shop.answered[-1].key
    assert (ran.returncode, ran.stderr) == (0, "")
    kept = keys_at(f"sqlite:///{only_backup(folder)}")
    assert before <= kept
    assert late not in kept


@on_postgresql
def test_a_busy_shop_on_postgresql_is_dumped_whole(
    environment: dict[str, str],
    database_url: str,
    folder: Path,
    postgresql_template: PostgresqlTemplate,
) -> None:
    with busy_shop(database_url) as shop:
        before = {answer.key for answer in shop.answered}
        ran = command(environment, "backup", "--json")
    assert (ran.returncode, ran.stderr) == (0, "")
    with postgresql_template.copy() as empty:
        address = make_url(empty).set(drivername="postgresql").render_as_string(False)
        restored = subprocess.run(
            [PROGRAMS / "pg_restore", "--clean", f"--dbname={address}", only_backup(folder)],
            check=False,
        )
        assert restored.returncode == 0
        assert before <= keys_at(empty)


def test_the_file_is_its_owners_alone_from_its_first_byte(
    environment: dict[str, str], folder: Path
) -> None:
    with usual_umask(), waiting_backup(environment, folder):
        assert mode(folder / "backups") == "700"
        assert mode(only_backup(folder)) == "600"
    with usual_umask():
        command(environment, "backup", "--to", str(folder / "elsewhere" / "a.copy"))
    assert mode(folder / "elsewhere") == "700"
    assert mode(folder / "elsewhere" / "a.copy") == "600"


def test_what_a_killed_backup_left_goes_with_the_next(
    environment: dict[str, str], folder: Path
) -> None:
    with waiting_backup(environment, folder) as process:
        process.kill()
    left = only_backup(folder)
    ran = command(environment, "backup")
    assert ran.returncode == 0
    assert f"Removed {left}: a backup was killed while it wrote it." in ran.stderr
    assert only_backup(folder).suffix in (".db", ".dump")


def test_what_a_running_backup_writes_is_left_alone(
    environment: dict[str, str], folder: Path
) -> None:
    with waiting_backup(environment, folder) as process:
        being_written = only_backup(folder)
        refused = command(
            {**environment, "PUNCHCARD_DATABASE_BUSY_SECONDS": "0"}
            | {"PUNCHCARD_BACKUP_LOCK_WAIT_SECONDS": "1"},
            "backup",
            "--to",
            str(folder / "backups" / "another"),
        )
        assert refused.returncode == 1
        assert f"{being_written} is left alone" in refused.stderr
        assert "locked" in refused.stderr
        assert only_backup(folder) == being_written
        assert process.poll() is None


@on_postgresql
def test_a_backup_that_is_stopped_leaves_nothing(environment: dict[str, str], folder: Path) -> None:
    with waiting_backup(environment, folder) as process:
        process.terminate()
        _, said = process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 1
    assert "The backup was stopped; no file was written." in said
    assert list((folder / "backups").iterdir()) == []


def test_a_disk_with_too_little_room_is_told(environment: dict[str, str], folder: Path) -> None:
    ran = command({**environment, "PUNCHCARD_BACKUP_RESERVE_BYTES": str(2**62)}, "backup")
    assert ran.returncode == 1
    assert ran.stderr.startswith(f"punchcard: Too little room in {folder / 'backups'}: ")
    assert list((folder / "backups").iterdir()) == []


def test_a_disk_that_fills_up_on_the_way_is_told_and_nothing_is_left(
    environment: dict[str, str], folder: Path
) -> None:
    ran = subprocess.run(
        ["prlimit", "--fsize=65536", PUNCHCARD, "backup"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=DEADLINE_SECONDS,
    )
    assert ran.returncode == 1
    assert "punchcard: " in ran.stderr
    assert "Traceback" not in ran.stderr
    assert list((folder / "backups").iterdir()) == []


@on_sqlite
@pytest.mark.parametrize("logs", [("-wal", "-shm"), ("-wal",), ()])
def test_a_disk_that_takes_no_writes_is_copied_with_what_its_log_holds(
    environment: dict[str, str],
    database_url: str,
    tmp_path: Path,
    folder: Path,
    logs: tuple[str, ...],
) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    with till_driver_at(database_url) as alice:
        card = alice.card(alice.program(type="points"))
        alice.till.submit(alice.earn(card, 100, idempotency_key="last"))
        # Copied while it is open: as a power cut, or a disk gone read-only, leaves it.
        for suffix in logs and ("", *logs):
            shutil.copy(f"{file_of(database_url)}{suffix}", f"{kept / 'punchcard.db'}{suffix}")
    if not logs:
        shutil.copy(file_of(database_url), kept / "punchcard.db")
    url = f"sqlite:///{kept / 'punchcard.db'}"
    with without_writes(kept):
        ran = subprocess.run(
            [*bound_by_rights(), "backup"],
            env={**environment, "PUNCHCARD_DATABASE_URL": url},
            capture_output=True,
            text=True,
            check=False,
            timeout=DEADLINE_SECONDS,
        )
    assert ran.returncode == 0, ran.stderr
    assert keys_at(f"sqlite:///{only_backup(folder)}") == {"last"}
