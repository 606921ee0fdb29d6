"""`punchcard backup list` and `backup fetch`; and what happens to a backup once it is made."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from punchcard.cli.backups.progress import bar, stopped_in_order
from punchcard.cli.support import CommandFailed, Json, say

if TYPE_CHECKING:
    from punchcard.cli.backups.retention import Keeping
    from punchcard.kit.settings import Settings

_STOPPED = "The fetching was stopped; no file was written."


def list_backups(as_json: Json = False) -> None:
    """List the backups here, and those in the bucket that is set, the oldest first."""
    from punchcard.cli.backups.backup_bucket import BackupBucket, wants_bucket
    from punchcard.kit.environment.backup_names import BACKUPS, backups_in

    settings = settings_of_backups()
    folder = settings.data_dir / BACKUPS
    rows: list[dict[str, Any]] = [
        {
            "name": backup.name,
            "made_at": backup.made_at.isoformat(),
            "bytes": (folder / backup.name).stat().st_size,
            "where": str(folder),
        }
        for backup in backups_in(folder)
    ]
    if wants_bucket(settings):
        rows += [
            {
                "name": one.backup.name,
                "made_at": one.backup.made_at.isoformat(),
                "bytes": one.sealed_bytes,
                "where": f"s3://{settings.backup_s3_bucket}",
            }
            for one in BackupBucket(settings).kept()
        ]
    lines = [f"{row['name']}  {row['bytes']:>16,}  {row['where']}" for row in rows]
    say({"backups": rows}, as_json=as_json, text="\n".join(lines) or "There is no backup yet.")


def fetch(
    name: Annotated[
        str | None, typer.Argument(help="The backup's name; the newest one when left out.")
    ] = None,
    to: Annotated[
        Path | None, typer.Option(help="The file to write; its name in DATA_DIR/backups if not.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Bring a backup from the bucket, opened and checked, with the checkpoint that goes with it."""
    from punchcard.cli.backups.backup_bucket import BackupBucket
    from punchcard.kit.environment.backup_names import BACKUPS

    settings = settings_of_backups()
    bucket = BackupBucket(settings)
    chosen = name or newest_in(bucket)
    target = to or settings.data_dir / BACKUPS / chosen
    with stopped_in_order(_STOPPED):
        fetch_into(bucket, chosen, target, is_silent=as_json)
    size = target.stat().st_size
    text = f"{target}: {size:,} bytes. To put it back: punchcard restore {target}"
    say({"file": str(target), "bytes": size}, as_json=as_json, text=text)


def fetch_into(bucket: Any, name: str, target: Path, *, is_silent: bool) -> None:
    """Write the backup of this name to `target`, which is there when it is whole."""
    from punchcard.cli.backups.backup_file import swept_folder, whole_file
    from punchcard.cli.ledger_log import write_beside

    with swept_folder(target.parent, target.name):
        with (
            whole_file(target) as unfinished,
            bar("Fetching and opening", is_silent=is_silent) as show,
        ):
            try:
                checkpoint = bucket.fetch(name, unfinished, show)
            except FileNotFoundError as error:
                raise CommandFailed(f"There is no {name} in the bucket.") from error
        write_beside(target, checkpoint.decode("utf-8", "replace") if checkpoint else None)


def newest_in(bucket: Any) -> str:
    """Return the name of the newest backup in the bucket. Raises CommandFailed."""
    from punchcard.kit.clock import SystemClock
    from punchcard.kit.environment.backup_names import made_until

    kept = bucket.kept()
    if not kept:
        raise CommandFailed("There is no backup in the bucket.")
    names = [one.backup for one in kept]
    return str((made_until(names, SystemClock().now()) or names)[-1].name)


def taken_elsewhere(settings: "Settings", file: Path, *, is_silent: bool) -> str | None:
    """Take a backup that was just made to the bucket, if one is set; return where it is then.

    Raises CommandFailed; the backup here stays.
    """
    from punchcard.cli.backups.backup_bucket import BackupBucket, wants_bucket

    if not wants_bucket(settings):
        return None
    with bar("Taking it elsewhere", is_silent=is_silent) as show:
        BackupBucket(settings).put(file, show)
    return f"s3://{settings.backup_s3_bucket}"


def prune(settings: "Settings", keeping: "Keeping") -> list[str]:
    """Remove what need not be kept, here and in the bucket, and return the names.

    Called when a backup has just been made and checked: the last good one always stays, and so does
    what is dated ahead, in nobody's place. A bucket whose key may not remove keeps what it has,
    which is told and no failure.
    """
    from punchcard.cli.backups.backup_bucket import BackupBucket, wants_bucket
    from punchcard.cli.backups.retention import superfluous
    from punchcard.cli.ledger_log import CHECKPOINT_SUFFIX
    from punchcard.kit.clock import SystemClock
    from punchcard.kit.environment.backup_names import BACKUPS, backups_in, made_until

    folder, now = settings.data_dir / BACKUPS, SystemClock().now()
    removed = []
    for backup in superfluous(made_until(backups_in(folder), now), keeping):
        (folder / backup.name).unlink(missing_ok=True)
        (folder / (backup.name + CHECKPOINT_SUFFIX)).unlink(missing_ok=True)
        removed.append(backup.name)
    if wants_bucket(settings) and not keeping.is_everything:
        bucket = BackupBucket(settings)
        there = made_until((one.backup for one in bucket.kept()), now)
        for backup in superfluous(there, keeping):
            try:
                bucket.remove(backup)
            except CommandFailed as error:
                typer.echo(f"{error} What is old stays there.", err=True)
                break
            removed.append(f"s3://{settings.backup_s3_bucket}: {backup.name}")
    return removed


def settings_of_backups() -> "Settings":
    """Return the settings for looking at backups: on a new machine no secrets are made for that."""
    from punchcard.kit.settings import load_settings

    return load_settings(secret_key="not asked for", pin_pepper="not asked for")  # noqa: S106
