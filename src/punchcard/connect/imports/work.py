"""What the worker works on an import with, and how a step goes over its parts, turn by turn."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from punchcard.accounts.models import Vendor
from punchcard.connect.imports.models import CardImport, CardImportPart
from punchcard.connect.imports.reading.rows import RowReader
from punchcard.connect.imports.vocabulary import ImportField, ImportState
from punchcard.db.database import Database
from punchcard.kit.clock import Clock
from punchcard.kit.ids import Ids, ImportId
from punchcard.loyalty.till.till import Till

IMPORT_WORK: Final = "imports.work"
"""There is work on an import, the key: it is tried, run or undone."""

TURN_SECONDS: Final = 10.0
"""How long a worker stays with one import, before others have their turn."""


@dataclass(frozen=True, slots=True)
class ImportWork:
    """What imports are worked on with. `turn_seconds` bounds one turn."""

    database: Database
    till: Till
    clock: Clock
    ids: Ids
    turn_seconds: float = TURN_SECONDS
    monotonic: Callable[[], float] = time.monotonic


def next_part(
    session: Session, row: CardImport, after: CardImportPart | None = None
) -> CardImportPart | None:
    """Return the first part that the step in hand has not come past; None when it is through.

    It is looked for behind the part that was done just before: a step goes over parts in their
    order, and to look at all of them each time would cost a long file more than its rows do. Only
    once nothing is left there are those before it looked at again: another worker may have had one
    of them.
    """
    left = select(CardImportPart).where(
        CardImportPart.import_id == row.id, CardImportPart.step != row.state
    )
    left = left.order_by(CardImportPart.number).limit(1)
    if after is not None:
        following = session.scalar(left.where(CardImportPart.number > after.number))
        if following is not None:
            return following
    return session.scalar(left)


def come_past(row: CardImport, part: CardImportPart) -> None:
    """Note that the step in hand has come past a part; once, whoever else has worked on it.

    `row` is locked, and `part` was read since.
    """
    if part.step is not row.state:
        part.step = row.state
        row.rows_done += part.row_count


def come_through(session: Session, row: CardImport, state: ImportState, now: datetime) -> None:
    """Note that the step in hand has come past all parts, and what came of them together.

    `row` is locked.
    """
    row.counts = _summed(session, row.id)
    row.state, row.rows_done = state, row.rows
    row.updated_at = now


def finish(work: ImportWork, import_id: ImportId, step: ImportState, state: ImportState) -> None:
    """Come through `step` to `state`, unless another worker has or it is no longer in hand."""
    with work.database.write() as session:
        row = session.get_one(CardImport, import_id, with_for_update=True)
        if row.state is step:
            come_through(session, row, state, work.clock.now())


def _summed(session: Session, import_id: ImportId) -> dict[str, int]:
    parts = session.scalars(
        select(CardImportPart.counts)
        .where(CardImportPart.import_id == import_id)
        .order_by(CardImportPart.number)
    )
    total: dict[str, int] = {}
    for counts in parts:
        for name, number in counts.items():
            total[name] = total.get(name, 0) + number
    return total


def reader_of(session: Session, row: CardImport, clock: Clock) -> RowReader:
    """Return what reads the rows of an import."""
    vendor = session.get_one(Vendor, row.vendor_id)
    return RowReader(
        mapping={ImportField(name): column for name, column in row.mapping.items()},
        columns=len(row.headings),
        decimal=row.decimal,
        date_order=row.date_order,
        country=vendor.country,
        now=clock.now(),
        has_source=bool(row.consent_source),
    )
