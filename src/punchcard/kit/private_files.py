"""Files and folders that are their owner's alone, whatever the umask says.

On Windows rights hang on the folder's access list instead: the functions make what they are asked
for, and nothing counts as too open.
"""

import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Final

_FILE_MODE: Final = 0o600
_FOLDER_MODE: Final = 0o700
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


def make_private_folder(path: Path) -> None:
    """Make the folder with the mode 0700, and its parents with the usual one.

    One that is there keeps its mode: an operator may have given a group access on purpose.
    """
    path.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)


def make_private_file(path: Path) -> None:
    """Make an empty file with the mode 0600; raises FileExistsError when there is one."""
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _FILE_MODE))


def write_private_text(path: Path, text: str) -> None:
    """Make a file with the mode 0600 that holds `text`; raises FileExistsError if it is there.

    On a full disk none is left behind: an empty one would be taken for a whole one next time.
    """
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _FILE_MODE)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError:
        path.unlink()
        raise


def too_open(paths: Iterable[Path]) -> list[Path]:
    """Return those of `paths` that are there and that others than their owner have a right to."""
    if os.name != "posix":
        return []
    return [path for path in paths if path.exists() and path.stat().st_mode & _OTHERS]


def close_to_others(path: Path) -> None:
    """Take every right but the owner's away; raises PermissionError when it is someone else's."""
    path.chmod(stat.S_IMODE(path.stat().st_mode) & ~_OTHERS)
