"""The console's page of the shop's plan: what it may use, and how much of it it does."""

from fastapi import APIRouter, Response

from punchcard.accounts.words import LIMIT_NAMES
from punchcard.connect.usage import usage_service
from punchcard.web.pages.page_request import PageRequestDep

router = APIRouter(prefix="/console/plan")


@router.get("")
def open_plan(request: PageRequestDep) -> Response:
    """Show what the shop uses beside the limits of its plan."""
    now = request.context.clock.now()
    with request.context.database.read() as session:
        usage = usage_service.usage_of(session, request.vendor_id, now=now)
    return request.render("console/plan.html", usage=usage, limit_names=LIMIT_NAMES)
