"""`punchcard restore`: a backup put back, proven before anything that was there goes aside."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from punchcard.cli.backups.backup_kinds import BackupKind, kind_of
from punchcard.cli.backups.progress import stopped_in_order
from punchcard.cli.support import CommandFailed, Json, say

if TYPE_CHECKING:
    from punchcard.cli.backups.proof import RestoredState
    from punchcard.kit.settings import Settings

_STOPPED = "The restore was stopped; the database is as it was."
_BEGIN_ANEW = (
    "Checkpoints were signed after this backup, which its ledger does not hold: none is signed"
    " until you say that it was on purpose: punchcard ledger checkpoint --begin-anew"
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("restore")(restore)


def restore(
    file: Annotated[Path, typer.Argument(help="The backup: a file of `punchcard backup`.")],
    to: Annotated[
        str | None,
        typer.Option(
            help="The address of a fresh place: sqlite:///FILE that is not there yet, or an empty"
            " PostgreSQL database. The one that is set, when left out."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Put a backup in the place of the database, and prove it first. Stop the server before.

    The copy is brought up to date; its secrets, tables, ledger, log and figures are looked at, and
    only then does it take its place. What was there before is kept beside it, whole. Whatever
    fails, the database stays as it was, and a restore that was killed is simply begun again.
    """
    from punchcard.kit.clock import SystemClock
    from punchcard.kit.environment.backup_names import stamp_of

    kind = kind_of(file)
    settings = settings_for(kind, file, to)
    stamp = stamp_of(SystemClock().now())
    with stopped_in_order(_STOPPED):
        if kind is BackupKind.SQLITE:
            proof, kept = _into_file(settings, file, stamp, is_fresh=bool(to), is_silent=as_json)
        else:
            proof, kept = _into_server(settings, file, stamp, is_fresh=bool(to), is_silent=as_json)
    facts: dict[str, Any] = {"restored": str(file), "kept": kept, **proof.facts()}
    say(facts, as_json=as_json, text=_text(file, proof, kept))


def settings_for(kind: BackupKind, file: Path, to: str | None) -> "Settings":
    """Return the settings for serving what is in the backup, at `to` or where they say.

    No secrets are made for a backup that holds cards: it asks for its own. Raises CommandFailed
    when the database is of the other kind.
    """
    from dataclasses import replace

    from punchcard.kit.environment.paths import sqlite_address
    from punchcard.kit.settings import database_url_at, load_settings

    url = database_url_at(to)
    is_file = url.startswith("sqlite")
    if is_file != (kind is BackupKind.SQLITE):
        raise CommandFailed(
            f"{file} is a backup of {kind}, and the database is not. Restore it into one"
            f" of its own kind (--to), and go over with: punchcard move"
        )
    if not is_file:
        return load_settings(database_url=url)
    # The backup stands for the database: beside one that holds cards no secrets are made.
    of_backup = sqlite_address(file.absolute())
    return replace(load_settings(database_url=of_backup, database_read_url=""), database_url=url)


def _into_file(
    settings: "Settings", file: Path, stamp: str, *, is_fresh: bool, is_silent: bool
) -> "tuple[RestoredState, str | None]":
    from punchcard.cli.backups.restore_sqlite import restore_sqlite
    from punchcard.kit.environment.paths import sqlite_file

    target = sqlite_file(settings.database_url)
    if target is None:
        raise CommandFailed("A database in memory is no place to restore into.")
    if target.exists() and (is_fresh or target.resolve() == file.resolve()):
        raise CommandFailed(f"{target} is there already; nothing was changed.")
    proof, kept = restore_sqlite(settings, file, target, stamp, is_silent=is_silent)
    return proof, str(kept) if kept else None


def _into_server(
    settings: "Settings", file: Path, stamp: str, *, is_fresh: bool, is_silent: bool
) -> "tuple[RestoredState, str | None]":
    from punchcard.cli.backups.restore_postgresql import restore_into_empty, restore_postgresql

    if is_fresh:
        return restore_into_empty(settings, file, is_silent=is_silent), None
    return restore_postgresql(settings, file, stamp, is_silent=is_silent)


def _text(file: Path, proof: "RestoredState", kept: str | None) -> str:
    made = datetime.fromtimestamp(file.stat().st_mtime).astimezone()
    lines = [f"Restored {file}, of {made:%Y-%m-%d %H:%M %Z}.", " ".join(proof.sentences())]
    if kept:
        lines.append(f"What was there before is kept as {kept}: remove it once all is well.")
    if proof.needs_new_beginning:
        lines.append(_BEGIN_ANEW)
    lines.append("Start the server, then: punchcard doctor")
    return "\n".join(lines)
