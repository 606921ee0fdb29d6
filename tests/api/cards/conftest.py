"""The whole server in this process, with programs of Café Alice to hold cards of."""

from collections.abc import Iterator

import pytest

from punchcard.context import Context
from punchcard.loyalty.models import LoyaltyProgram
from punchcard.main import create_app
from tests.loyalty import shelf
from tests.support.cast import Shop
from tests.support.http import Api, InProcess


@pytest.fixture
def api(context: Context) -> Iterator[Api]:
    """Call the server as nobody."""
    with InProcess(create_app(context)) as caller:
        yield caller


@pytest.fixture
def coffee(alice: Shop) -> LoyaltyProgram:
    """Open Café Alice's stamp card, which asks for no PIN."""
    return shelf.program(alice, status="active", pin_policy="off", cooldown_minutes=0)


@pytest.fixture
def points(alice: Shop) -> LoyaltyProgram:
    """Open Café Alice's points program, which asks for no PIN."""
    return shelf.program(
        alice, name="Bread points", type="points", status="active", pin_policy="off"
    )
