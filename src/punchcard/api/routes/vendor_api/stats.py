"""What a program does for its vendor, and what it owes its cards."""

from typing import Annotated

from fastapi import Query

from punchcard.api.http.dependencies import CallerDep
from punchcard.api.http.openapi import problems
from punchcard.api.http.routing import api_router
from punchcard.api.schemas.liability import LiabilitySchema, liability_schema
from punchcard.api.schemas.stats import (
    AskedDay,
    DaysDep,
    ProgramStatsSchema,
    program_stats_schema,
)
from punchcard.kit.ids import ProgramId
from punchcard.loyalty.programs import program_service
from punchcard.loyalty.reports import liability_service, stats_service

router = api_router("/api/v1/vendor/loyalty/programs", tag="programs")


@router.get("/{program_id}/stats", responses=problems(404))
def get_program_stats(
    caller: CallerDep, program_id: ProgramId, days: DaysDep
) -> ProgramStatsSchema:
    """Return totals and a daily series; days are those of the program's time zone."""
    now = caller.context.clock.now()
    with caller.context.database.read_replica() as session:
        program = program_service.get_program(session, caller.vendor_id, program_id)
        stats = stats_service.program_stats(
            session, program, now=now, first=days.first, last=days.last
        )
    return program_stats_schema(program, stats)


OnDay = Annotated[AskedDay | None, Query(description="The last day, that of today unless given.")]
FromDay = Annotated[
    AskedDay | None,
    Query(alias="from", description="The first day; 1 January of the last one's year."),
]


@router.get("/{program_id}/liability", responses=problems(404, 422))
def get_program_liability(
    caller: CallerDep, program_id: ProgramId, on: OnDay = None, first: FromDay = None
) -> LiabilitySchema:
    """Return what the program's cards have at the end of a day, and how that came about."""
    now = caller.context.clock.now()
    with caller.context.database.read_replica() as session:
        program = program_service.get_program(session, caller.vendor_id, program_id)
        days = liability_service.days_of(program, now, first, on)
        found = liability_service.liability(session, program, first=days.first, last=days.last)
    return liability_schema(found)
