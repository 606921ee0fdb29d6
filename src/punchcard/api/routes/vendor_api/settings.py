"""The vendor about itself: what it is called, its habits, its closing, its audit trail."""

from punchcard.accounts import audit_service, vendor_service
from punchcard.api.http.dependencies import CallerDep, Listed, PageDep, listed
from punchcard.api.http.openapi import problems
from punchcard.api.http.routing import api_router
from punchcard.api.schemas.accounts import VendorChange, VendorSchema, vendor_schema
from punchcard.api.schemas.audit import ActionDep, AuditEventSchema, audit_event_schema
from punchcard.api.schemas.fields import given
from punchcard.loyalty.programs import vendor_changes

router = api_router("/api/v1/vendor", tag="Vendor")


@router.get("")
def get_vendor(caller: CallerDep) -> VendorSchema:
    """Show the vendor the caller acts for."""
    with caller.context.database.read() as session:
        vendor = vendor_service.get_vendor(session, caller.vendor_id)
        return caller.tagged(vendor_schema(vendor))


@router.patch("")
def update_vendor(body: VendorChange, caller: CallerDep) -> VendorSchema:
    """Change the vendor's name, currency, time zone, language, or whether it keeps origins.

    Programs that exist keep the currency and the time zone they were made with; their passes follow
    a new name or language. Owners alone, who have just shown who they are, say whether managers
    need a second factor.
    """
    if "managers_need_second_factor" in body.model_fields_set:
        caller.require_confirmation()
    with caller.context.database.write() as session:
        vendor = vendor_changes.update_vendor(
            session,
            caller.act(),
            caller.vendor_id,
            given(body),
            guard=caller.guard(vendor_schema),
        )
        return caller.tagged(vendor_schema(vendor))


@router.post("/close", responses=problems(409))
def close_vendor(caller: CallerDep) -> VendorSchema:
    """Close the vendor permanently: every session, key and device ends; the ledger stays."""
    caller.require_confirmation()
    with caller.context.database.write() as session:
        vendor = vendor_changes.close_vendor(session, caller.act(), caller.vendor_id)
        return caller.remember(session, 200, vendor_schema(vendor))


@router.get("/audit-events")
def list_audit_events(
    caller: CallerDep, page: PageDep, action: ActionDep
) -> Listed[AuditEventSchema]:
    """List who changed what at this vendor, newest first."""
    with caller.context.database.read_replica() as session:
        rows = audit_service.list_events(
            session,
            vendor_id=caller.vendor_id,
            action=action,
            before_id=page.cursor,
            limit=page.fetch,
        )
        origins = audit_service.origins_of(session, rows)
    return listed(
        page, rows, lambda row: audit_event_schema(row, origins.get(row.id)), lambda row: row.id
    )
