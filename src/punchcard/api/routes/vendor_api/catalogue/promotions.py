"""What purchases earn beside their base for a while."""

from collections.abc import Callable

from sqlalchemy.orm import Session

from punchcard.api.http.dependencies import Caller, CallerDep, Listed, PageDep, listed
from punchcard.api.http.openapi import problems
from punchcard.api.http.routing import api_router
from punchcard.api.schemas.program_rules.promotions import (
    PromotionChange,
    PromotionRequest,
    PromotionSchema,
    SimulationRequest,
    SimulationSchema,
    promotion_fields,
    promotion_schema,
    simulation_schema,
)
from punchcard.kit.ids import ProgramId, PromotionId
from punchcard.loyalty.programs import program_service, promotion_dates, promotion_service
from punchcard.loyalty.promotion_models import Promotion
from punchcard.loyalty.reports import simulation_service

router = api_router("/api/v1/vendor/loyalty/programs/{program_id}/promotions", tag="promotions")


@router.get("", responses=problems(404))
def list_promotions(
    caller: CallerDep, page: PageDep, program_id: ProgramId
) -> Listed[PromotionSchema]:
    """Return a program's promotions, oldest first."""
    with caller.context.database.read() as session:
        rows = promotion_service.list_promotions(
            session, caller.vendor_id, program_id, limit=page.fetch, after_id=page.cursor
        )
        shown = _shown(caller, session, program_id)
        return listed(page, list(rows), shown, lambda row: row.id)


@router.post("", status_code=201, responses=problems(404, 409))
def create_promotion(
    caller: CallerDep, program_id: ProgramId, request: PromotionRequest
) -> PromotionSchema:
    """Add a promotion to a program: a draft, unless it is to be active."""
    with caller.context.database.write() as session:
        row = promotion_service.create_promotion(
            session, caller.act(), caller.vendor_id, program_id, promotion_fields(request)
        )
        return caller.remember(session, 201, _shown(caller, session, program_id)(row))


@router.get("/{promotion_id}", responses=problems(404))
def get_promotion(
    caller: CallerDep, program_id: ProgramId, promotion_id: PromotionId
) -> PromotionSchema:
    """Return one promotion and what it has given so far."""
    with caller.context.database.read() as session:
        row = promotion_service.get_promotion(session, caller.vendor_id, program_id, promotion_id)
        return caller.tagged(_shown(caller, session, program_id)(row))


@router.patch("/{promotion_id}", responses=problems(404, 409))
def update_promotion(
    caller: CallerDep, program_id: ProgramId, promotion_id: PromotionId, request: PromotionChange
) -> PromotionSchema:
    """Change the given fields; every change raises `version`, which ledger entries cite."""
    with caller.context.database.write() as session:
        shown = _shown(caller, session, program_id)
        row = promotion_service.update_promotion(
            session,
            caller.act(),
            caller.vendor_id,
            program_id,
            promotion_id,
            fields=promotion_fields(request),
            guard=caller.guard(shown),
        )
        return caller.tagged(shown(row))


@router.delete("/{promotion_id}", status_code=204, responses=problems(404, 409))
def end_promotion(caller: CallerDep, program_id: ProgramId, promotion_id: PromotionId) -> None:
    """End a promotion now; a draft is deleted. What was given stays."""
    with caller.context.database.write() as session:
        promotion_service.end_promotion(
            session, caller.act(), caller.vendor_id, program_id, promotion_id
        )


@router.post("/{promotion_id}/simulate", responses=problems(404))
def simulate_promotion(
    caller: CallerDep, program_id: ProgramId, promotion_id: PromotionId, request: SimulationRequest
) -> SimulationSchema:
    """Try a promotion out on the purchases of former days: what it would have given, and cost."""
    context = caller.context
    with context.database.read() as session:
        row = promotion_service.get_promotion(session, caller.vendor_id, program_id, promotion_id)
        session.expunge(row)
    with context.database.snapshot() as connection:
        simulated = simulation_service.simulate(
            connection,
            row,
            first=request.from_,
            last=request.to,
            limit_entries=context.settings.simulation_entries_limit,
        )
    return simulation_schema(simulated)


def _shown(
    caller: Caller, session: Session, program_id: ProgramId
) -> Callable[[Promotion], PromotionSchema]:
    """Return what shows the promotions of a program as they stand now."""
    program = program_service.get_program(session, caller.vendor_id, program_id)
    now = caller.context.clock.now()
    return lambda row: promotion_schema(row, promotion_dates.status_at(row, program, now))
