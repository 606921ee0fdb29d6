"""`punchcard backup`: a copy of everything, taken while the shop is open."""

import glob
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from punchcard.cli.backups.drill import drill
from punchcard.cli.backups.kept_backups import fetch, list_backups, prune, taken_elsewhere
from punchcard.cli.backups.progress import bar, stopped_in_order
from punchcard.cli.support import CommandFailed, Json, say

if TYPE_CHECKING:
    from punchcard.cli.backups.retention import Keeping
    from punchcard.kit.settings import Settings

_MADE_UP: Final = "punchcard-*"


commands = typer.Typer(invoke_without_command=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    commands.command("drill")(drill)
    commands.command("list")(list_backups)
    commands.command("fetch")(fetch)
    app.add_typer(commands, name="backup")


@commands.callback()
def backup(
    command: typer.Context,
    to: Annotated[
        Path | None, typer.Option(help="The file to write; made up from the time when left out.")
    ] = None,
    *,
    keep_days: Annotated[
        int | None, typer.Option(min=0, help="Days that keep their newest backup, for the setting.")
    ] = None,
    keep_weeks: Annotated[int | None, typer.Option(min=0, help="The same of weeks.")] = None,
    keep_months: Annotated[int | None, typer.Option(min=0, help="The same of months.")] = None,
    as_json: Json = False,
) -> None:
    """Copy the database into one file, and check the copy. The server may go on serving.

    The file appears when it is whole and on disk. What a killed backup left is removed.
    The secrets are not in it: keep `secret_key`, `pin_pepper` and `log_key` in another safe place.
    A checkpoint of the ledger is signed first, and stands beside the file: keep it elsewhere too.
    With a bucket that is set the backup goes there, too, sealed. Then older ones are removed that
    need not be kept, here and there; all are kept unless it is said how many.
    """
    if command.invoked_subcommand is None:
        _back_up(to, (keep_days, keep_weeks, keep_months), as_json=as_json)


def _back_up(
    to: Path | None, keep: tuple[int | None, int | None, int | None], *, as_json: bool
) -> None:
    from punchcard.cli.backups.backup_file import swept_folder, whole_file
    from punchcard.cli.ledger_log import sign_before_backup, write_beside
    from punchcard.kit.clock import SystemClock
    from punchcard.kit.environment.backup_names import BACKUPS, name_of
    from punchcard.kit.settings import load_settings

    settings = load_settings()
    name = name_of(SystemClock().now(), is_embedded=settings.is_embedded)
    target = to or settings.data_dir / BACKUPS / name
    names = glob.escape(target.name) if to else _MADE_UP
    told = "The backup was stopped; no file was written."
    with stopped_in_order(told), swept_folder(target.parent, names) as swept:
        _tell_leftovers(target.parent, swept)
        with whole_file(target) as unfinished:
            note = sign_before_backup(settings)
            if settings.is_embedded:
                _copy_sqlite(settings, unfinished, is_silent=as_json)
            else:
                _dump_postgresql(settings, unfinished, is_silent=as_json)
        checkpoint = write_beside(target, note)
        elsewhere = None if to else taken_elsewhere(settings, target, is_silent=as_json)
        removed = [] if to else prune(settings, _keeping(settings, keep))
    size = target.stat().st_size
    lines = [f"{target}: {size:,} bytes. Keep the secrets with it, but in another place."]
    if elsewhere:
        lines.append(f"It is in {elsewhere} too, sealed.")
    lines += [f"Removed, as it need not be kept: {name}" for name in removed]
    facts = {
        "file": str(target),
        "bytes": size,
        "checkpoint": checkpoint and str(checkpoint),
        "elsewhere": elsewhere,
        "removed": removed,
    }
    say(facts, as_json=as_json, text="\n".join(lines))


def _keeping(settings: "Settings", keep: tuple[int | None, int | None, int | None]) -> "Keeping":
    """Return what the options say, and the settings where they say nothing."""
    from punchcard.cli.backups.retention import Keeping

    of_settings = (
        *(settings.backup_keep_days, settings.backup_keep_weeks, settings.backup_keep_months),
    )
    days, weeks, months = (
        kept if told is None else told for told, kept in zip(keep, of_settings, strict=True)
    )
    return Keeping(days=days, weeks=weeks, months=months)


def _tell_leftovers(folder: Path, swept: list[Path]) -> None:
    from punchcard.cli.backups.backup_file import UNFINISHED

    for path in swept:
        typer.echo(f"Removed {path}: a backup was killed while it wrote it.", err=True)
    for path in sorted(folder.glob(f"*{UNFINISHED}")):
        typer.echo(
            f"{path} is left alone: another backup writes it, or was killed while it did.", err=True
        )


def _copy_sqlite(settings: "Settings", unfinished: Path, *, is_silent: bool) -> None:
    from punchcard.db.sqlite_copy import CopyFailed, copy_sqlite
    from punchcard.kit.environment.paths import sqlite_file

    source = sqlite_file(settings.database_url) or Path()
    try:
        with bar("Copying and checking", is_silent=is_silent) as show:
            copy_sqlite(
                source,
                unfinished,
                busy_seconds=settings.database_busy_seconds,
                reserve_bytes=settings.backup_reserve_bytes,
                progress=show,
            )
    except CopyFailed as error:
        raise CommandFailed(str(error)) from error
    except OSError as error:
        raise CommandFailed(f"{error.filename or unfinished}: {error.strerror}") from error


def _dump_postgresql(settings: "Settings", unfinished: Path, *, is_silent: bool) -> None:
    from punchcard.cli.backups.backup_postgresql import dump

    with bar("Dumping and checking", is_silent=is_silent):
        dump(settings, unfinished)
