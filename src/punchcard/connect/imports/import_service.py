"""Imports as their vendor sees them: what was found, what is said about it, and what is asked."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from punchcard.accounts.audit_service import Act, record_act
from punchcard.connect.imports.errors import (
    CardImportNotFound,
    ImportBusy,
    ImportNotPreviewed,
    ImportUndoOver,
)
from punchcard.connect.imports.faults import SENTENCES, FaultCode
from punchcard.connect.imports.import_files import unpacked
from punchcard.connect.imports.models import CardImport, CardImportPart
from punchcard.connect.imports.undo import check_unspent
from punchcard.connect.imports.vocabulary import (
    BalanceMode,
    DateOrder,
    ImportField,
    ImportState,
)
from punchcard.connect.imports.work import IMPORT_WORK
from punchcard.db import outbox
from punchcard.kit.errors import invalid_field
from punchcard.kit.i18n import N_, translate
from punchcard.kit.ids import ImportId, VendorId, as_id
from punchcard.kit.validation import texts
from punchcard.kit.validation.invalid import check_field
from punchcard.loyalty.errors.programs import ProgramInactive
from punchcard.loyalty.import_models import HistoryImport
from punchcard.loyalty.models import LoyaltyProgram
from punchcard.loyalty.vocabulary import ProgramStatus, ProgramType

SAMPLES: Final = 5
"""How many rows are shown for a look at the mapping."""
_BEFORE_RUN: Final = (ImportState.UPLOADED, ImportState.READY)
_NEEDS_NOBODY: Final = N_("Say which column has the e-mail address, phone number or card code.")


def get_import(session: Session, vendor_id: VendorId, import_id: ImportId) -> CardImport:
    """Return one import of the vendor. Raises CardImportNotFound."""
    wanted = as_id(import_id)
    row = session.get(CardImport, wanted) if wanted is not None else None
    if row is None or row.vendor_id != vendor_id:
        raise CardImportNotFound
    return row


def list_imports(
    session: Session, vendor_id: VendorId, *, before_id: str | None, limit: int
) -> Sequence[CardImport]:
    """Return the vendor's imports, newest first."""
    query = select(CardImport).where(CardImport.vendor_id == vendor_id)
    if before_id is not None:
        query = query.where(CardImport.id < before_id)
    return session.scalars(query.order_by(CardImport.id.desc()).limit(limit)).all()


def samples(session: Session, row: CardImport) -> list[list[str]]:
    """Return the first rows as they stand in the file; none once they are forgotten."""
    part = session.get(CardImportPart, (row.id, 0))
    return [] if part is None else [cells for _, cells in unpacked(part)[:SAMPLES]]


def ask_preview(
    session: Session, act: Act, vendor_id: VendorId, import_id: ImportId, said: Mapping[str, Any]
) -> CardImport:
    """Take what is said about a file, and leave its trial to be done.

    `said` may hold `mapping`, `decimal`, `date_order`, `balance` and `consent_source`. Raises
    CardImportNotFound, ImportBusy, InvalidInput.
    """
    row = _locked(session, vendor_id, import_id)
    if row.state not in _BEFORE_RUN:
        raise ImportBusy(state=str(row.state))
    _say(session, row, said)
    session.execute(
        update(CardImportPart)
        .where(CardImportPart.import_id == row.id)
        .values(step=ImportState.UPLOADED, keys=None, counts={}, faults=[])
    )
    row.counts = {}
    _begin(session, row, ImportState.PREVIEWING, act.now)
    return row


def ask_run(
    session: Session,
    act: Act,
    vendor_id: VendorId,
    import_id: ImportId,
    *,
    balance: BalanceMode | None = None,
) -> CardImport:
    """Leave an import that was tried to be put on cards.

    Raises CardImportNotFound, ImportNotPreviewed, ImportBusy, ProgramInactive, and InvalidInput
    while nobody has said whether balances are set or added.
    """
    row = _locked(session, vendor_id, import_id)
    if row.state in (ImportState.UPLOADED, ImportState.PREVIEWING):
        raise ImportNotPreviewed
    if row.state is not ImportState.READY:
        raise ImportBusy(state=str(row.state))
    if session.get_one(LoyaltyProgram, row.program_id).status != ProgramStatus.ACTIVE:
        raise ProgramInactive
    row.balance = balance or row.balance
    has_balance = {ImportField.STAMPS, ImportField.POINTS} & row.mapping.keys()
    if has_balance and row.balance is None:
        sentence = N_("Say whether balances are set or added to what is on cards already.")
        raise invalid_field("balance", message=sentence)
    session.add(_teller(row, act))
    session.flush()
    _begin(session, row, ImportState.RUNNING, act.now)
    new = {"rows": row.rows, "balance": row.balance, **row.counts}
    record_act(session, act, "import.run", of=("import", row.id), vendor_id=vendor_id, new=new)
    return row


def undo_until(row: CardImport, days: int) -> datetime | None:
    """Return until when a run can be undone, `days` after it; None where none is done."""
    # Nothing changes a run that is done.
    return row.updated_at + timedelta(days=days) if row.state is ImportState.DONE else None


