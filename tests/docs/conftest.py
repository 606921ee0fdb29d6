"""A shop with a ledger that the pages of docs/ are tried out on."""

import pytest

from punchcard.context import Context
from punchcard.kit.clock import ManualClock
from tests.loyalty.story import Story, tell_story
from tests.support import cast


@pytest.fixture
def story(context: Context, database_url: str, clock: ManualClock) -> Story:
    """Let a card of Café Alice live through everything."""
    return tell_story(context, cast.open_cafe_alice(context), database_url, clock)
