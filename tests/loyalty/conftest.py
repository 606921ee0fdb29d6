"""Café Alice and Boulangerie Bob for the tests of this room."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest

from punchcard.context import Context, build_context
from punchcard.db.database import Database
from punchcard.kit.clock import ManualClock
from punchcard.kit.ids import SystemIds
from punchcard.kit.settings import Settings
from tests.support import cast
from tests.support.cast import Shop


@pytest.fixture
def context(
    database: Database, settings: Settings, clock: ManualClock, ids: SystemIds
) -> Iterator[Context]:
    """Build a context that remembers no credential, on both databases in turn."""
    forgetful = replace(settings, credential_cache_seconds=0)
    with closing(build_context(forgetful, clock=clock, ids=ids, database=database)) as built:
        yield built


@pytest.fixture
def alice(context: Context) -> Shop:
    """Open Café Alice."""
    return cast.open_cafe_alice(context)


@pytest.fixture
def bob(context: Context) -> Shop:
    """Open Boulangerie Bob."""
    return cast.open_boulangerie_bob(context)
