"""Imports of history: named, counted, each told by who made it, apart from what happened here."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from punchcard.accounts.audit_service import Act, record_act
from punchcard.accounts.errors import NotAllowed
from punchcard.accounts.rows import find_own, paginate
from punchcard.accounts.subjects import Subject
from punchcard.kit.ids import ImportId, VendorId
from punchcard.kit.validation import texts
from punchcard.kit.validation.invalid import check_field
from punchcard.loyalty.errors.cards import ImportNotFound
from punchcard.loyalty.import_models import HistoryImport
from punchcard.loyalty.vocabulary import ActorKind


def create_import(session: Session, act: Act, vendor_id: VendorId, name: str) -> HistoryImport:
    """Begin an import of history, which stands in the audit trail. Raises InvalidInput."""
    row = HistoryImport(
        id=ImportId(act.ids.new_id()),
        vendor_id=vendor_id,
        name=check_field("name", texts.one_line, name),
        actor_kind=ActorKind(act.subject.kind),
        actor_id=act.subject.id or "",
        entries=0,
        cards=0,
        stamps=0,
        points=0,
        created_at=act.now,
    )
    session.add(row)
    session.flush()
    new = {"name": row.name}
    record_act(session, act, "import.created", of=("import", row.id), vendor_id=vendor_id, new=new)
    return row


def list_imports(
    session: Session, vendor_id: VendorId, *, after_id: str | None, limit: int
) -> Sequence[HistoryImport]:
    """Return the vendor's imports, oldest first."""
    query = select(HistoryImport).where(HistoryImport.vendor_id == vendor_id)
    return paginate(session, query, HistoryImport, after_id, limit)


def get_import(session: Session, vendor_id: VendorId, import_id: ImportId) -> HistoryImport:
    """Return one import of the vendor. Raises ImportNotFound."""
    return find_own(session, HistoryImport, vendor_id, import_id, missing=ImportNotFound)


def get_own_import(
    session: Session, vendor_id: VendorId, import_id: ImportId, subject: Subject
) -> HistoryImport:
    """Return an import of the caller's own: its entries name it alone, and it names its maker.

    Raises ImportNotFound, and NotAllowed for somebody else's.
    """
    row = get_import(session, vendor_id, import_id)
    if row.actor_id != subject.id:
        raise NotAllowed
    return row
