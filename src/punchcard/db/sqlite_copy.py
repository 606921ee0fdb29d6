"""A copy of a SQLite database, taken in one read transaction while others write, and checked."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from punchcard.kit.private_files import make_private_file

Progress = Callable[[int, int], None]
"""Is told how many bytes or pages are done, and of how many."""

PAGES_A_STEP: Final = 1000

# Beside the file of a database: what is committed or to be undone and not yet in the file.
_LOGS: Final = ("-wal", "-journal")
_BYTES_A_STEP: Final = 4 * 1024 * 1024
_FAULTS_TOLD: Final = 3
# The first byte of SQLite's result code says what kind of failure it is.
_KIND: Final = 0xFF


class CopyFailed(Exception):
    """No whole copy could be made; the text says why, in one line."""


def copy_sqlite(
    source: Path,
    target: Path,
    *,
    busy_seconds: float,
    reserve_bytes: int,
    progress: Progress = lambda done, total: None,
) -> None:
    """Copy the database at `source` into the empty file `target`, as it is at one moment.

    Others may go on writing: one read transaction lasts for the whole copy, which is therefore
    never begun again, and writers do not wait for it; their write-ahead log grows meanwhile.
    `busy_seconds` is how long to wait for a process that keeps others out, `reserve_bytes` what
    must stay free on the disk. Where the database lies on a disk or in a folder that takes no
    writes, its files are copied as they are. The copy is one file with no log of its own, and its
    integrity is checked; that it is on disk is the caller's to see to.

    Raises CopyFailed, and OSError when a file cannot be read or written. What was written so far
    is the caller's to remove, `target` and the names that begin with it.
    """
    if not source.exists() or source.stat().st_size == 0:
        raise CopyFailed(f"There is no database at {source} yet.")
    try:
        try:
            _copy_pages(source, target, busy_seconds, reserve_bytes, progress)
        except sqlite3.OperationalError as error:
            if not _needs_writing(error):
                raise
            _copy_files(source, target, reserve_bytes, progress)
        _finish(target)
    except sqlite3.Error as error:
        raise CopyFailed(f"The database could not be copied: {error}.") from error


def _copy_pages(
    source: Path, target: Path, busy_seconds: float, reserve_bytes: int, progress: Progress
) -> None:
    with (
        _one_moment(source, busy_seconds) as kept,
        closing(sqlite3.connect(target, isolation_level=None)) as copy,
    ):
        pages, page_bytes = (
            kept.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size")
        )
        _refuse_full_disk(target, pages * page_bytes, reserve_bytes)
        # Nobody else knows of the copy, and one that is broken off is thrown away: syncing each
        # step would only make the shop's own commits wait for the disk.
        copy.execute("PRAGMA locking_mode = EXCLUSIVE")
        copy.execute("PRAGMA journal_mode = OFF")
        copy.execute("PRAGMA synchronous = OFF")
        kept.backup(
            copy,
            pages=PAGES_A_STEP,
            progress=lambda _status, remaining, total: progress(total - remaining, total),
        )


@contextmanager
def _one_moment(source: Path, busy_seconds: float) -> Iterator[sqlite3.Connection]:
    """Open the database and begin to read.

    SQLite's backup copies from the transaction that its connection is in. Without one each step
    has its own, and the copy begins again from the first page whenever someone wrote between two.
    """
    address = f"{source.absolute().as_uri()}?mode=rw"
    with closing(
        sqlite3.connect(address, uri=True, timeout=busy_seconds, isolation_level=None)
    ) as kept:
        kept.execute("BEGIN")
        kept.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        yield kept


def _needs_writing(error: sqlite3.Error) -> bool:
    """Return whether SQLite wanted to write beside the database only in order to read it.

    It needs a `-shm` file, and has to make it when there is none.
    """
    kind = getattr(error, "sqlite_errorcode", 0) & _KIND
    return kind in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)


def _copy_files(source: Path, target: Path, reserve_bytes: int, progress: Progress) -> None:
    """Copy the files of a database in which nobody writes, with the logs that belong to them.

    SQLite's `immutable` would leave out what is committed and stands in `-wal` only.
    """
    before = _marks(source)
    total = sum(size for size, _ in before.values())
    _refuse_full_disk(target, total, reserve_bytes)
    done = 0
    for suffix in before:
        place = target.with_name(target.name + suffix)
        if suffix:
            make_private_file(place)
        with source.with_name(source.name + suffix).open("rb") as file, place.open("wb") as copy:
            while chunk := file.read(_BYTES_A_STEP):
                copy.write(chunk)
                done += len(chunk)
                progress(done, total)
    if _marks(source) != before:
        raise CopyFailed(
            f"{source} was written to while it was copied: run this as the user whom it belongs to."
        )


def _marks(source: Path) -> dict[str, tuple[int, int]]:
    """Return size and time of the last change of the database's files, by what follows its name."""
    found = {}
    for suffix in ("", *_LOGS):
        path = source.with_name(source.name + suffix)
        if path.exists():
            state = path.stat()
            found[suffix] = (state.st_size, state.st_mtime_ns)
    return found


def _refuse_full_disk(target: Path, needed: int, reserve_bytes: int) -> None:
    free = shutil.disk_usage(target.parent).free
    if free < needed + reserve_bytes:
        raise CopyFailed(
            f"Too little room in {target.parent}: the copy takes {needed:,} bytes, {free:,} are"
            f" free, and {reserve_bytes:,} must stay so (PUNCHCARD_BACKUP_RESERVE_BYTES)."
        )


def fold_logs(path: Path) -> None:
    """Bring into the file whatever stands in the logs beside it, and let it have none any more.

    Nobody else may have it open.
    """
    with closing(sqlite3.connect(path, isolation_level=None)) as opened:
        opened.execute("PRAGMA locking_mode = EXCLUSIVE")
        opened.execute("PRAGMA journal_mode = DELETE")


def _finish(target: Path) -> None:
    """Bring all that was copied into the one file, and look at every page of it."""
    fold_logs(target)
    with closing(sqlite3.connect(target, isolation_level=None)) as copy:
        faults = [row[0] for row in copy.execute("PRAGMA integrity_check")]
    if faults != ["ok"]:
        told = "; ".join(" ".join(fault.split()) for fault in faults[:_FAULTS_TOLD])
        raise CopyFailed(f"The copy is damaged, and so is the database, it seems: {told}.")
