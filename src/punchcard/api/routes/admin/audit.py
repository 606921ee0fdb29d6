"""Who changed what, on the whole platform."""

from punchcard.accounts import audit_service
from punchcard.api.http.dependencies import CallerDep, Listed, PageDep, listed
from punchcard.api.http.routing import api_router
from punchcard.api.schemas.audit import AuditEventSchema, audit_event_schema
from punchcard.api.schemas.fields import IdOf
from punchcard.kit.ids import VendorId

router = api_router("/api/v1/admin/audit-events", tag="platform")


@router.get("")
def list_audit_events(
    caller: CallerDep, page: PageDep, vendor_id: IdOf[VendorId] | None = None
) -> Listed[AuditEventSchema]:
    """List who changed what, newest first, at one vendor or everywhere."""
    with caller.context.database.read() as session:
        rows = audit_service.list_events(
            session, vendor_id=vendor_id, before_id=page.cursor, limit=page.fetch
        )
    return listed(page, rows, audit_event_schema, lambda row: row.id)
