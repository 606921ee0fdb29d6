"""A dump of a PostgreSQL database by PostgreSQL's own programs, read again from end to end."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import URL

from punchcard.cli.support import CommandFailed
from punchcard.db.postgresql.addresses import engine_address, libpq_address
from punchcard.kit.private_files import write_private_text

if TYPE_CHECKING:
    from punchcard.kit.settings import Settings

# How soon a server that does not answer, or whose machine is gone, is given up; libpq's own
# defaults are never, and about two hours. An address that says otherwise is believed.
_PATIENCE: Final = {
    "connect_timeout": "10",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
}


def dump(settings: "Settings", target: Path) -> None:
    """Let pg_dump write its own format into `target`, and pg_restore read every byte of it.

    The dump sees one moment, and neither waits for writers nor makes them wait; for a lock that a
    migration holds it waits `backup_lock_wait_seconds`. Raises CommandFailed when one of the
    programs is missing, when the disk has too little room to begin, or with what they complain of.
    """
    free = shutil.disk_usage(target.parent).free
    if free < settings.backup_reserve_bytes:
        raise CommandFailed(
            f"Too little room in {target.parent}: {free:,} bytes are free, and"
            f" {settings.backup_reserve_bytes:,} must stay so (PUNCHCARD_BACKUP_RESERVE_BYTES)."
        )
    wait_ms = settings.backup_lock_wait_seconds * 1000
    with tempfile.TemporaryDirectory() as folder:
        address = address_for_programs(settings.database_url, Path(folder) / "passfile")
        run_program(
            "pg_dump",
            "--format=custom",
            f"--lock-wait-timeout={wait_ms}",
            f"--file={target}",
            f"--dbname={address}",
        )
    run_program("pg_restore", f"--file={os.devnull}", str(target))


def run_program(name: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs; raise CommandFailed with what it complains of."""
    program = shutil.which(name)
    if program is None:
        raise CommandFailed(f"{name} was not found: install PostgreSQL's client programs.")
    done = subprocess.run(  # noqa: S603 the address is the operator's own setting
        [program, *arguments], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise CommandFailed(f"{name} failed: {_told(done)}")


def _told(done: "subprocess.CompletedProcess[str]") -> str:
    """Return what the program complains of, in one line and without the statement's text."""
    lines = [line for line in done.stderr.splitlines() if "Query was:" not in line]
    if any("due to statement timeout" in line for line in lines):
        return (
            "something, such as a migration, keeps a table locked for longer than"
            " PUNCHCARD_BACKUP_LOCK_WAIT_SECONDS."
        )
    return " ".join(" ".join(lines).split()) or f"it ended with {done.returncode}."


def address_for_programs(database_url: str, passfile: Path) -> str:
    """Return the address for libpq, its password moved to a file: every user may read arguments."""
    url = engine_address(database_url)
    url = url.update_query_dict({**_PATIENCE, **url.query})
    return _without_password(url, passfile)


def _without_password(url: URL, passfile: Path) -> str:
    if url.password:
        password = str(url.password).replace("\\", "\\\\").replace(":", "\\:")
        write_private_text(passfile, f"*:*:*:*:{password}\n")
        url = url.update_query_dict({"passfile": str(passfile)})
    return libpq_address(url.set(password=None))
