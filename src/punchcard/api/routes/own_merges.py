"""Two cards of one person, put together by themselves.

Each card is proven on its own: the first by a proof of person, the other by a link mailed to its
confirmed address. What comes out is an offer, and its token merges.
"""

from dataclasses import replace
from typing import NamedTuple

from sqlalchemy.orm import Session

from punchcard.api.http.dependencies import Caller, LimitEnrolments, LimitReads, VisitorDep
from punchcard.api.http.openapi import problems
from punchcard.api.http.routing import api_router
from punchcard.api.routes.card_holders import ProofDep
from punchcard.api.routes.public import Token
from punchcard.api.schemas.persons.merges import (
    OfferToken,
    OtherCardRequest,
    OtherCardSchema,
    OwnMergePreview,
    OwnMergeRequest,
    OwnMergeSchema,
    balance_response,
)
from punchcard.kit.ids import VendorId
from punchcard.loyalty.cards import card_service
from punchcard.loyalty.cards.card_view import CardView
from punchcard.loyalty.cards.person_proofs import holder
from punchcard.loyalty.merge_operation import MergeCards
from punchcard.loyalty.models import LoyaltyCard
from punchcard.loyalty.operations import Actor
from punchcard.loyalty.till.merges.merge_service import merge_of, preview_merge
from punchcard.loyalty.vocabulary import ActorKind

router = api_router("/api/v1/loyalty", tag="public")


class _Offered(NamedTuple):
    """The two cards of an offer, and the operation that puts them together."""

    card: CardView
    other: CardView
    operation: MergeCards


@router.post(
    "/cards/{token}/merge-request",
    status_code=202,
    responses=problems(403, 404),
    dependencies=[LimitEnrolments],
)
def ask_to_merge(
    visitor: VisitorDep, token: Token, request: OtherCardRequest, proof: ProofDep = None
) -> OtherCardSchema:
    """Name another card of the same holder, who has shown a proof; it is to be merged into this.

    Where both cards have one address, confirmed at this one, `token` merges. Else a link goes to
    the other card's confirmed address, if there is such a card with one: the response is the same.
    """
    context = visitor.context
    with context.database.write() as session:
        card, _ = context.loyalty.person_proofs.require(session, token, proof, lock=True)
        act = replace(visitor.act(), subject=holder(card))
        ticket = context.loyalty.merge_offers.ask(session, act, card, request.card)
    return OtherCardSchema(token=ticket)


@router.post("/card-merges/preview", responses=problems(409), dependencies=[LimitReads])
def preview(visitor: VisitorDep, request: OfferToken) -> OwnMergePreview:
    """Tell what an offer would make of both cards; nothing changes."""
    context = visitor.context
    with context.database.read() as session:
        offered = _offered(session, visitor, request.token)
    seen = preview_merge(context.database, offered.operation, context.clock.now())
    return OwnMergePreview(
        card=balance_response(offered.card),
        from_card=balance_response(offered.other),
        afterwards=balance_response(seen.card) if seen.card else None,
        refused_by=seen.refused_by,
    )


@router.post("/card-merges", responses=problems(409), dependencies=[LimitEnrolments])
def merge(visitor: VisitorDep, request: OwnMergeRequest) -> OwnMergeSchema:
    """Put the two cards of an offer together. The shop can take it back as it can any merge."""
    context = visitor.context
    with context.database.read() as session:
        operation = _offered(session, visitor, request.token).operation
    receipt = context.loyalty.till.submit(operation)
    with context.database.write() as session:
        context.loyalty.merge_offers.use(session, request.token)
    card = receipt.card
    url = context.loyalty.card_links.public_url(card.id, card.token_sealed, card.vendor_id)
    return OwnMergeSchema(card=balance_response(card), card_url=url or "")


def _offered(session: Session, visitor: Caller, ticket: str) -> _Offered:
    """Return what a token offers. Raises LinkInvalid."""
    context = visitor.context
    offer = context.loyalty.merge_offers.find(session, ticket)
    subject = holder(session.get_one(LoyaltyCard, offer.card_id))
    operation = merge_of(
        context.ids,
        offer.card_id,
        offer.from_card_id,
        is_by_till=False,
        offer_id=offer.id,
        vendor_id=VendorId(offer.vendor_id),
        actor=Actor(ActorKind.CUSTOMER, subject.id),
        request_id=visitor.request_id,
    )
    now = context.clock.now()
    views = [
        card_service.get_card(session, offer.vendor_id, one, now=now)
        for one in (offer.card_id, offer.from_card_id)
    ]
    return _Offered(views[0], views[1], operation)