def ask_undo(
    session: Session, act: Act, vendor_id: VendorId, import_id: ImportId, *, days: int
) -> CardImport:
    """Leave an import to be undone as one, at most `days` after its run.

    Raises CardImportNotFound, ImportBusy, ImportUndoOver, ImportSpent.
    """
    row = _locked(session, vendor_id, import_id)
    if row.state is not ImportState.DONE:
        raise ImportBusy(state=str(row.state))
    until = undo_until(row, days)
    if until is not None and act.now > until:
        raise ImportUndoOver(days=days)
    check_unspent(session, row)
    _begin(session, row, ImportState.UNDOING, act.now)
    record_act(session, act, "import.undone", of=("import", row.id), vendor_id=vendor_id)
    return row


def discard(session: Session, act: Act, vendor_id: VendorId, import_id: ImportId) -> None:
    """Forget an import that was never run. Raises CardImportNotFound, ImportBusy."""
    row = _locked(session, vendor_id, import_id)
    if row.state not in _BEFORE_RUN:
        raise ImportBusy(state=str(row.state))
    session.execute(delete(CardImportPart).where(CardImportPart.import_id == row.id))
    session.delete(row)
    record_act(session, act, "import.discarded", of=("import", row.id), vendor_id=vendor_id)


def forget_rows(session: Session, now: datetime, *, days: int, limit: int) -> int:
    """Forget what stood in files that were brought along so long ago; returns of how many parts.

    What became of the rows stays, so that a run can still be undone.
    """
    old = (
        select(CardImportPart.import_id, CardImportPart.number)
        .join(CardImport, CardImport.id == CardImportPart.import_id)
        .where(
            CardImportPart.rows.is_not(None),
            CardImport.updated_at < now - timedelta(days=days),
            CardImport.state.in_((*_BEFORE_RUN, ImportState.DONE, ImportState.UNDONE)),
        )
        .limit(limit)
    )
    found = session.execute(old).all()
    for import_id, number in found:
        session.get_one(CardImportPart, (import_id, number)).rows = None
    return len(found)


def faults_of(
    session: Session, row: CardImport, language: str, *, limit: int | None = None
) -> Iterator[dict[str, Any]]:
    """Give the rows that were not taken, in their order: `row`, `field`, `code`, `message`."""
    given = 0
    parts = session.scalars(
        select(CardImportPart.faults)
        .where(CardImportPart.import_id == row.id)
        .order_by(CardImportPart.number)
    )
    for faults in parts:
        for number, code, field, params in faults:
            if limit is not None and given >= limit:
                return
            given += 1
            message = translate(SENTENCES[FaultCode(code)], language, **params)
            yield {"row": number, "field": field or None, "code": code, "message": message}


def _locked(session: Session, vendor_id: VendorId, import_id: ImportId) -> CardImport:
    row = get_import(session, vendor_id, import_id)
    session.refresh(row, with_for_update=True)
    return row


def _begin(session: Session, row: CardImport, state: ImportState, now: datetime) -> None:
    row.state, row.rows_done, row.updated_at = state, 0, now
    session.flush()
    outbox.enqueue(session, IMPORT_WORK, row.id, now)


def _say(session: Session, row: CardImport, said: Mapping[str, Any]) -> None:
    mapping = said.get("mapping")
    if mapping is not None:
        type = session.get_one(LoyaltyProgram, row.program_id).type
        row.mapping = {field: _column(row, field, told, type) for field, told in mapping.items()}
    if not {ImportField.EMAIL, ImportField.PHONE, ImportField.EXTERNAL_CODE} & row.mapping.keys():
        raise invalid_field("mapping", message=_NEEDS_NOBODY)
    if said.get("decimal"):
        row.decimal = said["decimal"]
    if said.get("date_order"):
        row.date_order = DateOrder(said["date_order"])
    if said.get("balance"):
        row.balance = BalanceMode(said["balance"])
    if "consent_source" in said:
        source = said["consent_source"]
        row.consent_source = (
            check_field("consent_source", texts.one_line, source, maximum=500) if source else None
        )


def _column(row: CardImport, field: str, told: int | str, type: ProgramType) -> int:
    """Return a column named by its place, from 0, or by its heading. Raises InvalidInput."""
    loc = ("mapping", field)
    if (field == ImportField.STAMPS and type == ProgramType.POINTS) or (
        field == ImportField.POINTS and type == ProgramType.STAMPS
    ):
        raise invalid_field(*loc, message=N_("Cards of this program collect none of these."))
    if isinstance(told, str) and told in row.headings:
        return row.headings.index(told)
    if isinstance(told, int) and 0 <= told < len(row.headings):
        return told
    raise invalid_field(*loc, message=N_("There is no such column in this file."))


def _teller(row: CardImport, act: Act) -> HistoryImport:
    """Return under whose name the ledger keeps what is told: the import's own id."""
    return HistoryImport(
        id=row.id,
        vendor_id=row.vendor_id,
        name=row.name,
        actor_kind=row.actor_kind,
        # Nobody else tells history under this name: its maker stands in the import.
        actor_id="",
        entries=0,
        cards=0,
        stamps=0,
        points=0,
        created_at=act.now,
    )
