"""What single cards are given: given, listed and withdrawn; it is collected at the till."""

from typing import Final

from starlette.concurrency import run_in_threadpool

from punchcard.api.http.dependencies import CallerDep, Listed, PageDep, listed
from punchcard.api.http.fast_routes import FastRequest, FastResponse, FastRoute
from punchcard.api.http.openapi import problems
from punchcard.api.http.routing import api_router
from punchcard.api.routes.vendor_api.promises.promise_request import PromiseRequest
from punchcard.api.schemas.grants import (
    GrantRequest,
    GrantSchema,
    RevokeGrantRequest,
    grant_schema,
)
from punchcard.context import Context
from punchcard.kit.ids import CardId, GrantId
from punchcard.loyalty.cards import grant_reader
from punchcard.loyalty.grant_codes import new_grant_code
from punchcard.loyalty.operations import CardRef, GrantReward, OperationMetadata, RevokeGrant
from punchcard.loyalty.till.receipt import Receipt
from punchcard.loyalty.vocabulary import GrantState

PREFIX: Final = "/api/v1/vendor/loyalty"

router = api_router(PREFIX, tag="grants")


@router.get("/cards/{card_id}/grants", responses=problems(404))
def list_card_grants(caller: CallerDep, page: PageDep, card_id: CardId) -> Listed[GrantSchema]:
    """Return what a card was given, newest first, whatever became of it."""
    with caller.context.database.read() as session:
        rows = grant_reader.list_grants(
            session, caller.vendor_id, card_id, limit=page.fetch, before_id=page.cursor
        )
    return listed(page, list(rows), grant_schema, lambda row: row.id)


async def give(context: Context, request: FastRequest) -> FastResponse:
    """Give a card a reward and answer the grant."""
    asked = PromiseRequest.read(context, request, GrantRequest)
    body = asked.body

    def make(card: CardRef, metadata: OperationMetadata) -> GrantReward:
        return GrantReward(
            card=card,
            grant_id=GrantId(context.ids.new_id()),
            code=new_grant_code(),
            reward_id=body.reward_id,
            reason=body.reason,
            expires_on=body.expires_on,
            **metadata,
        )

    return await _answer(context, request, await asked.submit(body.card, make), GrantState.READY)


async def revoke(context: Context, request: FastRequest) -> FastResponse:
    """Withdraw a grant and answer it."""
    asked = PromiseRequest.read(context, request, RevokeGrantRequest)
    grant_id = GrantId(request.path["grant_id"])

    def find() -> CardId:
        with context.database.read() as session:
            return grant_reader.get_grant(session, request.vendor_id, grant_id).card_id

    def make(card: CardRef, metadata: OperationMetadata) -> RevokeGrant:
        return RevokeGrant(card=card, grant_id=GrantId(grant_id.lower()), **metadata)

    receipt = await asked.submit(await run_in_threadpool(find), make)
    return await _answer(context, request, receipt, GrantState.REVOKED)


async def _answer(
    context: Context, request: FastRequest, receipt: Receipt, state: GrantState
) -> FastResponse:
    """Answer the grant as the entry left it, also where it is another by now."""

    def read() -> GrantSchema:
        grant_id = GrantId(receipt.entry["details"]["grant_id"])
        with context.database.read() as session:
            return grant_schema(grant_reader.get_grant(session, request.vendor_id, grant_id))

    grant = (await run_in_threadpool(read)).model_copy(
        update={"state": state, "updated_at": receipt.entry["created_at"]}
    )
    return FastResponse(201, grant.model_dump(mode="json"), receipt.is_replay)


ROUTES: Final = [
    FastRoute(
        path=f"{PREFIX}/grants",
        handler=give,
        summary="Give a card a reward",
        request=GrantRequest,
        response=GrantSchema,
        status=201,
    ),
    FastRoute(
        path=f"{PREFIX}/grants/{{grant_id}}/revoke",
        handler=revoke,
        summary="Withdraw what a card was given",
        request=RevokeGrantRequest,
        response=GrantSchema,
        status=201,
    ),
]
