"""`punchcard backup drill`: the newest backup put back beside the database, proven, removed."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from punchcard.cli.backups.backup_kinds import BackupKind, kind_of
from punchcard.cli.backups.progress import stopped_in_order
from punchcard.cli.backups.restore import settings_for
from punchcard.cli.support import CommandFailed, Json, say

if TYPE_CHECKING:
    from punchcard.cli.backups.proof import RestoredState
    from punchcard.kit.settings import Settings

_STOPPED = "The drill was stopped; nothing of it is left."


def drill(
    file: Annotated[
        Path | None, typer.Option(help="The backup to try; the newest one when left out.")
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option("--in", help="Where to put an SQLite file back; a temporary folder if not."),
    ] = None,
    is_from_bucket: Annotated[
        bool,
        typer.Option("--from-bucket", help="Fetch the newest one from the bucket, and try it."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Restore the newest backup into a place of its own, prove it, and say how long that took.

    The database in use is not touched, and the server may go on serving. Nothing of the trial is
    left. Exit code 1 when the backup could not be put back, or is not sound. With PostgreSQL a
    database is made beside the one in use, which takes a role that may.
    """
    import time

    from punchcard.kit.clock import SystemClock

    if file is not None and is_from_bucket:
        raise CommandFailed("Name a file, or take one from the bucket.")
    now = SystemClock().now()
    begun = time.monotonic()
    with stopped_in_order(_STOPPED), _chosen(file, is_from_bucket, is_silent=as_json) as chosen:
        proof = _proven(kind_of(chosen), chosen, folder, now, is_silent=as_json)
        seconds = time.monotonic() - begun
        size, age_hours = chosen.stat().st_size, (now - _made_at(chosen)).total_seconds() / 3600
    facts: dict[str, Any] = {
        "file": str(chosen),
        "bytes": size,
        "age_hours": round(age_hours, 2),
        "seconds": round(seconds, 2),
        **proof.facts(),
    }
    text = (
        f"{chosen} was put back and proven in {seconds:,.1f} seconds; it is"
        f" {_age(age_hours)}. {' '.join(proof.sentences())} Nothing of the trial is left."
    )
    say(facts, as_json=as_json, text=text)


@contextmanager
def _chosen(file: Path | None, is_from_bucket: bool, *, is_silent: bool) -> Iterator[Path]:
    """Give the file to try; what was fetched for it is removed at the end."""
    if not is_from_bucket:
        yield file or _newest()
        return
    from punchcard.cli.backups.backup_bucket import BackupBucket
    from punchcard.cli.backups.kept_backups import fetch_into, newest_in, settings_of_backups

    bucket = BackupBucket(settings_of_backups())
    name = newest_in(bucket)
    with tempfile.TemporaryDirectory(prefix="punchcard-drill-") as place:
        fetch_into(bucket, name, Path(place) / name, is_silent=is_silent)
        yield Path(place) / name


def _made_at(file: Path) -> datetime:
    """Return when a backup was made, by its name or else by its file."""
    from punchcard.kit.environment.backup_names import as_backup

    named = as_backup(file.name)
    return named.made_at if named else datetime.fromtimestamp(file.stat().st_mtime, UTC)


def _age(hours: float) -> str:
    return f"{hours:,.1f} hours old" if hours >= 0 else "dated ahead of this machine's clock"


def _newest() -> Path:
    from punchcard.kit.clock import SystemClock
    from punchcard.kit.environment.backup_names import BACKUPS, backups_in, made_until
    from punchcard.kit.settings import data_dir

    folder = data_dir().absolute() / BACKUPS
    found = backups_in(folder)
    if not found:
        raise CommandFailed(f"There is no backup in {folder}. Run: punchcard backup")
    # Where a clock ran ahead once, what it dated is the newest only if there is no other.
    return folder / (made_until(found, SystemClock().now()) or found)[-1].name


def _proven(
    kind: BackupKind, file: Path, folder: Path | None, now: datetime, *, is_silent: bool
) -> "RestoredState":
    from punchcard.cli.backups.restore_postgresql import drill_postgresql
    from punchcard.kit.environment.backup_names import stamp_of

    if kind is BackupKind.SQLITE:
        return _proven_in_folder(settings_for(kind, file, None), file, folder, is_silent=is_silent)
    settings = settings_for(kind, file, None)
    return drill_postgresql(settings, file, stamp_of(now), is_silent=is_silent)


def _proven_in_folder(
    settings: "Settings", file: Path, folder: Path | None, *, is_silent: bool
) -> "RestoredState":
    from punchcard.cli.backups.restore_sqlite import copied_and_proven

    with tempfile.TemporaryDirectory(prefix="punchcard-drill-", dir=folder) as place:
        return copied_and_proven(settings, file, Path(place) / "punchcard.db", is_silent=is_silent)
