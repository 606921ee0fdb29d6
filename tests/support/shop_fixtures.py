"""A server's context in this process, and the cast's shops in it.

A room whose server is set otherwise changes `server_settings`; `settings` stays what it was.
"""

from collections.abc import Iterator
from contextlib import closing

import pytest

from punchcard.context import Context, build_context
from punchcard.db.database import Database
from punchcard.kit.clock import ManualClock
from punchcard.kit.ids import SystemIds
from punchcard.kit.settings import Settings
from tests.support import cast
from tests.support.cast import Shop


@pytest.fixture
def server_settings(settings: Settings) -> Settings:
    """Set what the context is built with: nothing else than the test's settings."""
    return settings


@pytest.fixture
def context(
    database: Database, server_settings: Settings, clock: ManualClock, ids: SystemIds
) -> Iterator[Context]:
    """Build a context on both databases in turn."""
    with closing(build_context(server_settings, clock=clock, ids=ids, database=database)) as built:
        yield built


@pytest.fixture
def alice(context: Context) -> Shop:
    """Open Café Alice."""
    return cast.open_cafe_alice(context)


@pytest.fixture
def bob(context: Context) -> Shop:
    """Open Boulangerie Bob."""
    return cast.open_boulangerie_bob(context)
