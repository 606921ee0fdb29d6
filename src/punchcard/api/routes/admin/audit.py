"""Who changed what, on the whole platform."""

from punchcard.accounts import audit_service
from punchcard.api.http.dependencies import CallerDep, Listed, PageDep, listed
from punchcard.api.http.routing import api_router
from punchcard.api.schemas.audit import ActionDep, AuditEventSchema, audit_event_schema
from punchcard.api.schemas.fields import IdOf
from punchcard.kit.ids import VendorId

router = api_router("/api/v1/admin/audit-events", tag="platform")


@router.get("")
def list_audit_events(
    caller: CallerDep,
    page: PageDep,
    action: ActionDep,
    vendor_id: IdOf[VendorId] | None = None,
) -> Listed[AuditEventSchema]:
    """List who changed what, newest first, at one vendor or everywhere."""
    with caller.context.database.read_replica() as session:
        rows = audit_service.list_events(
            session,
            vendor_id=vendor_id,
            action=action,
            before_id=page.cursor,
            limit=page.fetch,
        )
        origins = audit_service.origins_of(session, rows)
    return listed(
        page, rows, lambda row: audit_event_schema(row, origins.get(row.id)), lambda row: row.id
    )
