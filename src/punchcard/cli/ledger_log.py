"""What `punchcard ledger` does with the transparency log: checkpoints made, and held against it."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from punchcard.cli.support import CommandFailed

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from punchcard.db.database import Database
    from punchcard.kit.settings import Settings
    from punchcard.loyalty.transparency.log_verdict import LogDamage, LogVerdict
    from punchcard.loyalty.transparency.signing.checkpoint_text import Checkpoint
    from punchcard.loyalty.transparency.signing.checkpoints import CheckpointMaker, SignedCheckpoint

CHECKPOINT_SUFFIX = ".checkpoint"
_DAMAGES_SHOWN = 20


def own_public_key(told: str | None) -> bytes | None:
    """Return the key that checkpoints must be signed by: the one told, or this server's own.

    None when there is none. Raises CommandFailed for a told one that cannot be read.
    """
    from punchcard.kit.settings import load_settings
    from punchcard.loyalty.transparency.log_key import LogKeyMissing, load_log_key
    from punchcard.loyalty.transparency.signing.signed_notes import NoteFaulty, VerifierKey

    if told is not None:
        try:
            return VerifierKey.parse(told).public
        except NoteFaulty as error:
            raise CommandFailed(str(error)) from error
    try:
        return load_log_key(load_settings()).verifier.public
    except LogKeyMissing:
        return None


def read_checkpoints(paths: Sequence[Path], public: bytes | None) -> "list[Checkpoint]":
    """Return what the checkpoints in these files say. Raises CommandFailed."""
    from punchcard.loyalty.transparency.kept_checkpoints import open_own, read_checkpoint
    from punchcard.loyalty.transparency.signing.signed_notes import NoteFaulty

    if paths and public is None:
        raise CommandFailed("There is no key here to check signatures with: give --public-key.")
    read = []
    for path in paths:
        try:
            read.append(open_own(read_checkpoint(path), public or b""))
        except UnicodeDecodeError:
            raise CommandFailed(f"{path}: That is no checkpoint.") from None
        except NoteFaulty as error:
            raise CommandFailed(f"{path}: {error}") from error
    return read


def verify_with(
    connection: "Connection",
    against: "Sequence[Checkpoint]",
    public: bytes | None,
    progress: Callable[[int], None],
) -> "LogVerdict":
    """Hold the log against the database and the checkpoints given and kept.

    Kept are those in the database, and the last one in the data directory.
    """
    from punchcard.kit.settings import load_settings
    from punchcard.loyalty.transparency.kept_checkpoints import kept_notes, last_signed, open_own
    from punchcard.loyalty.transparency.log_verify import verify_log
    from punchcard.loyalty.transparency.signing.signed_notes import NoteFaulty

    kept, unsigned = [], 0
    notes = kept_notes(connection) if public is not None else []
    last = last_signed(load_settings())
    if public is not None and last is not None and last not in notes:
        notes.append(last)
    for note in notes:
        try:
            kept.append(open_own(note, public or b""))
        except NoteFaulty:
            unsigned += 1
    verdict = verify_log(connection, against=against, kept=kept, progress=progress)
    if unsigned and not kept and not against:
        verdict.add("log", None, "no checkpoint in the database is signed by the key of this log")
    return verdict


def facts_of_log(verdict: "LogVerdict") -> dict[str, Any]:
    """Return what is told to machines."""
    anchored = verdict.anchored
    return {
        "entries": verdict.entries,
        "events": verdict.events,
        "waiting": verdict.waiting,
        "anchored_entries": anchored.size if anchored else 0,
        "anchored_at": anchored.made_at.isoformat() if anchored else None,
        "is_sound": verdict.is_sound,
        "damage_count": verdict.damage_count,
        "damages": [asdict(damage) for damage in verdict.damages],
    }


def text_of_log(verdict: "LogVerdict") -> str:
    """Return what is told to people; nothing while there is no log."""
    if not verdict.is_sound:
        lines = [f"The ledger is not what the log holds, in {verdict.damage_count:,} places:"]
        lines += [_line(damage) for damage in verdict.damages[:_DAMAGES_SHOWN]]
        if verdict.damage_count > _DAMAGES_SHOWN:
            lines.append(f"and {verdict.damage_count - _DAMAGES_SHOWN:,} more (--json lists them)")
        return "\n".join(lines)
    if verdict.anchored is None:
        return ""
    made_at = f"{verdict.anchored.made_at:%Y-%m-%d %H:%M:%S} UTC"
    return (
        f"Anchored up to the checkpoint of {made_at}: {verdict.anchored.size:,} entries and"
        f" {verdict.anchored.audit_size:,} events of the audit trail."
    )


def text_of_checkpoint(made: "SignedCheckpoint") -> str:
    """Return the note itself: what is printed is what is kept."""
    return made.note.rstrip("\n")


def facts_of_checkpoint(made: "SignedCheckpoint", public_key: str) -> dict[str, Any]:
    """Return a checkpoint for machines."""
    return {
        "origin": made.checkpoint.origin,
        "entries": made.checkpoint.size,
        "root": made.checkpoint.root.hex(),
        "events": made.checkpoint.audit_size,
        "audit_root": made.checkpoint.audit_root.hex(),
        "made_at": made.checkpoint.made_at.isoformat(),
        "complete_until": made.checkpoint.complete_until.isoformat(),
        "public_key": public_key,
        "note": made.note,
    }


def sign_before_backup(settings: "Settings") -> str | None:
    """Return a checkpoint made now, or None when none can be signed: the copy matters more.

    What is wrong with the database is left to the copy to tell.
    """
    from contextlib import closing

    from sqlalchemy.exc import SQLAlchemyError

    from punchcard.db.database import open_database
    from punchcard.db.migrate import DatabaseIsNewer, is_current
    from punchcard.kit.environment.paths import sqlite_file
    from punchcard.loyalty.transparency.log_key import LogKeyMissing
    from punchcard.loyalty.transparency.signing.checkpoints import LogBroken

    file = sqlite_file(settings.database_url) if settings.is_embedded else None
    if file is not None and not file.exists():
        return None
    try:
        with closing(open_database(settings)) as database:
            return _maker(database, settings).make().note if is_current(database) else None
    except LogBroken as error:
        typer.echo(f"No checkpoint goes with the backup. {error}", err=True)
    except (LogKeyMissing, SQLAlchemyError, DatabaseIsNewer, OSError):
        return None
    return None


def write_beside(target: Path, note: str | None) -> Path | None:
    """Write the checkpoint beside a backup, and return where."""
    from punchcard.kit.private_files import write_private_text

    if note is None:
        return None
    path = target.with_name(target.name + CHECKPOINT_SUFFIX)
    path.unlink(missing_ok=True)
    write_private_text(path, note)
    return path


def _maker(database: "Database", settings: "Settings") -> "CheckpointMaker":
    from punchcard.accounts.mail.mail_queue import MailQueue
    from punchcard.kit.clock import SystemClock
    from punchcard.kit.ids import SystemIds
    from punchcard.loyalty.transparency.signing.checkpoints import CheckpointMaker

    clock = SystemClock()
    ids = SystemIds(clock)
    is_configured = bool(settings.smtp_url)
    mails = MailQueue(clock=clock, ids=ids, settings=settings, is_configured=is_configured)
    return CheckpointMaker(
        database=database, clock=clock, ids=ids, settings=settings, mail_queue=mails
    )


def _line(damage: "LogDamage") -> str:
    if damage.subject_id is None:
        return f"  {damage.what}"
    of_card = f" of card {damage.card_id}" if damage.card_id else ""
    return f"  {damage.subject} {damage.subject_id}{of_card}: {damage.what}"
