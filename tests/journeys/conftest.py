"""A shop on a real socket and a real browser before it.

`visits.open(width=820, locale="fr")` gives a page; what it asks for and complains about is watched,
and a fault fails the test when it ends. `alice` and `bob` are shops, `advance` moves the time.
"""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest
from playwright.sync_api import Browser

from punchcard.context import Context, build_context
from punchcard.db.database import Database
from punchcard.kit.ids import SystemIds
from punchcard.kit.settings import Settings
from punchcard.main import create_app, create_worker
from tests.conftest import MONDAY_MORNING
from tests.journeys.support.camera import Camera
from tests.journeys.support.clocks import FlowingClock
from tests.journeys.support.engine import Engine, film_folder, running_engine
from tests.journeys.support.town import Town, build_town, served_town
from tests.journeys.support.visits import Visits
from tests.support.http import Api
from tests.support.made_once import made_once
from tests.support.served import served
from tests.support.server_process import caller
from tools.free_ports import free_port


@pytest.fixture
def clock() -> FlowingClock:
    """Start at Monday 2 March 2026, 09:00 UTC (10:00 in Luxembourg), and go on."""
    return FlowingClock(MONDAY_MORNING)


@pytest.fixture
def port() -> int:
    """Choose where the shop will listen: its links and QR codes say so."""
    return free_port()


@pytest.fixture
def settings(settings: Settings, port: int) -> Settings:
    """Let the shop know its own address."""
    return replace(settings, base_url=f"http://127.0.0.1:{port}")


@pytest.fixture
def context(
    database: Database, settings: Settings, clock: FlowingClock, ids: SystemIds
) -> Iterator[Context]:
    """Build a context on both databases in turn, with its worker at work."""
    with closing(build_context(settings, clock=clock, ids=ids, database=database)) as built:
        worker = create_worker(built)
        worker.start()
        yield built
        worker.stop()


@pytest.fixture
def address(context: Context, port: int) -> Iterator[str]:
    """Serve the whole application on a port of this machine; give its address."""
    with served(create_app(context), port=port) as at:
        yield at


@pytest.fixture
def api(address: str) -> Iterator[Api]:
    """Call the API of the served shop as nobody."""
    with caller(address) as client:
        yield Api(client)


@pytest.fixture(scope="session")
def session_camera() -> Iterator[Camera]:
    """Put up the camera of all browsers of this process."""
    with film_folder() as folder:
        camera = Camera(folder / "film.y4m")
        camera.show_nothing()
        yield camera


@pytest.fixture
def camera(session_camera: Camera) -> Iterator[Camera]:
    """Give the browsers' camera: `camera.show(text)` holds a QR code before it."""
    yield session_camera
    session_camera.show_nothing()


@pytest.fixture(scope="session")
def engine(session_camera: Camera) -> Iterator[Engine]:
    """Start Playwright once in a process."""
    with running_engine(session_camera.film) as running:
        yield running


@pytest.fixture(scope="session")
def browser(engine: Engine) -> Iterator[Browser]:
    """Start one browser in a process; each visit gets a context of its own."""
    with engine.awake():
        running = engine.launch()
    yield running
    with engine.awake():
        running.close()


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """Serve the demonstration's shops after three weeks of history, for tests that only look."""
    folder = made_once(tmp_path_factory, "town", lambda folder: build_town(folder, days=21))
    with served_town(folder) as opened:
        yield opened


@pytest.fixture
def visits(engine: Engine, browser: Browser, address: str, clock: FlowingClock) -> Iterator[Visits]:
    """Open visits to the shop; at the end, nothing may be held against any."""
    with engine.awake(), closing(Visits(engine, browser, address, clock)) as opened:
        yield opened
    assert opened.watch.verdict() == []
