"""The pages of a shop in this process."""

from collections.abc import Iterator
from contextlib import closing

import httpx
import pytest

from punchcard.context import Context, build_context
from punchcard.db.database import Database
from punchcard.kit.clock import ManualClock
from punchcard.kit.ids import SystemIds
from punchcard.kit.settings import Settings
from punchcard.main import create_app
from tests.support.http import AppTransport


@pytest.fixture
def context(
    database: Database, settings: Settings, clock: ManualClock, ids: SystemIds
) -> Iterator[Context]:
    """Build a context."""
    with closing(build_context(settings, clock=clock, ids=ids, database=database)) as built:
        yield built


@pytest.fixture
def pages(context: Context) -> Iterator[httpx.Client]:
    """Ask for pages as a browser that knows nothing yet."""
    transport = AppTransport(create_app(context))
    plain = {"accept-encoding": "identity"}
    with httpx.Client(transport=transport, base_url="http://shop.test", headers=plain) as client:
        yield client
