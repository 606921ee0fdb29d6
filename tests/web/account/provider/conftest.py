"""An operator's identity provider on this machine, and a server that lets people in by it."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from punchcard.fakes.oidc import Account, FakeProvider
from punchcard.fakes.serving import served
from punchcard.kit.clock import ManualClock
from punchcard.kit.settings import Settings
from tests.support.cast import Shop


@pytest.fixture
def provider(clock: ManualClock) -> Iterator[FakeProvider]:
    """Serve a provider at which nobody is signed in yet."""
    fake = FakeProvider(now=clock.now)
    with served(fake.app()) as address:
        fake.issuer = address
        yield fake


@pytest.fixture
def server_settings(settings: Settings, provider: FakeProvider) -> Settings:
    """Set the provider up."""
    return replace(
        settings,
        base_url="http://shop.test",
        oidc_issuer=provider.issuer,
        oidc_client_id=provider.client_id,
        oidc_client_secret=provider.client_secret,
        oidc_name="Acme",
    )


@pytest.fixture
def owner_there(provider: FakeProvider, alice: Shop) -> Account:
    """Sign Alice's owner in at the provider."""
    provider.account = Account("acme|1", alice.email("owner"))
    return provider.account
