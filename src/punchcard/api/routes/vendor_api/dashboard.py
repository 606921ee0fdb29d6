"""How a vendor's programs do together."""

from punchcard.api.http.dependencies import CallerDep
from punchcard.api.http.routing import api_router
from punchcard.api.schemas.dashboard import DashboardSchema, dashboard_schema
from punchcard.loyalty.reports import dashboard_service

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
