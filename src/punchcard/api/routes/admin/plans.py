"""The platform's plans, which vendor has which, and what vendors use."""

from datetime import date
from typing import Any, Final

from fastapi.responses import StreamingResponse

from punchcard.accounts import vendor_service
from punchcard.accounts.plans import plan_service
from punchcard.accounts.plans.month_counts import month_of
from punchcard.api.http.dependencies import Caller, CallerDep, Listed, PageDep, listed
from punchcard.api.http.openapi import problems
from punchcard.api.http.routing import api_router
from punchcard.api.schemas.fields import given
from punchcard.api.schemas.platform.plans import (
    MonthQuery,
    MonthSchema,
    PlanChange,
    PlanRequest,
    PlanSchema,
    UsageSchema,
    VendorPlanChange,
    first_day,
    month_schema,
    plan_schema,
    usage_schema,
)
from punchcard.connect.usage import month_service, usage_service
from punchcard.connect.usage.bills import month_csv
from punchcard.kit.ids import PlanId, VendorId
from punchcard.loyalty.programs import plan_changes

router = api_router("/api/v1/admin/loyalty/plans", tag="platform")
usage_router = api_router("/api/v1/admin/loyalty/usage", tag="platform")
vendor_router = api_router("/api/v1/admin/vendors/{vendor_id}", tag="platform")

_CSV: Final = "text/csv; charset=utf-8"


@router.get("")
def list_plans(caller: CallerDep, page: PageDep) -> Listed[PlanSchema]:
    """List plans, oldest first."""
    with caller.context.database.read() as session:
        rows = plan_service.list_plans(session, after_id=page.cursor, limit=page.fetch)
    return listed(page, rows, plan_schema, lambda row: row.id)


@router.post("", status_code=201, responses=problems(409))
def create_plan(body: PlanRequest, caller: CallerDep) -> PlanSchema:
    """Make a plan; the default one is what new vendors get, in place of the one before."""
    with caller.context.database.write() as session:
        return plan_schema(plan_service.create_plan(session, caller.act(), body.model_dump()))


@router.get("/{plan_id}", responses=problems(404))
def get_plan(plan_id: PlanId, caller: CallerDep) -> PlanSchema:
    """Show one plan."""
    with caller.context.database.read() as session:
        return caller.tagged(plan_schema(plan_service.get_plan(session, plan_id)))


@router.patch("/{plan_id}", responses=problems(404, 409))
def update_plan(plan_id: PlanId, body: PlanChange, caller: CallerDep) -> PlanSchema:
    """Change a plan for all vendors that have it; nothing that they have is taken away."""
    with caller.context.database.write() as session:
        plan = plan_service.update_plan(
            session, caller.act(), plan_id, given(body), guard=caller.guard(plan_schema)
        )
        return caller.tagged(plan_schema(plan))


@router.delete("/{plan_id}", status_code=204, responses=problems(404, 409))
def delete_plan(plan_id: PlanId, caller: CallerDep) -> None:
    """Delete a plan that no vendor has."""
    with caller.context.database.write() as session:
        plan_service.delete_plan(session, caller.act(), plan_id)


@vendor_router.put("/plan", responses=problems(404, 409))
def give_plan(vendor_id: VendorId, body: VendorPlanChange, caller: CallerDep) -> UsageSchema:
    """Give a vendor a plan, or none; a smaller one takes nothing away."""
    now = caller.context.clock.now()
    with caller.context.database.write() as session:
        plan_changes.give_plan(session, caller.act(), vendor_id, body.plan_id)
        return usage_schema(usage_service.usage_of(session, vendor_id, now=now))


@vendor_router.get("/usage", responses=problems(404))
def get_vendor_usage(vendor_id: VendorId, caller: CallerDep) -> UsageSchema:
    """Return what a vendor uses now, beside the limits of its plan."""
    now = caller.context.clock.now()
    with caller.context.database.read() as session:
        vendor = vendor_service.get_vendor(session, vendor_id)
        return usage_schema(usage_service.usage_of(session, vendor.id, now=now))


@usage_router.get("")
def list_month_usage(
    caller: CallerDep, page: PageDep, month: MonthQuery = None
) -> Listed[MonthSchema]:
    """List what each vendor used in a month, oldest vendor first.

    Figures of a month that is closed never change.
    """
    with caller.context.database.read() as session:
        rows = month_service.billed_vendors(
            session, _month(caller, month), after_id=page.cursor, limit=page.fetch
        )
    return listed(page, rows, month_schema, lambda row: row.vendor.id)


_OF_CSV: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"text/csv": {"schema": {"type": "string"}}}}
}


@usage_router.get("/months.csv", response_class=StreamingResponse, responses=_OF_CSV)
def export_month_usage(caller: CallerDep, month: MonthQuery = None) -> StreamingResponse:
    """Return the same as one CSV file for billing software: commas, and names that stay."""
    wanted = _month(caller, month)
    name = f"punchcard-usage-{wanted:%Y-%m}.csv"
    return StreamingResponse(
        month_csv(caller.context.database, wanted),
        media_type=_CSV,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _month(caller: Caller, month: str | None) -> date:
    today = month_of(caller.context.clock.now())
    return month_service.month_before(today) if month is None else first_day(month)
