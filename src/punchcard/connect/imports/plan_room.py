"""Whether a plan has places for the new cards of an import, told before it is run."""

from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from punchcard.accounts.plans import plan_limits
from punchcard.connect.imports.faults import BadRow
from punchcard.connect.imports.import_files import unpacked
from punchcard.connect.imports.matching import Known, look_up
from punchcard.connect.imports.models import CardImport, CardImportPart
from punchcard.connect.imports.reading.rows import ImportRow
from punchcard.connect.imports.trial import read_rows
from punchcard.connect.imports.vocabulary import ImportState
from punchcard.connect.imports.work import reader_of
from punchcard.kit.clock import Clock


class AbovePlan(NamedTuple):
    """How many new `cards` have no place: `left` of the plan's `maximum` are free.

    The first of them stands in `first_row`, None where cards have changed since the trial.
    """

    maximum: int
    left: int
    cards: int
    first_row: int | None


def above_plan(session: Session, row: CardImport, clock: Clock) -> AbovePlan | None:
    """Return what an import that was tried has above its vendor's plan as it is now, if anything.

    Rows go onto cards in their order: those that come first get the places.
    """
    if row.state is not ImportState.READY:
        return None
    places = plan_limits.card_room(session, row.vendor_id)
    new = row.counts.get("new", 0)
    if places is None or new <= places.left:
        return None
    first_row = _row_of_new_card(session, row, places.left, clock)
    return AbovePlan(places.maximum, places.left, new - places.left, first_row)


def _row_of_new_card(session: Session, row: CardImport, after: int, clock: Clock) -> int | None:
    """Return in which row the new card stands that comes after so many others."""
    query = select(CardImportPart.number, CardImportPart.counts).where(
        CardImportPart.import_id == row.id
    )
    for number, counts in session.execute(query.order_by(CardImportPart.number)):
        if after < (new := counts.get("new", 0)):
            part = session.get_one(CardImportPart, (row.id, number))
            rows = _rows_of_new_cards(session, row, part, clock)
            return rows[after] if after < len(rows) else None
        after -= new
    return None


def _rows_of_new_cards(
    session: Session, row: CardImport, part: CardImportPart, clock: Clock
) -> list[int]:
    refused = {fault[0] for fault in part.faults}
    told, _ = read_rows(unpacked(part), reader_of(session, row, clock))
    taken = [one for one in told if one[0] not in refused]
    known = look_up(session.connection(), row.vendor_id, row.program_id, [one for _, one in taken])
    return [number for number, one in taken if _is_new(known, one)]


def _is_new(known: Known, row: ImportRow) -> bool:
    try:
        return known.card_of(row) is None
    except BadRow:
        return False
