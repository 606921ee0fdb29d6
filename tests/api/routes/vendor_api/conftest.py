"""Café Alice and Boulangerie Bob behind the API, with a memory for credentials."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from fastapi import FastAPI

from punchcard.api.application import prepare
from punchcard.api.routes.admin import loyalty
from punchcard.api.routes.vendor_api import pins, stats
from punchcard.api.routes.vendor_api.catalogue import programs, rewards
from punchcard.context import Context
from punchcard.kit.settings import Settings
from tests.support import cast
from tests.support.cast import Shop
from tests.support.http import Api, InProcess


@pytest.fixture
def server_settings(settings: Settings) -> Settings:
    """Remember a credential for ten minutes."""
    return replace(settings, credential_cache_seconds=600)


@pytest.fixture
def api(context: Context) -> Iterator[Api]:
    """Serve this room's routes; call them as nobody."""
    app = FastAPI()
    routers = [programs.router, rewards.router, pins.router, stats.router, loyalty.router]
    prepare(app, context, routers)
    with InProcess(app) as caller:
        yield caller


@pytest.fixture
def alice_shop(context: Context) -> Shop:
    """Open Café Alice."""
    return cast.open_cafe_alice(context)


@pytest.fixture
def alice(api: Api, alice_shop: Shop) -> Api:
    """Call as the owner of Café Alice."""
    return api.with_token(alice_shop.token())


@pytest.fixture
def bob(api: Api, context: Context) -> Api:
    """Call as the owner of Boulangerie Bob."""
    return api.with_token(cast.open_boulangerie_bob(context).token())


@pytest.fixture
def till(api: Api, alice_shop: Shop) -> Api:
    """Call as a paired till of Café Alice."""
    return api.with_token(alice_shop.device())


@pytest.fixture
def admin(api: Api, context: Context) -> Api:
    """Call as an admin of the platform."""
    return api.with_token(cast.make_admin(context))
