"""The HTTP API in this process, with Café Alice and Boulangerie Bob."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from punchcard.context import Context, build_context
from punchcard.db.database import Database
from punchcard.kit.clock import ManualClock
from punchcard.kit.ids import SystemIds
from punchcard.kit.settings import Settings
from punchcard.main import create_app
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
    with InProcess(create_app(context)) as caller:
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
