"""The fixtures of every test: a fresh database of each kind, a frozen clock, ids, settings, shops.

`database` runs a test twice, on SQLite and on PostgreSQL; for only one of them:
`@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)`.
"""

import gc
import os
from collections.abc import Generator, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import hypothesis
import pytest

from punchcard.db.database import Database
from punchcard.kit.clock import ManualClock
from punchcard.kit.ids import SystemIds
from punchcard.kit.settings import Settings
from tests.support.cost import Cost
from tests.support.databases import (
    MEMORY_FOLDER,
    PostgresqlTemplate,
    SqliteTemplate,
    has_memory_folder,
)
from tests.support.draw import left_out, repeat_line
from tests.support.kept_database import KeptDatabase
from tests.support.shared_compiling import share_compiling
from tests.support.shop_fixtures import alice, bob, context, server_settings
from tests.support.sockets import shut_outside_sockets
from tests.support.worlds import WorldScheduling, is_early
from tools.postgresql import THROWAWAY, postgresql_server

__all__ = ["alice", "bob", "context", "server_settings"]

COST = "processor seconds"
NEW_OBJECTS = 20_000
"""After so many Python looks for garbage: tests of tens of milliseconds make little."""

GIVEN_SERVER = os.environ.get("PUNCHCARD_TEST_DATABASE_URL")
MONDAY_MORNING = datetime(2026, 3, 2, 9, tzinfo=UTC)


def pytest_configure(config: pytest.Config) -> None:
    """Shut outside sockets before anything is collected; let no property fail by the clock."""
    shut_outside_sockets()
    hypothesis.settings.register_profile("shared machine", deadline=None)
    hypothesis.settings.load_profile("shared machine")
    config.pluginmanager.register(Cost(repeat_line()), COST)
    share_compiling(config)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Let what shares a world be done by the worker that made it."""
    return WorldScheduling(config, log) if config.getvalue("dist") == "load" else None


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, Any, Any]:
    """Let Python look for no garbage while it collects: what it collects stays to the end."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what this run does on the other database; see `tests/support/draw.py`."""
    out = {id(item) for item in left_out(items)}
    config.hook.pytest_deselected(items=[item for item in items if id(item) in out])
    items[:] = [item for item in items if id(item) not in out]
    items.sort(key=lambda item: not is_early(item.nodeid))


def pytest_collection_finish() -> None:
    """Let Python no longer look for garbage among what the whole run needs: modules and tests."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS)


@pytest.fixture
def clock() -> ManualClock:
    """Stand still at Monday 2 March 2026, 09:00 UTC (10:00 in Luxembourg)."""
    return ManualClock(MONDAY_MORNING)


@pytest.fixture
def ids(clock: ManualClock) -> SystemIds:
    """Make real ids by the test's clock."""
    return SystemIds(clock)


@pytest.fixture
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Set what a test's server needs: cheap hashes, and the test's database if it has one."""
    has_database = "database_url" in request.fixturenames
    sqlite = f"sqlite:///{tmp_path / 'punchcard.db'}"
    return Settings(
        data_dir=tmp_path,
        database_url=request.getfixturevalue("database_url") if has_database else sqlite,
        secret_key="a secret of 32 characters at least",
        pin_pepper="a pepper of 32 characters at least",
        password_bcrypt_cost=4,
        pin_bcrypt_cost=4,
    )


@pytest.fixture
def database(database_url: str, opened_databases: dict[str, KeptDatabase]) -> Iterator[Database]:
    """Open a fresh migrated database, on SQLite and on PostgreSQL in turn.

    What SQLAlchemy has compiled is kept for the next test, which costs half as much then.
    """
    if database_url not in opened_databases:
        opened_databases[database_url] = KeptDatabase(database_url)
    with closing(opened_databases[database_url]) as opened:
        yield opened


@pytest.fixture(scope="session")
def opened_databases() -> Iterator[dict[str, KeptDatabase]]:
    """Keep a closed Database for each address: it opens connections again when it is asked."""
    opened: dict[str, KeptDatabase] = {}
    yield opened
    for database in opened.values():
        database.end()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Give the address of a fresh migrated database, on SQLite and on PostgreSQL in turn."""
    template: SqliteTemplate | PostgresqlTemplate
    template = request.getfixturevalue(f"{request.param}_template")
    with template.lend() as url:
        yield url


@pytest.fixture
def durable_database_url(durable_template: PostgresqlTemplate) -> Iterator[str]:
    """Give a fresh migrated database on a PostgreSQL that waits for the disk, as a shop's does."""
    with durable_template.copy() as url:
        yield url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqliteTemplate]:
    """Migrate one SQLite file, in memory if there is enough, where no commit waits for a disk."""
    if not has_memory_folder():
        yield SqliteTemplate(tmp_path_factory.mktemp("sqlite"))
        return
    with TemporaryDirectory(prefix="punchcard-sqlite-", dir=MEMORY_FOLDER) as folder:
        yield SqliteTemplate(Path(folder))


@pytest.fixture(scope="session")
def postgresql_template(
    pytestconfig: pytest.Config, opened_databases: dict[str, KeptDatabase]
) -> Iterator[PostgresqlTemplate]:
    """Start a PostgreSQL that forgets at a power cut, and so is quick; migrate a database."""
    # What gathers statistics by itself holds a lock on the table meanwhile, at moments of its own.
    settings = {**THROWAWAY, "autovacuum": "off"}
    with _template(settings, pytestconfig, opened_databases) as template:
        yield template


@pytest.fixture(scope="session")
def durable_template(pytestconfig: pytest.Config) -> Iterator[PostgresqlTemplate]:
    """Start a PostgreSQL with its own, durable settings; migrate one database."""
    with _template({}, pytestconfig, {}) as template:
        yield template


@contextmanager
def _template(
    server_settings: dict[str, str], config: pytest.Config, opened: dict[str, KeptDatabase]
) -> Iterator[PostgresqlTemplate]:
    """Use the server whose address was given, or start one and add what it has used at the end."""
    with ExitStack() as stack:
        server = GIVEN_SERVER or stack.enter_context(postgresql_server(server_settings))
        yield stack.enter_context(closing(PostgresqlTemplate(server, opened)))
        if not GIVEN_SERVER:
            cost = config.pluginmanager.get_plugin(COST)
            assert isinstance(cost, Cost)
            cost.add_server(server)
