"""A server with Apple's certificates, an owner, a counter and Apple's push service."""

from dataclasses import replace

import pytest

from punchcard.context import Context
from punchcard.fakes.apns import Apns
from punchcard.fakes.apple_chain import AppleChain
from punchcard.kit.settings import Settings
from punchcard.loyalty.models import LoyaltyProgram
from tests.loyalty import shelf
from tests.support import cast
from tests.support.cast import Shop
from tests.support.http import Api
from tests.wallets.apple.certified import with_certificates
from tests.wallets.apple.web_service.phone_and_counter import StampsAndPushes


@pytest.fixture
def server_settings(settings: Settings, chain: AppleChain, apns: Apns) -> Settings:
    """Give the operator certificates; three phones at most may hold a pass."""
    configured = with_certificates(settings, chain, apns.url)
    return replace(configured, apple_registrations_per_pass=3)


@pytest.fixture
def alice(context: Context) -> Shop:
    """Open Café Alice."""
    return cast.open_cafe_alice(context)


@pytest.fixture
def coffee(alice: Shop) -> LoyaltyProgram:
    """Open a stamp card that asks for no PIN."""
    return shelf.program(alice, status="active", pin_policy="off", cooldown_minutes=0)


@pytest.fixture
def owner(api: Api, alice: Shop) -> Api:
    """Call the server as the owner of Café Alice."""
    return api.with_token(alice.token())


@pytest.fixture
def counter(owner: Api, context: Context, apns: Apns) -> StampsAndPushes:
    """Stand at the counter."""
    return StampsAndPushes(owner, context, apns)
