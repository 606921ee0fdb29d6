"""What each person at the till did."""

from typing import Annotated

from fastapi import Query

from punchcard.api.http.dependencies import CallerDep
from punchcard.api.http.openapi import problems
from punchcard.api.http.routing import api_router
from punchcard.api.schemas.fields import IdOf
from punchcard.api.schemas.staff_report import StaffReportSchema, staff_report_schema
from punchcard.api.schemas.stats import DaysDep
from punchcard.kit.ids import ProgramId
from punchcard.loyalty.reports.staff_report_service import staff_report

router = api_router("/api/v1/vendor/loyalty/staff-report", tag="statistics")

OfProgram = Annotated[IdOf[ProgramId] | None, Query(description="Only this program.")]


@router.get("", responses=problems(404))
def get_staff_report(
    caller: CallerDep, days: DaysDep, program_id: OfProgram = None
) -> StaffReportSchema:
    """Return stamps, points, redemptions, voids and concentration per person, at most 92 days.

    Days are the vendor's, or those of the program's time zone. What was entered more than 72 hours
    after it happened is not in the report.
    """
    context = caller.context
    with context.database.read_replica() as session:
        report = staff_report(
            session,
            caller.vendor_id,
            now=context.clock.now(),
            first=days.first,
            last=days.last,
            program_id=program_id,
        )
    return staff_report_schema(report)
