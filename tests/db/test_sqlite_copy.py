"""A copy of a SQLite database is one moment of it, whole, taken in one pass while others write."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from punchcard.db.database import Database
from punchcard.db.sqlite_copy import PAGES_A_STEP, CopyFailed, copy_sqlite
from tests.support.books import audited
from tests.support.busy_shop import busy_shop, enlarge
from tests.support.databases import file_of

STEPS = 4

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def source(database_url: str) -> Path:
    """Give the file of a migrated database."""
    return file_of(database_url)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """Give an empty file, in a folder of its own, to copy into."""
    folder = tmp_path / "copies"
    folder.mkdir()
    (folder / "copy.db").touch()
    return folder / "copy.db"


def copied_keys(path: Path) -> set[str]:
    with closing(Database(f"sqlite:///{path}")) as database:
        chains = audited(database)
    return {entry["idempotency_key"] for chain in chains.values() for entry in chain} - {None}


def test_writers_do_not_make_it_begin_again(database_url: str, source: Path, target: Path) -> None:
    enlarge(source, STEPS * PAGES_A_STEP)
    steps: list[tuple[int, int]] = []
    with busy_shop(database_url) as shop:
        before = {answer.key for answer in shop.answered}

        def show(done: int, total: int) -> None:
            steps.append((done, total))
            # A copy that begins again at each change would do so for ever.
            assert len(steps) <= total // PAGES_A_STEP + 1
            shop.wait_for_more()

        copy_sqlite(source, target, busy_seconds=30, reserve_bytes=0, progress=show)
        late = shop.answered[-1].key
    assert len(steps) > STEPS
    assert [done for done, _ in steps] == sorted({done for done, _ in steps})
    assert steps[-1][0] == steps[-1][1]
    kept = copied_keys(target)
    assert before <= kept
    assert late not in kept


def test_it_is_one_file_that_needs_no_log(source: Path, target: Path) -> None:
    copy_sqlite(source, target, busy_seconds=30, reserve_bytes=0)
    assert [path.name for path in target.parent.iterdir()] == ["copy.db"]
    with closing(sqlite3.connect(f"file:{target}?mode=ro&immutable=1", uri=True)) as copy:
        assert copy.execute("SELECT count(*) FROM alembic_version").fetchone() == (1,)
        assert copy.execute("PRAGMA journal_mode").fetchone() == ("delete",)


def test_too_little_room_is_told_before_anything_is_copied(source: Path, target: Path) -> None:
    with pytest.raises(CopyFailed, match=r"Too little room in .*: the copy takes [0-9,]+ bytes"):
        copy_sqlite(source, target, busy_seconds=30, reserve_bytes=2**62)
    assert target.stat().st_size == 0


def test_a_damaged_database_makes_no_copy(source: Path, target: Path) -> None:
    enlarge(source, 100)
    with source.open("rb+") as file:
        file.seek(-50 * 4096, os.SEEK_END)
        file.write(b"\xff" * 4096 * 3)
    with pytest.raises(CopyFailed, match=r"is damaged|is malformed"):
        copy_sqlite(source, target, busy_seconds=30, reserve_bytes=0)


@pytest.mark.parametrize("content", [None, b"", b"no database at all" * 1000])
def test_what_is_no_database_is_told(source: Path, target: Path, content: bytes | None) -> None:
    source.unlink()
    if content is not None:
        source.write_bytes(content)
    with pytest.raises(CopyFailed, match=r"There is no database|not a database"):
        copy_sqlite(source, target, busy_seconds=30, reserve_bytes=0)


def test_one_who_keeps_others_out_is_waited_for_and_then_told(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(CopyFailed, match=r"database is locked"):
            copy_sqlite(source, target, busy_seconds=0, reserve_bytes=0)
