"""What receipts are tried with: Café Alice's counter, a till's key, who puts receipts on cards."""

from collections.abc import Iterator

import pytest

from punchcard.db.database import Database
from punchcard.kit.clock import ManualClock, SystemClock
from punchcard.kit.ids import SystemIds
from punchcard.kit.settings import Settings
from tests.connect.claims.receipt_driver import ReceiptDriver
from tests.support.audited_till_driver import audited_till_driver
from tests.support.drivers.rules import MONDAY
from tests.support.drivers.till import TillDriver


@pytest.fixture
def clock() -> ManualClock:
    """Stop the clock on a Monday morning."""
    return ManualClock(MONDAY)


@pytest.fixture
def alice(database: Database, clock: ManualClock) -> Iterator[TillDriver]:
    """Open Café Alice's counter; afterwards the books must be right."""
    with audited_till_driver(database, clock, SystemIds(SystemClock())) as counter:
        yield counter


@pytest.fixture
def driver(alice: TillDriver, settings: Settings) -> ReceiptDriver:
    """Return what makes receipts and puts them on cards."""
    return ReceiptDriver(alice, settings)
