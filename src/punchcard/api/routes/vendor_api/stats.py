"""What a program does for its vendor."""

from punchcard.api.http.dependencies import CallerDep
from punchcard.api.http.openapi import problems
from punchcard.api.http.routing import api_router
from punchcard.api.schemas.stats import DaysDep, ProgramStatsSchema, program_stats_schema
from punchcard.kit.ids import ProgramId
from punchcard.loyalty.programs import program_service
from punchcard.loyalty.reports import stats_service

router = api_router("/api/v1/vendor/loyalty/programs", tag="programs")


@router.get("/{program_id}/stats", responses=problems(404))
def get_program_stats(
    caller: CallerDep, program_id: ProgramId, days: DaysDep
) -> ProgramStatsSchema:
    """Return totals and a daily series; days are those of the program's time zone."""
    now = caller.context.clock.now()
    with caller.context.database.read() as session:
        program = program_service.get_program(session, caller.vendor_id, program_id)
        stats = stats_service.program_stats(
            session, program, now=now, first=days.first, last=days.last
        )
    return program_stats_schema(program, stats)
