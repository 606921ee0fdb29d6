"""Café Alice behind a socket."""

from collections.abc import Iterator

import pytest

from punchcard.context import Context
from tests.support.cast import Shop
from tests.support.counter import Counter, open_counter


@pytest.fixture
def counter(context: Context, alice: Shop) -> Iterator[Counter]:
    """Serve Café Alice."""
    with open_counter(context, alice) as counter:
        yield counter
