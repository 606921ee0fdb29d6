"""How the server stands, for the platform's admins."""

from punchcard import __version__
from punchcard.api.http.dependencies import CallerDep
from punchcard.api.http.routing import api_router
from punchcard.api.schemas.dashboard import (
    ParkedSchema,
    QueueSchema,
    ServerStatusSchema,
    TillSchema,
)
from punchcard.db.migrate import is_current
from punchcard.db.watch import backlog

router = api_router("/api/v1/admin/status", tag="platform")

_PARKED_SHOWN = 20


@router.get("")
def get_status(caller: CallerDep) -> ServerStatusSchema:
    """Return version, till, queue and what was given up; wallets have an address of their own."""
    context = caller.context
    with context.database.read() as session:
        queue = backlog.depths(session)
        parked = backlog.newest_parked(session, limit=_PARKED_SHOWN)
    till = context.loyalty.till
    return ServerStatusSchema(
        version=__version__,
        database="sqlite" if context.database.is_sqlite else "postgresql",
        is_migrated=is_current(context.database),
        till=TillSchema(
            is_running=till.is_running,
            waiting=till.waiting,
            accepted=till.counts.accepted,
            refused=till.counts.refused,
            batches=till.counts.batches,
        ),
        live_pages=context.loyalty.live.watching,
        queue=[QueueSchema.model_validate(depth, from_attributes=True) for depth in queue],
        parked=[
            ParkedSchema(
                topic=row.topic,
                key=row.key,
                attempts=row.attempts,
                last_error=row.last_error,
                created_at=row.created_at,
            )
            for row in parked
        ],
    )
