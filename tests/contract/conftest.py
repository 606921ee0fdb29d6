"""Copies of the world behind the whole server, in this process."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from punchcard.context import Context, build_context
from punchcard.kit.clock import ManualClock
from punchcard.kit.ids import SystemIds
from punchcard.kit.settings import Settings
from punchcard.main import create_app
from tests.conftest import MONDAY_MORNING
from tests.contract.world import World, populate
from tests.support.calls import call
from tests.support.databases import PostgresqlTemplate, SqliteTemplate
from tests.support.http import Api, InProcess
from tests.support.made_once import made_once


@dataclass(frozen=True)
class Stage:
    """One copy of the world, served: `api` calls it as nobody."""

    world: World
    context: Context
    clock: ManualClock
    api: Api

    def as_alices(self, who: str) -> Api:
        """Call as one of Café Alice's people, keys or devices."""
        return self.api.with_token(self.world.alice[who])


def settings_for(url: str, folder: Path, **others: object) -> Settings:
    """Return settings with cheap hashes and the world's secrets."""
    given: dict[str, object] = {
        "data_dir": folder,
        "database_url": url,
        "secret_key": "a secret of 32 characters at least",
        "pin_pepper": "a pepper of 32 characters at least",
        "password_bcrypt_cost": 4,
        "pin_bcrypt_cost": 4,
        "public_reads_per_minute": 100_000,
        "public_enrolments_per_minute": 100_000,
        "pairing_attempts_per_minute": 100_000,
        "sign_ins_per_minute": 100_000,
        "credential_requests_per_minute": 100_000,
        "contact_lookups_per_minute": 100_000,
        # A card's events end at once: the clients of these tests read answers to their end.
        "live_stream_seconds": 0.0,
        **others,
    }
    return Settings(**given)  # type: ignore[arg-type] # each by its name


MADE_AT = MONDAY_MORNING - timedelta(minutes=1)
"""When the world was made: its ids sort before those of the tests."""


@contextmanager
def open_context(
    settings: Settings, at: datetime = MONDAY_MORNING
) -> Iterator[tuple[Context, ManualClock]]:
    """Build a context that stands at Monday morning."""
    clock = ManualClock(at)
    with closing(build_context(settings, clock=clock, ids=SystemIds(clock))) as context:
        yield context, clock


@contextmanager
def open_stage(world: World, settings: Settings) -> Iterator[Stage]:
    """Serve the world that is in the settings' database."""
    with open_context(settings) as (context, clock), InProcess(create_app(context)) as api:
        yield Stage(world, context, clock, api)


@pytest.fixture(scope="session")
def populated(
    sqlite_template: SqliteTemplate, tmp_path_factory: pytest.TempPathFactory
) -> tuple[World, Path]:
    """Make the world once, in an SQLite file that tests copy."""

    def make(folder: Path) -> None:
        url = sqlite_template.copy_to(folder / "world.db")
        with open_context(settings_for(url, folder), MADE_AT) as (context, _):
            world = populate(context)
        (folder / "world.json").write_text(json.dumps(asdict(world)), encoding="utf-8")

    folder = made_once(tmp_path_factory, "world", make)
    world = World(**json.loads((folder / "world.json").read_text(encoding="utf-8")))
    return world, folder / "world.db"


@pytest.fixture(scope="session")
def populated_server(
    postgresql_template: PostgresqlTemplate, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[World, str]]:
    """Make the world once in a process, in a PostgreSQL database that tests copy."""
    with postgresql_template.copy() as url:
        settings = settings_for(url, tmp_path_factory.mktemp("world"))
        with open_context(settings, MADE_AT) as (context, _):
            world = populate(context)
        yield world, url


@pytest.fixture(scope="session")
def document(populated: tuple[World, Path], tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return the served OpenAPI document, which takes a second to put together."""
    world, path = populated
    folder = tmp_path_factory.mktemp("document")
    copy = folder / "document.db"
    copy.write_bytes(path.read_bytes())
    with open_stage(world, settings_for(f"sqlite:///{copy}", folder)) as stage:
        return call(create_app(stage.context), "GET", "/openapi.json").json()


Opens = Callable[..., Stage]


@pytest.fixture
def opens(populated: tuple[World, Path], tmp_path: Path) -> Iterator[Opens]:
    """Give a way to serve fresh copies of the world, with other settings if need be."""
    world, path = populated
    with ExitStack() as stack:

        def open_copy(**others: object) -> Stage:
            copy = tmp_path / f"{len(list(tmp_path.iterdir()))}.db"
            copy.write_bytes(path.read_bytes())
            settings = settings_for(f"sqlite:///{copy}", tmp_path, **others)
            return stack.enter_context(open_stage(world, settings))

        yield open_copy


@pytest.fixture(scope="module")
def quiet_stage(
    populated: tuple[World, Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    """Serve one copy to all tests of a file that change nothing."""
    world, path = populated
    folder = tmp_path_factory.mktemp("quiet")
    copy = folder / "quiet.db"
    copy.write_bytes(path.read_bytes())
    with open_stage(world, settings_for(f"sqlite:///{copy}", folder)) as opened:
        yield opened


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def either_copy(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[World, Settings]]:
    """Give one copy to all tests of a file, not served yet, on both databases in turn."""
    folder = tmp_path_factory.mktemp("either")
    if request.param == "sqlite":
        world, path = request.getfixturevalue("populated")
        copy = folder / "either.db"
        copy.write_bytes(path.read_bytes())
        yield world, settings_for(f"sqlite:///{copy}", folder)
        return
    template: PostgresqlTemplate = request.getfixturevalue("postgresql_template")
    world, original = request.getfixturevalue("populated_server")
    with template.copy(original) as url:
        yield world, settings_for(url, folder)


@pytest.fixture(scope="module")
def either_stage(either_copy: tuple[World, Settings]) -> Iterator[Stage]:
    """Serve one copy to all tests of a file that change nothing, on both databases in turn."""
    with open_stage(*either_copy) as opened:
        yield opened


@pytest.fixture
def stage(opens: Opens) -> Stage:
    """Serve a fresh copy of the world."""
    return opens()
