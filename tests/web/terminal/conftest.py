"""The pages of a shop in this process."""

from collections.abc import Iterator

import httpx
import pytest

from punchcard.context import Context
from punchcard.main import create_app
from tests.support.http import AppTransport


@pytest.fixture
def pages(context: Context) -> Iterator[httpx.Client]:
    """Ask for pages as a browser that knows nothing yet."""
    transport = AppTransport(create_app(context))
    plain = {"accept-encoding": "identity"}
    with httpx.Client(transport=transport, base_url="http://shop.test", headers=plain) as client:
        yield client
