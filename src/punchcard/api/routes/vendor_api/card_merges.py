"""Two cards of one person: put together, or only looked at beforehand.

They are taken apart by the void of either entry, as any entry is taken back.
"""

from typing import Final

from starlette.concurrency import run_in_threadpool

from punchcard.accounts.subjects import is_by_till
from punchcard.api.http.dependencies import CallerDep
from punchcard.api.http.fast_routes import FastRequest, FastResponse, FastRoute
from punchcard.api.http.openapi import problems
from punchcard.api.http.routing import api_router
from punchcard.api.routes.vendor_api.promises.promise_request import PromiseRequest
from punchcard.api.schemas.persons.merges import (
    MergePreviewRequest,
    MergePreviewSchema,
    MergeRequest,
    MergeSchema,
    merge_preview_response,
    merge_response,
)
from punchcard.context import Context
from punchcard.kit.ids import CardId
from punchcard.loyalty.merge_operation import MergeCards
from punchcard.loyalty.operations import Actor, CardRef, OperationMetadata
from punchcard.loyalty.till.merges.merge_service import merge_of, merge_receipt, preview_merge
from punchcard.loyalty.vocabulary import ActorKind

PREFIX: Final = "/api/v1/vendor/loyalty"

router = api_router(f"{PREFIX}/cards", tag="cards")


@router.post("/{card_id}/merge/preview", responses=problems(404))
def preview(caller: CallerDep, card_id: CardId, request: MergePreviewRequest) -> MergePreviewSchema:
    """Tell what a merge would make of two cards, or what refuses it; nothing changes."""
    subject = caller.subject
    operation = merge_of(
        caller.context.ids,
        card_id,
        request.from_card_id,
        # Who stands at the till is not asked: nothing is tried out with it.
        is_by_till=False,
        vendor_id=caller.vendor_id,
        actor=Actor(ActorKind(subject.kind), subject.id),
    )
    now = caller.context.clock.now()
    seen = preview_merge(caller.context.database, operation, now)
    return MergePreviewSchema.model_validate(merge_preview_response(seen))


async def merge(context: Context, request: FastRequest) -> FastResponse:
    """Put two cards together and answer both entries."""
    asked = PromiseRequest.read(context, request, MergeRequest)
    card_id = CardId(request.path["card_id"])

    def make(_card: CardRef, metadata: OperationMetadata) -> MergeCards:
        by_till = is_by_till(request.subject)
        return merge_of(
            context.ids, card_id, asked.body.from_card_id, is_by_till=by_till, **metadata
        )

    receipt = await asked.submit(card_id, make)
    answer = await run_in_threadpool(merge_receipt, context.database, receipt)
    return FastResponse(201, merge_response(answer), receipt.is_replay)


ROUTES: Final = [
    FastRoute(
        path=f"{PREFIX}/cards/{{card_id}}/merge",
        handler=merge,
        summary="Merge another card into a card",
        request=MergeRequest,
        response=MergeSchema,
        status=201,
    )
]
