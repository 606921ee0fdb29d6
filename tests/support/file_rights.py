"""Who may do what with files: what a server writes, and a disk that takes no writes."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.server_process import PUNCHCARD

_ALL_WRITES = 0o222


def mode(path: Path) -> str:
    """Return the rights of a file or folder in octal, such as `700`."""
    return f"{path.stat().st_mode & 0o777:o}"


@contextmanager
def usual_umask() -> Iterator[None]:
    """Let new files be readable by everybody, as most machines do."""
    before = os.umask(0o022)
    try:
        yield
    finally:
        os.umask(before)


@contextmanager
def without_writes(folder: Path) -> Iterator[None]:
    """Take the right to write in `folder` and to its files away, as a read-only disk does."""
    paths = [folder, *folder.iterdir()]
    modes = [path.stat().st_mode for path in paths]
    for path in paths:
        path.chmod(path.stat().st_mode & ~_ALL_WRITES)
    try:
        yield
    finally:
        for path, before in zip(paths, modes, strict=True):
            path.chmod(before)


def bound_by_rights() -> list[str]:
    """Return how to run the command so that rights count: those of files do not bind root."""
    if os.geteuid() != 0:
        return [PUNCHCARD]
    return ["setpriv", "--bounding-set=-dac_override,-dac_read_search", PUNCHCARD]
