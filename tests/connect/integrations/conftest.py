"""What integrations are tried with: Café Alice's counter, and a web shop of hers."""

from collections.abc import Iterator

import pytest

from punchcard.db.database import Database
from punchcard.kit.clock import ManualClock
from punchcard.kit.ids import CardId, ProgramId, SystemIds
from punchcard.loyalty.operations import NewCustomer
from tests.connect.integrations.web_shop import WebShop, connected
from tests.support.audited_till_driver import audited_till_driver
from tests.support.drivers.rules import MONDAY
from tests.support.drivers.till import TillDriver

JOHN = "john.doe@example.com"
"""Who buys in the example orders of every maker."""


@pytest.fixture
def clock() -> ManualClock:
    """Stop the clock on a Monday morning."""
    return ManualClock(MONDAY)


@pytest.fixture
def alice(database: Database, clock: ManualClock) -> Iterator[TillDriver]:
    """Open Café Alice's counter; afterwards the books must be right."""
    with audited_till_driver(database, clock, SystemIds(clock)) as counter:
        yield counter


@pytest.fixture
def program(alice: TillDriver) -> ProgramId:
    """Open a program of a point for each dollar."""
    return alice.program(type="points", currency="USD")


@pytest.fixture
def john(alice: TillDriver, program: ProgramId) -> CardId:
    """Give John a card; the shop has vouched for his address."""
    return alice.card(program, customer=NewCustomer(email=JOHN))


@pytest.fixture
def shop(alice: TillDriver, program: ProgramId) -> WebShop:
    """Connect a WooCommerce shop."""
    return connected(alice, program)
