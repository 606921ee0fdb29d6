"""How a vendor's programs do together, and how much of its plan it uses."""

from punchcard.api.http.dependencies import CallerDep
from punchcard.api.http.routing import api_router
from punchcard.api.schemas.dashboard import DashboardSchema, dashboard_schema
from punchcard.api.schemas.platform.plans import UsageSchema, usage_schema
from punchcard.connect.usage import usage_service
from punchcard.loyalty.reports import dashboard_service

usage_router = api_router("/api/v1/vendor/loyalty/usage", tag="programs")
router = api_router("/api/v1/vendor/loyalty/dashboard", tag="programs")


@router.get("")
def get_dashboard(caller: CallerDep) -> DashboardSchema:
    """Return members, this month's figures and the last 90 days, all programs together."""
    context = caller.context
    with context.database.read_replica() as session:
        found = dashboard_service.vendor_dashboard(
            session, caller.vendor_id, now=context.clock.now()
        )
    return dashboard_schema(found)


@usage_router.get("")
def get_usage(caller: CallerDep) -> UsageSchema:
    """Return what the shop uses now, beside the limits of its plan."""
    context = caller.context
    with context.database.read() as session:
        return usage_schema(
            usage_service.usage_of(session, caller.vendor_id, now=context.clock.now())
        )
