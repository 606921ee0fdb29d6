"""The whole server in this process, with programs of Café Alice to hold cards of."""

import pytest

from punchcard.loyalty.models import LoyaltyProgram
from tests.loyalty import shelf
from tests.support.cast import Shop


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
