"""The file of a backup: written under another name, and at its place only when it is whole."""

import glob
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from punchcard.cli.support import CommandFailed
from punchcard.kit.private_files import make_private_file, make_private_folder

UNFINISHED: Final = ".unfinished"


@contextmanager
def swept_folder(folder: Path, names: str) -> Iterator[list[Path]]:
    """Make the folder, remove what killed backups left in it, and give the paths that are removed.

    `names` is the pattern of the backups' own names. Nothing is removed while another backup works
    in the folder, and no other removes anything until the block ends. Where there are no such
    locks (Windows, some network shares) nothing is removed at all.
    """
    make_private_folder(folder)
    if sys.platform == "win32":
        yield []
        return
    import fcntl

    # A lock ends with its process, however that ends. Backups share it and so wait for nobody; who
    # gets it alone, for the moment of the sweeping, knows that no other backup is at work.
    swept: list[Path] = []
    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            swept = _sweep(folder, names)
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_SH)
        yield swept
    finally:
        os.close(handle)


@contextmanager
def whole_file(target: Path) -> Iterator[Path]:
    """Give the path of an empty file, its owner's alone, that will stand at `target`.

    When the block ends it does, safe from a power cut; when it raises nothing is left. Raises
    CommandFailed when `target` is there or is being written.
    """
    if target.exists():
        raise CommandFailed(f"{target} is there already; nothing was written.")
    unfinished = target.with_name(target.name + UNFINISHED)
    is_ours = True
    # Inside the block already: a signal that stops the command can come between any two lines.
    try:
        try:
            make_private_file(unfinished)
        except FileExistsError:
            is_ours = False
            raise CommandFailed(
                f"{unfinished} is there: another backup is writing it. If none runs, remove it."
            ) from None
        yield unfinished
        sync(unfinished)
        unfinished.replace(target)
        sync(target.parent)
    finally:
        # Beside it lies what SQLite needs while it works.
        for path in target.parent.glob(glob.escape(unfinished.name) + "*") if is_ours else ():
            path.unlink(missing_ok=True)


def _sweep(folder: Path, names: str) -> list[Path]:
    left = sorted(folder.glob(f"{names}{UNFINISHED}*"))
    for path in left:
        path.unlink(missing_ok=True)
    return left


def sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on disk."""
    if path.is_dir() and os.name != "posix":
        return
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
