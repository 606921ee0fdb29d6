"""The tables that the till and the readers query by Core, row by row, without objects."""

from typing import Any

from punchcard.accounts.models import Customer, Vendor
from punchcard.db.base import table_of
from punchcard.loyalty.import_models import HistoryImport
from punchcard.loyalty.models import (
    LoyaltyCard,
    LoyaltyProgram,
    LoyaltyTransaction,
)

CARDS = table_of(LoyaltyCard)
CUSTOMERS = table_of(Customer)
ENTRIES = table_of(LoyaltyTransaction)
IMPORTS = table_of(HistoryImport)
PROGRAMS = table_of(LoyaltyProgram)
VENDORS = table_of(Vendor)

EntryRow = dict[str, Any]
"""A ledger entry with every column of `loyalty_transactions` by name."""
