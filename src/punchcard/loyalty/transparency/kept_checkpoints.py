"""Checkpoints that were signed: those in the database, and the last one in the data directory.

The one beside the key is what the database cannot know better: an older copy of the database that
is put back meets it, and no checkpoint is signed that contradicts it.
"""

from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, select

from punchcard.kit.private_files import write_private_text
from punchcard.kit.settings import Settings
from punchcard.loyalty.transparency.models import CHECKPOINTS
from punchcard.loyalty.transparency.signing.checkpoint_text import (
    NOTE_LIMIT_BYTES,
    Checkpoint,
    open_checkpoint,
)
from punchcard.loyalty.transparency.signing.signed_notes import VerifierKey

LAST_FILE: Final = "log_checkpoint"
"""The last checkpoint's name in the data directory."""


def newest_note(connection: Connection) -> tuple[str, datetime] | None:
    """Return the newest checkpoint in the database, and when it was made."""
    query = select(CHECKPOINTS.c.note, CHECKPOINTS.c.created_at)
    order = (CHECKPOINTS.c.created_at.desc(), CHECKPOINTS.c.id.desc())
    row = connection.execute(query.order_by(*order).limit(1)).one_or_none()
    return (row.note, row.created_at) if row is not None else None


def first_made_at(connection: Connection) -> datetime | None:
    """Return when the first checkpoint was made that the database knows."""
    query = select(CHECKPOINTS.c.created_at).order_by(CHECKPOINTS.c.created_at)
    return connection.execute(query.limit(1)).scalar_one_or_none()


def kept_notes(connection: Connection) -> list[str]:
    """Return all checkpoints in the database, the oldest first."""
    order = (CHECKPOINTS.c.created_at, CHECKPOINTS.c.id)
    return list(connection.execute(select(CHECKPOINTS.c.note).order_by(*order)).scalars())


def last_signed(settings: Settings) -> str | None:
    """Return the checkpoint in the data directory."""
    try:
        return _path(settings).read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None


def keep_last_signed(settings: Settings, note: str) -> None:
    """Let the data directory know the newest checkpoint; a power cut leaves it or the one before.

    Where there is none, as may be beside PostgreSQL, nothing is kept.
    """
    path = _path(settings)
    if not path.parent.is_dir():
        return
    unfinished = path.with_name(path.name + ".unfinished")
    unfinished.unlink(missing_ok=True)
    write_private_text(unfinished, note)
    unfinished.replace(path)


def read_checkpoint(path: Path) -> str:
    """Return the note in a file. Raises OSError, UnicodeDecodeError."""
    with path.open("rb") as file:
        return file.read(NOTE_LIMIT_BYTES).decode().replace("\r\n", "\n")


def open_own(note: str, public: bytes) -> Checkpoint:
    """Return what a checkpoint says that our key signed, under whichever name the log had then.

    Raises NoteFaulty.
    """
    return open_checkpoint(note, VerifierKey(note.partition("\n")[0], public))


def _path(settings: Settings) -> Path:
    return settings.data_dir / LAST_FILE
