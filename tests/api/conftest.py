"""The HTTP API in this process, with Café Alice and Boulangerie Bob."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from fastapi import FastAPI

from punchcard.api import admin, auth, devices, vendor
from punchcard.api.application import prepare
from punchcard.api.front import Front
from punchcard.context import Context, build_context
from punchcard.db.database import Database
from punchcard.kit.clock import ManualClock
from punchcard.kit.ids import SystemIds
from punchcard.kit.settings import Settings
from tests.support import cast
from tests.support.cast import Shop
from tests.support.http import Api, InProcess


@pytest.fixture
def context(
    database: Database, settings: Settings, clock: ManualClock, ids: SystemIds
) -> Iterator[Context]:
    """Build a context on both databases in turn."""
    with closing(build_context(settings, clock=clock, ids=ids, database=database)) as built:
        yield built


@pytest.fixture
def api(context: Context) -> Iterator[Api]:
    """Call the API as nobody."""
    app = FastAPI()
    prepare(app, context, [auth.router, devices.router, *vendor.ROUTERS, *admin.ROUTERS])
    front = Front(
        app,
        body_limit_bytes=context.settings.body_limit_bytes,
        new_request_id=context.ids.new_id,
    )
    with InProcess(front) as caller:
        yield caller


@pytest.fixture
def alice(context: Context) -> Shop:
    """Open Café Alice."""
    return cast.open_cafe_alice(context)


@pytest.fixture
def bob(context: Context) -> Shop:
    """Open Boulangerie Bob."""
    return cast.open_boulangerie_bob(context)


@pytest.fixture
def owner(api: Api, alice: Shop) -> Api:
    """Call the API as the owner of Café Alice."""
    return api.with_token(alice.token())
