"""Fixtures of the wallets' tests."""

from collections.abc import Iterator

import pytest

from punchcard.kit.clock import ManualClock
from tests.wallets.google import Google, open_google


@pytest.fixture
def google(clock: ManualClock) -> Iterator[Google]:
    """Serve a Google of our own, which lives by the test's clock."""
    with open_google(clock) as opened:
        yield opened
