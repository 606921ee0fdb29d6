"""How figures are added to the daily rollup: by the till's batch, and by a rebuild."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final

from sqlalchemy import Connection, select

from punchcard.db.base import table_of
from punchcard.db.dialects import locked_elsewhere
from punchcard.db.sets.bulk import BulkInsert
from punchcard.loyalty.models import DailyRollup
from punchcard.loyalty.rules.rollup_rules import ALL_COLUMNS, ROLLUP_COLUMNS


def _adding(columns: Sequence[str]) -> BulkInsert:
    added = ", ".join(f"{c} = loyalty_daily_rollup.{c} + excluded.{c}" for c in columns)
    return BulkInsert(
        table_of(DailyRollup),
        ("program_id", "day", "location_id", *columns),
        f"ON CONFLICT (program_id, day, location_id) DO UPDATE SET {added}",
    )


add_to_rollup: Final = _adding(ROLLUP_COLUMNS)
"""Adds each row's figures to what is kept for its program, day and location."""

add_all_to_rollup: Final = _adding(ALL_COLUMNS)
"""Adds also what only entries with details are counted in."""


def locked_programs(connection: Connection, days: Iterable[tuple[str, date]]) -> set[str]:
    """Return the programs of which another transaction holds the figures of one of `days`."""
    wanted = set(days)
    query = select(DailyRollup.program_id, DailyRollup.day).where(
        DailyRollup.program_id.in_({program_id for program_id, _ in wanted}),
        DailyRollup.day.in_({day for _, day in wanted}),
    )
    return {row[0] for row in locked_elsewhere(connection, query)}
