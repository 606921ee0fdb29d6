"""The files in which an embedded server keeps its secrets, and those of before."""

import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Final

from punchcard.kit.environment.kept_secrets import OLD_SECRETS, old_secrets
from punchcard.kit.private_files import write_private_text

if TYPE_CHECKING:
    from punchcard.kit.settings import Settings

_BYTES: Final = 48


def new_secret() -> str:
    """Return a secret that nobody can guess: 384 bits in 64 characters."""
    return secrets.token_urlsafe(_BYTES)


def is_kept(settings: "Settings", name: str) -> bool:
    """Return whether the server itself keeps the secret `name`, in its data directory."""
    if not settings.is_embedded:
        return False
    return bool(_read(settings.data_dir / name).strip() == getattr(settings, name))


def are_old_kept(settings: "Settings", name: str) -> bool:
    """Return whether the old ones of the secret `name` are those in the data directory, or none."""
    told = getattr(settings, OLD_SECRETS[name])
    return not told or (settings.is_embedded and told == _read(_old_file(settings, name)))


def put_new(settings: "Settings", name: str) -> None:
    """Make a new secret the one in use; the one of before becomes the first of the old ones.

    That is on disk before it is gone from its own file: a machine that fails in between has it.
    """
    before = getattr(settings, name)
    old = [before, *(one for one in old_secrets(_read(_old_file(settings, name))) if one != before)]
    _replace(_old_file(settings, name), "".join(f"{one}\n" for one in old))
    _replace(settings.data_dir / name, new_secret() + "\n")


def forget_old(settings: "Settings", name: str) -> None:
    """Remove the file of old ones."""
    _old_file(settings, name).unlink(missing_ok=True)


def _old_file(settings: "Settings", name: str) -> Path:
    return settings.data_dir / OLD_SECRETS[name]


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""


def _replace(path: Path, text: str) -> None:
    """Write a private file whole, or leave the one that is there."""
    unfinished = path.with_name(path.name + ".unfinished")
    unfinished.unlink(missing_ok=True)
    write_private_text(unfinished, text)
    with unfinished.open(encoding="utf-8") as written:
        os.fsync(written.fileno())
    unfinished.replace(path)
