"""A run of an import: its rows go onto cards through the till, part by part, each exactly once.

Whatever ends a run in the middle (a kill, a database that is away), the next turn does the part
again: each operation has a key of its own, and what was done answers as it did.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from punchcard.accounts.models import Customer
from punchcard.accounts.plans.errors import PlanLimitReached
from punchcard.connect.imports.errors import ImportBusy
from punchcard.connect.imports.faults import BadRow, FaultCode
from punchcard.connect.imports.import_files import unpacked
from punchcard.connect.imports.matching import Known, MatchedCard, look_up
from punchcard.connect.imports.models import CardImport, CardImportPart
from punchcard.connect.imports.reading.rows import ImportRow
from punchcard.connect.imports.trial import FAULTS_SKIPPED, RowFault, read_rows, row_fault
from punchcard.connect.imports.vocabulary import BalanceMode, ImportState
from punchcard.connect.imports.work import ImportWork, come_past, finish, next_part, reader_of
from punchcard.db.dialects import know_tables, one_of
from punchcard.db.outbox import RetryLater
from punchcard.db.unique import refusing_duplicates
from punchcard.kit.errors import DomainError, Kind
from punchcard.kit.ids import CardId, EntryId, ImportId
from punchcard.kit.validation.request_keys import IMPORT
from punchcard.loyalty.errors.cards import (
    CardAlreadyExists,
    CardBlocked,
    CardNotFound,
    ContactConflict,
)
from punchcard.loyalty.errors.till import OpeningBalanceExists
from punchcard.loyalty.models import LoyaltyCard
from punchcard.loyalty.operations import (
    Actor,
    CardKey,
    CardRef,
    NewCustomer,
    OpenCard,
    Operation,
    OperationMetadata,
    SetOpeningBalance,
)
from punchcard.loyalty.tables import CARDS, ENTRIES
from punchcard.loyalty.till.batch import Outcome
from punchcard.loyalty.till.receipt import Receipt
from punchcard.loyalty.vocabulary import ActorKind

NEW: Final = "new"
CODED: Final = "coded"
"""What is noted of a row beside its card: that the import opened it, or gave it its code."""

_FAULTS: Final[dict[type[DomainError], FaultCode]] = {
    OpeningBalanceExists: FaultCode.OPENED_BEFORE,
    CardBlocked: FaultCode.CARD_BLOCKED,
    ContactConflict: FaultCode.CONTACT_CONFLICT,
    PlanLimitReached: FaultCode.PLAN_FULL,
}


@dataclass(slots=True)
class _Place:
    """A row on its way onto a card."""

    number: int
    row: ImportRow
    card: MatchedCard | None
    card_id: CardId | None = None
    entry_id: EntryId | None = None
    fault: BadRow | None = None
    is_coded: bool = False


def run_some(work: ImportWork, import_id: ImportId) -> bool:
    """Run parts for a turn; returns whether all are on cards. Raises RetryLater."""
    until = work.monotonic() + work.turn_seconds
    part: CardImportPart | None = None
    while True:
        with work.database.read() as session:
            row = session.get_one(CardImport, import_id)
            is_mine = row.state is ImportState.RUNNING
            part = next_part(session, row, part) if is_mine else None
            if part is not None:
                places, faults = _planned(session, row, part, work)
        if part is None:
            finish(work, import_id, ImportState.RUNNING, ImportState.DONE)
            return True
        _open_cards(work, row, [place for place in places if place.card_id is None])
        _set_balances(work, row, [place for place in places if place.card_id is not None])
        with work.database.write() as session:
            row = session.get_one(CardImport, import_id, with_for_update=True)
            if row.state is not ImportState.RUNNING:
                raise ImportBusy(state=str(row.state))
            kept = session.get_one(CardImportPart, (import_id, part.number))
            _note(session, row, kept, places, faults)
            come_past(row, kept)
            know_tables(session.connection(), Customer, LoyaltyCard)
        if work.monotonic() >= until:
            return False


def _planned(
    session: Session, row: CardImport, part: CardImportPart, work: ImportWork
) -> tuple[list[_Place], list[RowFault]]:
    """Return where the rows go that the trial took, as the cards are by now."""
    faults = list(part.faults)
    refused = {fault[0] for fault in faults}
    numbered = [each for each in unpacked(part) if each[0] not in refused]
    told, unread = read_rows(numbered, reader_of(session, row, work.clock))
    rows = [one for _, one in told]
    known = look_up(session.connection(), row.vendor_id, row.program_id, rows)
    places = [_place(known, number, one) for number, one in told]
    return places, faults + unread


def _place(known: Known, number: int, row: ImportRow) -> _Place:
    try:
        card = known.card_of(row)
    except BadRow as fault:
        return _Place(number, row, None, fault=fault)
    return _Place(number, row, card, card_id=card.id if card else None)


def _open_cards(work: ImportWork, row: CardImport, places: Sequence[_Place]) -> None:
    """Open the cards of new customers and put their balances on them, in one go where that goes.

    A balance names the card by the id that its opening asks for. Where another card stands for the
    customer (opened elsewhere since the look, or by an earlier turn) there is none of that id, and
    the balance goes onto the card that is there.
    """
    asked = [place for place in places if place.fault is None]
    steps: list[tuple[_Place, Operation]] = []
    for place in asked:
        card_id = CardId(work.ids.new_id())
        steps.append((place, _opening(row, place, card_id)))
        if _has_balance(place):
            steps.append((place, _balance(row, place, card_id)))
    outcomes = _submitted(work, [operation for _, operation in steps])
    for (place, operation), outcome in zip(steps, outcomes, strict=True):
        if isinstance(operation, OpenCard):
            _note_opening(place, outcome)
        elif not isinstance(outcome, CardNotFound):
            _note_balance(place, outcome)
    _set_balances(work, row, [place for place in asked if place.card_id is not None])


def _note_opening(place: _Place, outcome: Outcome) -> None:
    if isinstance(outcome, Receipt):
        place.card_id = outcome.card.id
    elif isinstance(outcome, CardAlreadyExists):
        place.card_id = CardId(str(outcome.facts["card_id"]))
    else:
        place.fault = _fault_of(outcome)


def _note_balance(place: _Place, outcome: Outcome) -> None:
    if isinstance(outcome, Receipt):
        place.entry_id = EntryId(outcome.entry["id"])
    else:
        place.fault = _fault_of(outcome)


def _set_balances(work: ImportWork, row: CardImport, places: Sequence[_Place]) -> None:
    asked = [place for place in places if _has_balance(place)]
    operations = [_balance(row, place, place.card_id) for place in asked if place.card_id]
    for place, outcome in zip(asked, _submitted(work, operations), strict=True):
        _note_balance(place, outcome)


def _has_balance(place: _Place) -> bool:
    """Return whether there is something to put on the card: nothing on a new one is nothing."""
    row = place.row
    if place.fault is not None or place.entry_id is not None:
        return False
    if place.card is None:
        return bool(row.stamps or row.points)
    return row.stamps is not None or row.points is not None


def _submitted(work: ImportWork, operations: Sequence[Operation]) -> list[Outcome]:
    outcomes = work.till.submit_all(operations)
    for outcome in outcomes:
        if isinstance(outcome, DomainError) and outcome.kind is Kind.BUSY:
            raise RetryLater(outcome.code)
    return outcomes


def _fault_of(refusal: DomainError) -> BadRow:
    code = _FAULTS.get(type(refusal))
    return BadRow(code) if code else BadRow(FaultCode.REFUSED, reason=refusal.code)


def _opening(row: CardImport, place: _Place, card_id: CardId) -> OpenCard:
    told = place.row
    customer = NewCustomer(
        name=told.name,
        email=told.email,
        phone=told.phone,
        birthday=told.birthday,
        locale=told.locale,
        marketing_consent=told.has_consent,
        marketing_consent_at=told.consent_at,
    )
    return OpenCard(
        **metadata_of(row, place.number, "card", told),
        program_id=row.program_id,
        customer=customer if customer != NewCustomer() else None,
        is_mailed=False,
        has_welcome=False,
        locale=told.locale,
        external_code=told.external_code,
        card_id=card_id,
    )


def _balance(row: CardImport, place: _Place, card_id: CardId) -> SetOpeningBalance:
    told = place.row
    return SetOpeningBalance(
        **metadata_of(row, place.number, "", told.stamps, told.points, row.balance),
        card=CardRef(CardKey.ID, card_id),
        stamps=told.stamps,
        points=told.points,
        adds=row.balance is BalanceMode.ADD,
    )


def metadata_of(row: CardImport, number: int, step: str, *told: Any) -> OperationMetadata:
    """Return what each operation of an import carries: its key names row and step."""
    key = f"{IMPORT}{row.key}:{number}"
    return {
        "vendor_id": row.vendor_id,
        "actor": Actor(ActorKind.IMPORT, row.id),
        "idempotency_key": f"{key}:{step}" if step else key,
        "fingerprint": hashlib.sha256(repr((row.program_id, *told)).encode()).digest(),
    }


def _note(
    session: Session,
    row: CardImport,
    part: CardImportPart,
    places: Sequence[_Place],
    faults: list[RowFault],
) -> None:
    """Keep what became of a part's rows, and give cards that were there the code of theirs."""
    for place in places:
        _give_code(session, place)
    opened = _opened_by(session, row, [place.card_id for place in places if place.card_id])
    faults += [row_fault(place.number, place.fault) for place in places if place.fault]
    skipped = sum(fault[1] in FAULTS_SKIPPED for fault in faults)
    placed = [place for place in places if place.fault is None or place.card_id in opened]
    good = [place for place in places if place.fault is None]
    part.counts = {
        "new": sum(place.card_id in opened for place in good),
        "matched": sum(place.card_id not in opened for place in good),
        "skipped": skipped,
        "rejected": len(faults) - skipped,
        "stamps": sum(place.row.stamps or 0 for place in good),
        "points": sum(place.row.points or 0 for place in good),
        "consents": sum(place.row.has_consent and place.card_id in opened for place in good),
    }
    part.faults = sorted(faults)
    part.done = [
        [place.number, place.card_id, place.entry_id, _flags(place, opened)] for place in placed
    ]


def _flags(place: _Place, opened: set[str]) -> list[str]:
    return [NEW] * (place.card_id in opened) + [CODED] * place.is_coded


def _give_code(session: Session, place: _Place) -> None:
    card, code = place.card, place.row.external_code
    if place.fault is not None or card is None or code is None or card.external_code is not None:
        return
    try:
        with refusing_duplicates(session, CardAlreadyExists):
            session.execute(
                update(CARDS)
                .where(CARDS.c.id == card.id, CARDS.c.external_code.is_(None))
                .values(external_code=code)
            )
    except CardAlreadyExists:
        place.fault = BadRow(FaultCode.CODE_TAKEN)
    else:
        place.is_coded = True


def _opened_by(session: Session, row: CardImport, card_ids: Sequence[CardId]) -> set[str]:
    """Return those of the cards that this import opened, in whichever of its turns."""
    if not card_ids:
        return set()
    query = select(ENTRIES.c.card_id).where(
        one_of(ENTRIES.c.card_id, "cards", session.connection().dialect),
        ENTRIES.c.sequence == 1,
        ENTRIES.c.actor_kind == ActorKind.IMPORT,
        ENTRIES.c.actor_id == row.id,
    )
    return set(session.scalars(query, {"cards": sorted(card_ids)}))
