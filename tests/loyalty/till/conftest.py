"""What requests at the till are worked with, and one shop at two tills."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest

from punchcard.context import Context
from punchcard.db.database import Database
from punchcard.kit.clock import SystemClock
from punchcard.kit.ids import SystemIds
from punchcard.kit.settings import Settings
from punchcard.loyalty.staff.staff_tokens import StaffTokens
from punchcard.loyalty.till.requests import OperationServices
from tests.support.books import audited
from tests.support.drivers.till import TillDriver, open_till, open_till_driver


@pytest.fixture
def services(context: Context, settings: Settings) -> OperationServices:
    """Work with what the server works with, but with tokens that are remembered for a while."""
    tokens = StaffTokens(context.database, context.clock, settings)
    return replace(context.loyalty.operation_services, staff_tokens=tokens)


@pytest.fixture
def counters(database: Database) -> Iterator[list[TillDriver]]:
    """Open one shop's counter at two tills that know nothing of each other."""
    clock = SystemClock()
    ids = SystemIds(clock)
    with ExitStack() as stack:
        tills = [stack.enter_context(open_till(database, clock=clock, ids=ids)) for _ in range(2)]
        first = open_till_driver(database, tills[0], clock=clock, ids=ids)
        yield [first, replace(first, till=tills[1])]
    audited(database)
