"""Who changed what, on the whole platform."""

from fastapi import APIRouter

from punchcard.accounts import audit_service
from punchcard.api.deps import CallerDep, Listed, PageDep, listed
from punchcard.api.people_shapes import AuditEventShape, audit_event_shape
from punchcard.api.shapes import IdText

router = APIRouter(prefix="/api/v1/admin/audit-events", tags=["Platform"])


@router.get("")
def list_audit_events(
    caller: CallerDep, page: PageDep, vendor_id: IdText | None = None
) -> Listed[AuditEventShape]:
    """List who changed what, newest first, at one vendor or everywhere."""
    with caller.context.database.read() as session:
        rows = audit_service.list_events(
            session, vendor_id=vendor_id, before_id=page.cursor, limit=page.fetch
        )
    return listed(page, rows, audit_event_shape, lambda row: row.id)
