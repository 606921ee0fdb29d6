"""Receipts that guests put on their cards: made by a till or its software, and withdrawn."""

from typing import Annotated

from fastapi import Query

from punchcard.accounts.errors import NotAllowed
from punchcard.api.http.dependencies import Caller, CallerDep, Listed, PageDep, listed
from punchcard.api.http.openapi import problems
from punchcard.api.http.routing import api_router
from punchcard.api.schemas.connections.claims import (
    ClaimRequest,
    NewReceiptClaimSchema,
    ReceiptClaimSchema,
    new_receipt_claim_schema,
    receipt_claim_schema,
)
from punchcard.api.schemas.fields import OneOf
from punchcard.connect.claims import claim_service
from punchcard.connect.claims.models import ReceiptClaim
from punchcard.connect.claims.vocabulary import ClaimState
from punchcard.kit.ids import LocationId, ReceiptClaimId

router = api_router("/api/v1/vendor/loyalty/claims", tag="Receipts")


@router.get("")
def list_claims(
    caller: CallerDep,
    page: PageDep,
    state: Annotated[
        OneOf[ClaimState] | None, Query(description="Only those in this state.")
    ] = None,
) -> Listed[ReceiptClaimSchema]:
    """List receipts, newest first: those that were made here, and signed ones that were used."""
    with caller.context.database.read() as session:
        rows = claim_service.list_claims(
            session,
            caller.vendor_id,
            now=caller.context.clock.now(),
            before_id=page.cursor,
            limit=page.fetch,
            state=state,
        )
    return listed(page, list(rows), lambda row: _told(caller, row), lambda row: row.id)


@router.post("", status_code=201, responses=problems(404, 409))
def create_claim(caller: CallerDep, body: ClaimRequest) -> NewReceiptClaimSchema:
    """Make a receipt that its holder can put on a card once, until `expires_at`.

    Print `qr_svg` or `claim_url` on it, and `code` for those who type. `reference` is the number
    of the purchase: it is refused if the ledger or another receipt has it.
    """
    context = caller.context
    new = body.as_new(_location(caller, body.location_id))
    with context.database.write() as session:
        row = claim_service.create_claim(
            session, caller.act(), caller.vendor_id, new, context.settings
        )
        return caller.remember(
            session, 201, new_receipt_claim_schema(row, context.settings.base_url, context.clock)
        )


@router.get("/{claim_id}", responses=problems(404))
def get_claim(caller: CallerDep, claim_id: ReceiptClaimId) -> ReceiptClaimSchema:
    """Return one receipt, and what became of it."""
    with caller.context.database.read() as session:
        return _told(caller, claim_service.get_claim(session, caller.vendor_id, claim_id))


@router.post("/{claim_id}/withdraw", responses=problems(404, 409))
def withdraw_claim(caller: CallerDep, claim_id: ReceiptClaimId) -> ReceiptClaimSchema:
    """Withdraw a receipt whose purchase was cancelled, while it is on no card.

    What it gave to a card is taken back there: void its transaction.
    """
    with caller.context.database.write() as session:
        row = claim_service.withdraw_claim(session, caller.act(), caller.vendor_id, claim_id)
        return caller.remember(session, 200, _told(caller, row))


def _told(caller: Caller, row: ReceiptClaim) -> ReceiptClaimSchema:
    context = caller.context
    return receipt_claim_schema(row, context.settings.base_url, context.clock)


def _location(caller: Caller, asked: LocationId | None) -> LocationId | None:
    """Return where it was bought: who has a place of their own speaks for no other."""
    own = caller.subject.location_id
    if own is not None and asked not in (None, own):
        raise NotAllowed
    return asked or own
