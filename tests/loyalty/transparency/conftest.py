"""A server that has a key to sign with, and a world with a history."""

from dataclasses import replace

import pytest

from punchcard.context import Context
from punchcard.kit.clock import ManualClock
from punchcard.kit.settings import Settings
from punchcard.loyalty.transparency.signing.signed_notes import new_private_key
from tests.loyalty.transparency.world import World, open_world
from tests.support.cast import Shop


@pytest.fixture(scope="session")
def log_key() -> str:
    """Make one key for all tests."""
    return new_private_key()


@pytest.fixture
def server_settings(settings: Settings, log_key: str) -> Settings:
    """Set the key, as an operator with PostgreSQL does."""
    return replace(settings, log_key=log_key)


@pytest.fixture
def world(context: Context, alice: Shop, bob: Shop, clock: ManualClock) -> World:
    """Open the shops."""
    return open_world(context, alice, bob, clock)
