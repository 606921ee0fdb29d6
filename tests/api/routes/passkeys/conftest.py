"""A server with a name, and an owner who is signed in."""

from dataclasses import replace

import pytest

from punchcard.kit.settings import Settings
from tests.support.cast import Shop
from tests.support.http import Api


@pytest.fixture
def server_settings(settings: Settings) -> Settings:
    """Give the server a name, without which browsers have no passkeys, and mail."""
    return replace(settings, base_url="http://localhost:8000", smtp_url="log:")


@pytest.fixture
def owner(api: Api, alice: Shop) -> Api:
    return api.with_token(alice.token())
