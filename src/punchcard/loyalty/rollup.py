"""How figures are added to the daily rollup: by the till's batch, and by a rebuild."""

from typing import Final

from punchcard.db.base import table_of
from punchcard.db.bulk import BulkInsert
from punchcard.loyalty.models import DailyRollup
from punchcard.loyalty.rules.rollup_rules import ROLLUP_COLUMNS

_ADDED: Final = ", ".join(f"{c} = loyalty_daily_rollup.{c} + excluded.{c}" for c in ROLLUP_COLUMNS)

add_to_rollup: Final = BulkInsert(
    table_of(DailyRollup),
    ("program_id", "day", *ROLLUP_COLUMNS),
    f"ON CONFLICT (program_id, day) DO UPDATE SET {_ADDED}",
)
"""Adds each row's figures to what is kept for its program and day."""
