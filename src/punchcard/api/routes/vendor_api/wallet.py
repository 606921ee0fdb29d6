"""How far a program's redesign has reached the phones."""

from punchcard.api.http.dependencies import CallerDep
from punchcard.api.http.openapi import problems
from punchcard.api.http.routing import api_router
from punchcard.api.schemas.wallets import ProgramWalletSchema, fanout_schema
from punchcard.kit.ids import ProgramId
from punchcard.loyalty.programs import program_service

router = api_router("/api/v1/vendor/loyalty/programs", tag="programs")


@router.get("/{program_id}/wallet", responses=problems(404))
def get_program_wallet(caller: CallerDep, program_id: ProgramId) -> ProgramWalletSchema:
    """Return how far the program's latest redesign has reached its cards in wallets."""
    with caller.context.database.read() as session:
        program = program_service.get_program(session, caller.vendor_id, program_id)
        progress = caller.context.wallets.service.progress(session, program.id)
    return ProgramWalletSchema(redesign=fanout_schema(progress) if progress else None)
