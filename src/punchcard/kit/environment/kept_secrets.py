"""The secrets that an embedded server makes for itself, and whether that would do harm."""

import secrets
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Final

from punchcard.kit.private_files import make_private_folder, write_private_text

SECRETS_OF_DATABASE: Final = ("secret_key", "pin_pepper")
"""The settings that what is in a database was sealed and hashed with."""

OLD_SECRETS: Final = {"secret_key": "old_secret_keys", "pin_pepper": "old_pin_peppers"}
"""The settings of those that they took the place of, by what they are the old ones of."""

# SQLite's plain error, here of a table that is not there, and that of a file that is no database.
_NO_SUCH_TABLE: Final = (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_NOTADB)
# What is worth nothing without the secrets that it was made with.
_NEEDS_THEM: Final = ("loyalty_cards", "staff_pins")


_WITHOUT_ITS_OWN: Final = (
    "The secrets of this database are missing: there is no {path}, and its cards and PINs need the"
    " one that they were made with. Put it back from where the secrets are kept, or set them as"
    " variables. If they are lost for good: punchcard secrets renew --help"
)


class SecretsMissing(Exception):
    """A secret of the database is not there; the text says which one and what to do."""


def check_given(given: Mapping[str, str], prefix: str) -> None:
    """Raise SecretsMissing unless both secrets are set, as they must be with PostgreSQL."""
    missing = [name for name in SECRETS_OF_DATABASE if not given[name]]
    if missing:
        names = " and ".join(prefix + name.upper() for name in missing)
        raise SecretsMissing(
            f"{names} must be set with PostgreSQL (32 random characters or more): every server"
            " process needs the same one, and it must outlive this machine."
        )


def embedded_secrets(
    given: Mapping[str, str], folder: Path, database: Path | None, *, renews: bool
) -> dict[str, str]:
    """Return the secrets and old ones of an embedded database: those `given`, else the kept ones.

    Makes the folder, and secrets that are nowhere yet; beside cards or PINs, which were made with
    others, only if it `renews` them. Raises SecretsMissing.
    """
    make_private_folder(folder)
    missing = [name for name in SECRETS_OF_DATABASE if not given[name]]
    is_needed = bool(missing) and needs_its_secrets(database)
    for name in missing:
        path = folder / name
        if not path.exists() and not renews and is_needed:
            raise SecretsMissing(_WITHOUT_ITS_OWN.format(path=path))
    found = dict(given)
    for name in missing:
        found[name] = kept_secret(folder / name)
        if not found[name]:
            raise SecretsMissing(f"{folder / name} is empty: put the secret back.")
    for name in OLD_SECRETS.values():
        found[name] = found[name] or kept_old_secrets(folder / name)
    return found


def kept_secret(path: Path) -> str:
    """Return the secret kept at `path`, readable by its owner only; made the first time."""
    secret = secrets.token_urlsafe(48)
    try:
        write_private_text(path, secret + "\n")
    except FileExistsError:
        return path.read_text(encoding="utf-8").strip()
    return secret


def old_secrets(text: str) -> list[str]:
    """Return the secrets that stand in `text`, one a line; a blank may be part of one."""
    return [line for line in text.splitlines() if line.strip()]


def kept_old_secrets(path: Path) -> str:
    """Return the text of the file of old secrets; empty while there is none."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""


def needs_its_secrets(database: Path | None) -> bool:
    """Return whether the SQLite file `database` holds cards or PINs.

    Read before the database is opened: without secrets there is no server that could. A file that
    is no database, or has no tables yet, needs none; one that cannot be read may need them.
    """
    if database is None or not database.exists() or not database.stat().st_size:
        return False
    return any(_has_rows(database, table) for table in _NEEDS_THEM)


def _has_rows(database: Path, table: str) -> bool:
    address = f"{database.absolute().as_uri()}?mode=rw"
    try:
        with closing(sqlite3.connect(address, uri=True)) as opened:
            query = f"SELECT EXISTS (SELECT 1 FROM {table})"  # noqa: S608 one of our own names
            return bool(opened.execute(query).fetchone()[0])
    except sqlite3.Error as error:
        return getattr(error, "sqlite_errorcode", None) not in _NO_SUCH_TABLE
