"""The platform's plans, which vendor has which, and what vendors used by month."""

from datetime import date
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Response
from fastapi.responses import StreamingResponse

from punchcard.accounts.plans import plan_service
from punchcard.accounts.plans.models import Plan
from punchcard.accounts.plans.month_counts import month_of
from punchcard.accounts.vocabulary import PlanLimit
from punchcard.accounts.words import LIMIT_NAMES
from punchcard.connect.usage import bills, month_service
from punchcard.kit.i18n import N_
from punchcard.kit.ids import PlanId, VendorId, as_id
from punchcard.loyalty.programs import plan_changes
from punchcard.web.pages.forms import Form
from punchcard.web.pages.page_request import FormDep, PageRequest, PageRequestDep

router = APIRouter(prefix="/admin")

_PLANS_SHOWN: Final = 200
_VENDORS_SHOWN: Final = 50
_MONTHS_OFFERED: Final = 13
_NAME_CHARACTERS: Final = 120


@router.get("/plans")
def open_plans(request: PageRequestDep) -> Response:
    """List the plans, with a form for another one."""
    return _list_page(request, request.form())


@router.post("/plans")
def create_plan(request: PageRequestDep, form: FormDep) -> Response:
    """Make a plan."""
    wanted = _read(form)
    if form.is_valid:
        with form.refusals(), request.context.database.write() as session:
            plan_service.create_plan(session, request.act(), wanted)
    if not form.is_valid:
        return _list_page(request, form, status=422)
    return request.redirect("/admin/plans", N_("The plan is there."))


@router.get("/plans/{plan_id}")
def open_plan(request: PageRequestDep, plan_id: PlanId) -> Response:
    """Show one plan to be changed."""
    with request.context.database.read() as session:
        initial = _initial(plan_service.get_plan(session, plan_id))
    return _plan_page(request, plan_id, request.form(initial))


@router.post("/plans/{plan_id}")
def update_plan(request: PageRequestDep, plan_id: PlanId, form: FormDep) -> Response:
    """Change a plan for all vendors that have it."""
    with request.context.database.read() as session:
        form.merge(_initial(plan_service.get_plan(session, plan_id)))
    changes = _read(form)
    if form.is_valid:
        with form.refusals(), request.context.database.write() as session:
            guard = form.guard(_initial)
            plan_service.update_plan(session, request.act(), plan_id, changes, guard=guard)
    if not form.is_valid:
        return _plan_page(request, plan_id, form, status=form.status)
    return request.redirect("/admin/plans", N_("Saved."))


@router.post("/plans/{plan_id}/delete")
def delete_plan(request: PageRequestDep, plan_id: PlanId, form: FormDep) -> Response:
    """Delete a plan that no vendor has."""
    with form.refusals(), request.context.database.write() as session:
        plan_service.delete_plan(session, request.act(), plan_id)
    if not form.is_valid:
        return _list_page(request, form, status=409)
    return request.redirect("/admin/plans", N_("The plan is deleted."))


@router.post("/vendors/{vendor_id}/plan")
def give_plan(request: PageRequestDep, vendor_id: VendorId, form: FormDep) -> Response:
    """Give a vendor a plan, or none."""
    chosen = as_id(form.value("plan_id"))
    plan_id = PlanId(chosen) if chosen else None
    with form.refusals(), request.context.database.write() as session:
        plan_changes.give_plan(session, request.act(), vendor_id, plan_id)
    here = f"/admin/vendors/{vendor_id}"
    if not form.is_valid:
        return request.redirect_refused(here, N_("This shop is closed."))
    return request.redirect(here, N_("Saved."))


@router.get("/usage")
def open_usage(request: PageRequestDep, month: str = "", after: str = "") -> Response:
    """List what each vendor used in a month (2026-11), oldest vendor first."""
    shown = _month(request, month)
    with request.context.database.read() as session:
        rows = month_service.billed_vendors(
            session, shown, after_id=as_id(after) if after else None, limit=_VENDORS_SHOWN + 1
        )
    asked = {"month": f"{shown:%Y-%m}"}
    more = rows[_VENDORS_SHOWN - 1].vendor.id if len(rows) > _VENDORS_SHOWN else None
    return request.render(
        "admin/usage.html",
        bills=rows[:_VENDORS_SHOWN],
        form=request.form(asked),
        months=_months(request),
        file_url=f"/admin/usage/months.csv?{urlencode(asked)}",
        next_url=f"/admin/usage?{urlencode({**asked, 'after': more})}" if more else None,
        first_url=f"/admin/usage?{urlencode(asked)}" if after else None,
    )


@router.get("/usage/months.csv")
def save_usage(request: PageRequestDep, month: str = "") -> Response:
    """Give the same of all vendors as a file for billing software."""
    shown = _month(request, month)
    name = f"punchcard-usage-{shown:%Y-%m}.csv"
    answer = StreamingResponse(
        bills.month_csv(request.context.database, shown),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
    return request.finish(answer)


def _months(request: PageRequest) -> list[date]:
    """Return the months that are offered, this one first."""
    months = [month_of(request.context.clock.now())]
    while len(months) < _MONTHS_OFFERED:
        months.append(month_service.month_before(months[-1]))
    return months


def _month(request: PageRequest, asked: str) -> date:
    """Return the month that was asked for, or the last one that is over."""
    offered = _months(request)
    return next((one for one in offered if f"{one:%Y-%m}" == asked), offered[1])


def _list_page(request: PageRequest, form: Form, status: int = 200) -> Response:
    with request.context.database.read() as session:
        plans = plan_service.list_plans(session, limit=_PLANS_SHOWN)
        vendors = plan_service.vendors_of(session, [plan.id for plan in plans])
    return request.render(
        "admin/plans.html",
        status=status,
        plans=plans,
        vendors=vendors,
        form=form,
        limit_names=LIMIT_NAMES,
    )


def _plan_page(request: PageRequest, plan_id: PlanId, form: Form, status: int = 200) -> Response:
    return request.render(
        "admin/plan.html", status=status, form=form, plan_id=plan_id, limit_names=LIMIT_NAMES
    )


def _initial(plan: Plan) -> dict[str, Any]:
    return {name: getattr(plan, name) for name in plan_service.FIELDS}


def _read(form: Form) -> dict[str, Any]:
    limits = {
        str(limit): form.whole(
            limit,
            minimum=plan_service.SMALLEST[limit],
            maximum=plan_service.LIMIT_MAXIMUM,
            required=False,
        )
        for limit in PlanLimit
    }
    name = form.text("name", limit=_NAME_CHARACTERS)
    flags = {flag: form.is_on(flag) for flag in ("is_default", *plan_service.FLAGS)}
    return {"name": name, **flags, **limits}
