"""`punchcard backup`: a copy of everything, taken while the shop is open."""

import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from punchcard.cli.support import CommandFailed, Json, say

if TYPE_CHECKING:
    import sqlite3

    from sqlalchemy import URL

    from punchcard.kit.settings import Settings

_PAGES_A_STEP = 1000


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("backup")(backup)


def backup(
    to: Annotated[
        Path | None, typer.Option(help="The file to write; made up from the time when left out.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Copy the database into one file, and check the copy. The server may go on serving.

    The secrets are not in it: keep `secret_key` and `pin_pepper` in another safe place.
    """
    from punchcard.kit.clock import SystemClock
    from punchcard.kit.settings import load_settings

    settings = load_settings()
    suffix = "db" if settings.is_embedded else "dump"
    stamp = SystemClock().now().strftime("%Y%m%dT%H%M%SZ")
    target = to or settings.data_dir / "backups" / f"punchcard-{stamp}.{suffix}"
    if target.exists():
        raise CommandFailed(f"{target} is there already; nothing was written.")
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(target.name + ".unfinished")
    try:
        if settings.is_embedded:
            _copy_sqlite(settings, unfinished, is_silent=as_json)
        else:
            _dump_postgresql(settings, unfinished)
        unfinished.chmod(0o600)
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
    size = target.stat().st_size
    text = f"{target}: {size:,} bytes. Keep the secrets with it, but in another place."
    say({"file": str(target), "bytes": size}, as_json=as_json, text=text)


def _copy_sqlite(settings: "Settings", target: Path, *, is_silent: bool) -> None:
    """Copy page by page through SQLite, which keeps the copy whole, then check it."""
    import sqlite3
    from contextlib import closing

    from rich.console import Console
    from rich.progress import Progress
    from sqlalchemy import make_url

    source = make_url(settings.database_url).database or ""
    if not Path(source).exists():
        raise CommandFailed(f"There is no database at {source} yet.")
    progress = Progress(console=Console(stderr=True), disable=is_silent, transient=True)
    with (
        closing(sqlite3.connect(source)) as kept,
        closing(sqlite3.connect(target)) as copy,
        progress,
    ):
        task = progress.add_task("Copying", total=None)

        def show(_status: int, remaining: int, total: int) -> None:
            progress.update(task, total=total, completed=total - remaining)

        kept.backup(copy, pages=_PAGES_A_STEP, progress=show)
        _check(copy)


def _check(copy: "sqlite3.Connection") -> None:
    found = copy.execute("PRAGMA integrity_check").fetchone()[0]
    if found != "ok":
        raise CommandFailed(f"The copy is damaged: {found}")


def _dump_postgresql(settings: "Settings", target: Path) -> None:
    """Let pg_dump write its own format; pg_restore reads it."""
    from sqlalchemy import make_url

    program = shutil.which("pg_dump")
    if program is None:
        raise CommandFailed("pg_dump was not found: install PostgreSQL's client programs.")
    url = make_url(settings.database_url).set(drivername="postgresql")
    with tempfile.TemporaryDirectory() as folder:
        address = _without_password(url, Path(folder) / "passfile")
        done = subprocess.run(  # noqa: S603 the address is the operator's own setting
            [program, "--format=custom", f"--file={target}", f"--dbname={address}"],
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode != 0:
        raise CommandFailed(f"pg_dump failed: {done.stderr.strip()}")


def _without_password(url: "URL", passfile: Path) -> str:
    """Return the address with its password moved to a file: every user may read arguments."""
    if url.password:
        password = str(url.password).replace("\\", "\\\\").replace(":", "\\:")
        passfile.touch(mode=0o600)
        passfile.write_text(f"*:*:*:*:{password}\n", encoding="utf-8")
        url = url.update_query_dict({"passfile": str(passfile)})
    return url.set(password=None).render_as_string()
