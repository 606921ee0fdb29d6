"""The HTTP API in this process, with Café Alice and Boulangerie Bob."""

from collections.abc import Iterator

import pytest

from punchcard.context import Context
from punchcard.main import create_app
from tests.support.cast import Shop
from tests.support.http import Api, InProcess


@pytest.fixture
def api(context: Context) -> Iterator[Api]:
    """Call the API as nobody."""
    with InProcess(create_app(context)) as caller:
        yield caller


@pytest.fixture
def owner(api: Api, alice: Shop) -> Api:
    """Call the API as the owner of Café Alice."""
    return api.with_token(alice.token())
