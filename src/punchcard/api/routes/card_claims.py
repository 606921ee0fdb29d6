"""The receipts that holders put on their own cards."""

from punchcard.api.http.dependencies import LimitEnrolments, VisitorDep
from punchcard.api.http.openapi import problems
from punchcard.api.http.routing import api_router
from punchcard.api.routes.public import Token, own_card
from punchcard.api.schemas.connections.claims import PublicClaimed, PublicClaimRequest
from punchcard.api.schemas.public import PublicTransaction, public_transaction
from punchcard.kit.ids import EntryId, VendorId
from punchcard.loyalty.cards import card_service
from punchcard.loyalty.ledger import ledger_reader

router = api_router("/api/v1/loyalty/cards/{token}/claims", tag="public")


@router.post("", status_code=201, responses=problems(403, 404, 409), dependencies=[LimitEnrolments])
def claim_receipt(visitor: VisitorDep, token: Token, body: PublicClaimRequest) -> PublicClaimed:
    """Put a receipt on the customer's own card: by its code, or what its QR code holds.

    The same receipt on the same card again is answered as it was.
    """
    context = visitor.context
    with context.database.read() as session:
        card = card_service.get_card_by_token(session, token, now=context.clock.now())
    receipt = context.connect.receipt_claimer.take(body.claim, card.id)
    with context.database.read() as session:
        booked = receipt.entry
        entry = ledger_reader.get_entry(
            session, VendorId(booked["vendor_id"]), EntryId(booked["id"])
        )
    return PublicClaimed(
        transaction=PublicTransaction.model_validate(public_transaction(entry)),
        card=own_card(context, token),
    )
