"""A shop with a ledger that the pages of docs/ are tried out on."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from punchcard.context import Context, build_context
from punchcard.db.database import Database
from punchcard.kit.clock import ManualClock
from punchcard.kit.ids import SystemIds
from punchcard.kit.settings import Settings
from tests.loyalty.story import Story, tell_story
from tests.support import cast


@pytest.fixture
def context(
    database: Database, settings: Settings, clock: ManualClock, ids: SystemIds
) -> Iterator[Context]:
    """Build a context on both databases in turn."""
    with closing(build_context(settings, clock=clock, ids=ids, database=database)) as built:
        yield built


@pytest.fixture
def story(context: Context, database_url: str, clock: ManualClock) -> Story:
    """Let a card of Café Alice live through everything."""
    return tell_story(context, cast.open_cafe_alice(context), database_url, clock)
