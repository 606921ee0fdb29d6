"""What the platform's admins see of all vendors' programs."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import Query
from sqlalchemy.orm import Session

from punchcard.api.http.dependencies import Caller, CallerDep, Listed, PageDep, listed
from punchcard.api.http.openapi import problems
from punchcard.api.http.routing import api_router
from punchcard.api.schemas.fields import IdOf, Moment, OneOf, line
from punchcard.api.schemas.programs import ProgramSchema, program_values
from punchcard.api.schemas.stats import DaysDep, PlatformStatsSchema, platform_stats_schema
from punchcard.api.schemas.wallets import WalletStatusSchema, wallet_status_schema
from punchcard.kit.ids import ProgramId, VendorId
from punchcard.loyalty.models import LoyaltyProgram
from punchcard.loyalty.programs import program_service
from punchcard.loyalty.reports import stats_service
from punchcard.loyalty.reports.usual_purchase import usual_purchases
from punchcard.loyalty.vocabulary import ProgramStatus

router = api_router("/api/v1/admin/loyalty", tag="platform")

SearchText = Annotated[str, *line(1, 120)]


class AdminProgramSchema(ProgramSchema):
    """A program, whose it is, and since when."""

    vendor_id: IdOf[VendorId]
    created_at: Moment
    updated_at: Moment


@router.get("/programs")
def list_programs(
    caller: CallerDep,
    page: PageDep,
    query: Annotated[
        SearchText | None, Query(description="Words of the name or of the slug.")
    ] = None,
    status: Annotated[
        OneOf[ProgramStatus] | None, Query(description="Only programs like this.")
    ] = None,
    vendor_id: Annotated[
        IdOf[VendorId] | None, Query(description="Only programs of this vendor.")
    ] = None,
) -> Listed[AdminProgramSchema]:
    """Return programs of all vendors, oldest first."""
    with caller.context.database.read_replica() as session:
        rows = program_service.list_programs(
            session,
            vendor_id,
            limit=page.fetch,
            after_id=page.cursor,
            status=status,
            query=query,
        )
        schemas = _schemas(caller, session, rows)
    return listed(page, schemas, lambda schema: schema, lambda schema: schema.id)


@router.get("/programs/{program_id}", responses=problems(404))
def get_program(caller: CallerDep, program_id: ProgramId) -> AdminProgramSchema:
    """Return one program of any vendor."""
    with caller.context.database.read() as session:
        row = program_service.get_any_program(session, program_id)
        return _schemas(caller, session, [row])[0]


@router.get("/wallet")
def get_wallet_status(caller: CallerDep) -> WalletStatusSchema:
    """Return which wallets are set up, what waits for them, and how far redesigns have come."""
    with caller.context.database.read() as session:
        return wallet_status_schema(caller.context.wallets.service.status(session))


@router.get("/stats")
def get_platform_stats(caller: CallerDep, days: DaysDep) -> PlatformStatsSchema:
    """Return the figures of all vendors together."""
    now = caller.context.clock.now()
    with caller.context.database.read_replica() as session:
        stats = stats_service.platform_stats(session, now=now, first=days.first, last=days.last)
    return platform_stats_schema(stats)


def _schemas(
    caller: Caller, session: Session, rows: Sequence[LoyaltyProgram]
) -> list[AdminProgramSchema]:
    """Return programs as the platform sees them."""
    base_url, now = caller.context.settings.base_url, caller.context.clock.now()
    usual = usual_purchases(session, [row.id for row in rows], now=now)
    return [
        AdminProgramSchema(
            **program_values(row, base_url, usual_minor=usual.get(row.id)),
            vendor_id=row.vendor_id,
            created_at=row.created_at,
            updated_at=row.updated_at,
        )
        for row in rows
    ]
