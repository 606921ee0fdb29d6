"""Paths as operators write them, alone or behind `sqlite:///`."""

import re
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

_SQLITE: Final = "sqlite:///"
_POSTGRESQL: Final = ("postgresql://", "postgres://", "postgresql+psycopg://")
_IN_MEMORY: Final = ("", ":memory:")
_VARIABLE: Final = re.compile(r"(^|/)(\$\{?[A-Za-z_]\w*\}?|%[A-Za-z_]\w*%)(/|$)")


class PathUnusable(Exception):
    """A path that leads nowhere; the text says why."""


def as_path(text: str) -> Path:
    """Return the path that is meant: `~` is the home folder, also where no shell has put it in.

    Raises PathUnusable when there is no such home, and for a variable that no shell has filled in:
    a folder of that very name is never meant.
    """
    if _VARIABLE.search(text):
        raise PathUnusable(f"{text}: no variable is filled in here, write the whole path (or ~)")
    try:
        return Path(text).expanduser()
    except RuntimeError as error:
        raise PathUnusable(f"{text}: there is no such home folder") from error


def sqlite_address(path: Path) -> str:
    """Return the address of the SQLite database in the file at `path`."""
    return f"{_SQLITE}{path}"


def sqlite_file(address: str) -> Path | None:
    """Return the file of an SQLite address, None for one that is kept in memory.

    All that follows `sqlite:///` is the path, whatever it holds: a `?`, `#` or `%` in it is part
    of a name, as it is for every other program. Raises PathUnusable for another form.
    """
    if not address.startswith(_SQLITE):
        if address in ("sqlite://", "sqlite:"):
            return None
        raise PathUnusable(f"{address}: an SQLite database is named as sqlite:///path/to/file")
    text = address.removeprefix(_SQLITE)
    return None if text in _IN_MEMORY else as_path(text)


def database_address(address: str, data_dir: Path) -> str:
    """Return the address of the database, that of a file in `data_dir` when none is told.

    An SQLite file is named by its whole path. Raises PathUnusable.
    """
    if not address:
        return sqlite_address(data_dir / "punchcard.db")
    if address.startswith("sqlite"):
        path = sqlite_file(address)
        return address if path is None else sqlite_address(path.absolute())
    if not address.startswith(_POSTGRESQL):
        # What stands there may hold a password: it is not repeated.
        raise PathUnusable(
            "it must begin with sqlite:/// or postgresql://, for example"
            " postgresql://user:password@host/name"
        )
    _check_postgresql(address)
    return address


def replica_address(address: str) -> str:
    """Return the address of a replica, which only PostgreSQL has. Raises PathUnusable."""
    if not address.startswith(_POSTGRESQL):
        raise PathUnusable("it must begin with postgresql://, as that of the primary does")
    _check_postgresql(address)
    return address


def _check_postgresql(address: str) -> None:
    """Raise PathUnusable for an address that cannot be read: of one host, or several."""
    scheme, _, rest = address.partition("://")
    before, at, hosts = rest.partition("/")[0].partition("?")[0].rpartition("@")
    try:
        for host in hosts.split(","):
            urlsplit(f"{scheme}://{before}{at}{host}").port  # noqa: B018 - for what it raises
    except ValueError:
        raise PathUnusable(
            "it cannot be read. In a name or password %40 stands for @, %3A for :, %2F for /, %3F"
            " for ? and %23 for #"
        ) from None
