"""One server on one SQLite file: the second is refused, commands beside it are not."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from punchcard.cli.support import CommandFailed

if TYPE_CHECKING:
    from punchcard.kit.settings import Settings

_SUFFIX: Final = ".server"
RESTORED: Final = ".restored"
"""How a restored database is called that is proven and not at its place yet."""


@contextmanager
def only_server(settings: "Settings", *, is_restoring: bool = False) -> Iterator[None]:
    """Be the only server of an SQLite file until the block ends; PostgreSQL takes any number.

    The lock ends with the process, however that ends, so that nothing is to be cleaned up. Where a
    disk knows no locks (some network shares) nobody is kept out. Beside a restore that was killed
    in its last step only another one goes on (`is_restoring`). Raises CommandFailed.
    """
    from punchcard.kit.environment.paths import sqlite_file

    database = sqlite_file(settings.database_url) if settings.is_embedded else None
    if database is None or sys.platform == "win32":
        yield
        return
    real = database.resolve()
    handle = os.open(real.with_name(real.name + _SUFFIX), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _lock(handle, real, is_restoring=is_restoring)
        proven = real.with_name(real.name + RESTORED)
        if proven.exists() and not is_restoring:
            raise CommandFailed(
                f"A restore was killed while {proven.name} took the place of {real}: run it once"
                " more, punchcard restore FILE."
            )
        yield
    finally:
        os.close(handle)


def _lock(handle: int, database: Path, *, is_restoring: bool) -> None:
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        process = os.read(handle, 20).decode("ascii", "replace").strip()
        if is_restoring:
            raise CommandFailed(
                f"{database} is in use: process {process or 'unknown'} serves it, or restores it."
                " Stop that first. Nothing was changed."
            ) from None
        raise CommandFailed(
            f"Another server (process {process or 'unknown'}) serves {database} already. An SQLite"
            " file is served by one: its customers' pages would not hear of stamps that the other"
            " takes. Stop that one, or use PostgreSQL for several."
        ) from None
    except OSError:
        return
    os.ftruncate(handle, 0)
    os.write(handle, str(os.getpid()).encode())
