"""Who brought whom."""

from punchcard.api.http.dependencies import CallerDep, Listed, PageDep, listed
from punchcard.api.http.routing import api_router
from punchcard.api.schemas.fields import OneOf
from punchcard.api.schemas.referrals import ReferralSchema, referral_schema
from punchcard.engage import referral_service
from punchcard.kit.ids import ProgramId
from punchcard.loyalty.vocabulary import ReferralState

router = api_router("/api/v1/vendor/loyalty/referrals", tag="referrals")


@router.get("")
def list_referrals(
    caller: CallerDep,
    page: PageDep,
    state: OneOf[ReferralState] | None = None,
    program_id: ProgramId | None = None,
) -> Listed[ReferralSchema]:
    """Return the friends that cards brought, newest first, whatever became of it."""
    with caller.context.database.read() as session:
        rows = referral_service.list_referrals(
            session,
            caller.vendor_id,
            limit=page.fetch,
            before_id=page.cursor,
            state=state,
            program_id=program_id,
        )
        return listed(page, list(rows), referral_schema, lambda row: row.id)
