"""A server that looks every credential up each time, so that a change counts at once."""

from dataclasses import replace

import pytest

from punchcard.kit.settings import Settings


@pytest.fixture
def server_settings(settings: Settings) -> Settings:
    """Remember no credential."""
    return replace(settings, credential_cache_seconds=0)
