"""What requests at the till are worked with."""

from dataclasses import replace

import pytest

from punchcard.context import Context
from punchcard.kit.settings import Settings
from punchcard.loyalty.staff.staff_tokens import StaffTokens
from punchcard.loyalty.till.requests import OperationServices


@pytest.fixture
def services(context: Context, settings: Settings) -> OperationServices:
    """Work with what the server works with, but with tokens that are remembered for a while."""
    tokens = StaffTokens(context.database, context.clock, settings)
    return replace(context.loyalty.operation_services, staff_tokens=tokens)
