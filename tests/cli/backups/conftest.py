"""A data directory apart from the database, and the programs of the server's own version."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.backups.shop import databases_like, drop
from tests.support.databases import PostgresqlTemplate, SqliteTemplate
from tests.support.server_process import environment_for
from tools.postgresql import PROGRAMS


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a data directory of its own: the database may be made unwritable apart from it."""
    return tmp_path / "data"


@pytest.fixture
def environment(database_url: str, folder: Path) -> dict[str, str]:
    """Let the command find the database, and programs of the server's own version."""
    path = f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}"
    return {**environment_for(database_url, folder), "PATH": path}


@pytest.fixture(params=["sqlite", "postgresql"])
def own_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Give a database that is the test's own: it changes its name, or its file."""
    if request.param == "sqlite":
        template: SqliteTemplate = request.getfixturevalue("sqlite_template")
        (tmp_path / "shop").mkdir()
        yield template.copy_to(tmp_path / "shop" / "punchcard.db")
        return
    server: PostgresqlTemplate = request.getfixturevalue("postgresql_template")
    with server.copy() as url:
        yield url
        for name in databases_like(url, "%"):
            drop(url, name)
