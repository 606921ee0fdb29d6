"""Fixtures of the wallets' tests."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from punchcard.context import Context, build_context
from punchcard.db.database import Database
from punchcard.kit.clock import ManualClock
from punchcard.kit.ids import SystemIds
from punchcard.kit.settings import Settings
from punchcard.main import create_worker
from punchcard.worker.loop import Worker
from tests.support.counter import Counter, open_counter
from tests.wallets.google import Google, open_google


@pytest.fixture
def google(clock: ManualClock) -> Iterator[Google]:
    """Serve a Google of our own, which lives by the test's clock."""
    with open_google(clock) as opened:
        yield opened


@pytest.fixture
def context(
    database: Database, settings: Settings, clock: ManualClock, ids: SystemIds, google: Google
) -> Iterator[Context]:
    """Build a server that uses the Google of the test."""
    chosen = google.settings(settings)
    with closing(build_context(chosen, clock=clock, ids=ids, database=database)) as built:
        yield built


@pytest.fixture
def worker(context: Context) -> Worker:
    """Work for that server."""
    return create_worker(context)


@pytest.fixture
def alice(context: Context) -> Counter:
    """Open Café Alice's counter."""
    return open_counter(context.database, context.till, clock=context.clock, ids=context.ids)


@pytest.fixture
def program(alice: Counter) -> str:
    """Open a stamp card that can be stamped at any time."""
    return alice.program(cooldown_minutes=0, max_daily_stamps=50)
