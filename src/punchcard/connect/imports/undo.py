"""The undo of an import: every opening balance is voided, every card that it opened is closed.

As one: while something of any row is spent, nothing is undone. What is spent while it is being
undone stays, and is named.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from punchcard.connect.imports.errors import ImportSpent
from punchcard.connect.imports.faults import BadRow, FaultCode
from punchcard.connect.imports.models import CardImport, CardImportPart
from punchcard.connect.imports.run import CODED, NEW, metadata_of
from punchcard.connect.imports.trial import row_fault
from punchcard.connect.imports.vocabulary import ImportState
from punchcard.connect.imports.work import ImportWork, come_past, finish, next_part
from punchcard.db.outbox import RetryLater
from punchcard.kit.errors import DomainError, Kind
from punchcard.kit.ids import CardId, EntryId, ImportId
from punchcard.loyalty.cards.closing import close_cards
from punchcard.loyalty.errors.till import AlreadyVoided
from punchcard.loyalty.operations import VoidEntry
from punchcard.loyalty.tables import CARDS, ENTRIES
from punchcard.loyalty.till.receipt import Receipt
from punchcard.loyalty.vocabulary import ActorKind

Done = list[Any]
"""`[row, card_id, entry_id, flags]`: what a run put on a card."""

_PARTS_AT_ONCE: Final = 20


def check_unspent(session: Session, row: CardImport) -> None:
    """Refuse an undo of which something is spent. Raises ImportSpent: how many, and the first."""
    spent = [number for part in _parts(session, row) for number in _spent(session, part.done)]
    if spent:
        raise ImportSpent(rows=len(spent), first_row=min(spent))


class UndoOutlook(NamedTuple):
    """What an undo would do: void `balances`, close `closing` cards, leave `kept` ones open.

    Kept are cards that the import opened and that were used since. While there are `spent_rows`,
    by their numbers in the file, nothing is undone.
    """

    balances: int
    closing: int
    kept: int
    spent_rows: list[int]


def outlook_of(session: Session, row: CardImport) -> UndoOutlook:
    """Return what an undo of a run that is done would come to; nothing is written."""
    balances = closing = kept = 0
    spent: list[int] = []
    for part in _parts(session, row):
        opened = {CardId(one[1]) for one in part.done if NEW in one[3]}
        used = _used(session, row, opened)
        balances += sum(one[2] is not None for one in part.done)
        closing += len(opened - used)
        kept += len(used)
        spent += _spent(session, part.done)
    return UndoOutlook(balances, closing, kept, sorted(spent))


def _parts(session: Session, row: CardImport) -> Iterable[CardImportPart]:
    query = select(CardImportPart).where(CardImportPart.import_id == row.id)
    return session.scalars(
        query.order_by(CardImportPart.number).execution_options(yield_per=_PARTS_AT_ONCE)
    )


def _spent(session: Session, done: Sequence[Done]) -> list[int]:
    rows = {one[2]: one[0] for one in done if one[2]}
    if not rows:
        return []
    query = (
        select(ENTRIES.c.id)
        .join(CARDS, CARDS.c.id == ENTRIES.c.card_id)
        .where(
            ENTRIES.c.id.in_(rows),
            or_(
                ENTRIES.c.stamps_delta > CARDS.c.stamps,
                ENTRIES.c.points_delta > CARDS.c.points,
            ),
            or_(ENTRIES.c.stamps_delta > 0, ENTRIES.c.points_delta > 0),
        )
    )
    return [rows[entry_id] for entry_id in session.scalars(query)]


def undo_some(work: ImportWork, import_id: ImportId) -> bool:
    """Undo parts for a turn; returns whether all are undone. Raises RetryLater."""
    until = work.monotonic() + work.turn_seconds
    part: CardImportPart | None = None
    while True:
        with work.database.read() as session:
            row = session.get_one(CardImport, import_id)
            is_mine = row.state is ImportState.UNDOING
            part = next_part(session, row, part) if is_mine else None
        if part is None:
            finish(work, import_id, ImportState.UNDOING, ImportState.UNDONE)
            return True
        kept = _void(work, row, part.done)
        with work.database.write() as session:
            row = session.get_one(CardImport, import_id, with_for_update=True)
            mine = session.get_one(CardImportPart, (import_id, part.number))
            gone = [one for one in part.done if one[0] not in kept]
            _take_back(session, row, gone, work)
            mine.faults = [row_fault(number, BadRow(FaultCode.SPENT)) for number in sorted(kept)]
            mine.done = [one for one in part.done if one[0] in kept]
            mine.counts = {"undone": len(gone), "rejected": len(kept)}
            come_past(row, mine)
        if work.monotonic() >= until:
            return False


def _void(work: ImportWork, row: CardImport, done: Sequence[Done]) -> set[int]:
    """Void opening balances; returns the rows of which something is spent."""
    asked = [one for one in done if one[2]]
    operations = [
        VoidEntry(**metadata_of(row, number, "undo", entry_id), transaction_id=EntryId(entry_id))
        for number, _, entry_id, _ in asked
    ]
    kept: set[int] = set()
    for one, outcome in zip(asked, work.till.submit_all(operations), strict=True):
        if isinstance(outcome, Receipt | AlreadyVoided):
            continue
        if isinstance(outcome, DomainError) and outcome.kind is Kind.BUSY:
            raise RetryLater(outcome.code)
        kept.add(one[0])
    return kept


def _take_back(session: Session, row: CardImport, gone: Sequence[Done], work: ImportWork) -> None:
    coded = [one[1] for one in gone if CODED in one[3]]
    if coded:
        session.execute(update(CARDS).where(CARDS.c.id.in_(coded)).values(external_code=None))
    opened = {CardId(one[1]) for one in gone if NEW in one[3]}
    close_cards(session, opened.difference(_used(session, row, opened)), work.clock.now())


def _used(session: Session, row: CardImport, card_ids: set[CardId]) -> set[CardId]:
    """Return the cards on which anything happened beside the import: they stay open."""
    if not card_ids:
        return set()
    query = select(ENTRIES.c.card_id).where(
        ENTRIES.c.card_id.in_(card_ids),
        or_(ENTRIES.c.actor_kind != ActorKind.IMPORT, ENTRIES.c.actor_id != row.id),
    )
    return {CardId(card_id) for card_id in session.scalars(query)}
