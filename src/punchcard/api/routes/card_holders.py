"""What the holder of a card may ask about themselves, once they have shown who they are.

The card's link alone shows and collects. For the rest somebody needs a proof of person: the secret
that `POST /cards/{token}/proof-of-person` mails to the confirmed address, or gives with a code that
a manager types. It goes along in the header `Proof-Of-Person`.
"""

from dataclasses import replace
from typing import Annotated, Any, Final

from fastapi import Header

from punchcard.accounts.audit_service import Act
from punchcard.api.http.dependencies import (
    Caller,
    CallerDep,
    LimitEnrolments,
    LimitReads,
    VisitorDep,
)
from punchcard.api.http.openapi import problems
from punchcard.api.http.routing import api_router
from punchcard.api.routes.public import Token
from punchcard.api.schemas.persons.card_holders import (
    AskedErasure,
    AskedProofSchema,
    ProofCodeRequest,
)
from punchcard.kit.ids import CardId
from punchcard.loyalty.cards import customer_service, erasures
from punchcard.loyalty.cards.card_changes import lock_card
from punchcard.loyalty.cards.customer_service import card_of
from punchcard.loyalty.cards.person_proofs import holder
from punchcard.loyalty.models import LoyaltyCard

HEADER: Final = "Proof-Of-Person"

router = api_router("/api/v1/loyalty", tag="public")
vendor_router = api_router("/api/v1/vendor/loyalty/cards", tag="cards")

ProofDep = Annotated[
    str | None,
    Header(
        alias=HEADER,
        max_length=100,
        description="The secret in the mailed link, or the `proof` that came with a code.",
    ),
]


@router.post(
    "/cards/{token}/proof-of-person",
    status_code=201,
    responses=problems(404),
    dependencies=[LimitEnrolments],
)
def ask_for_proof(visitor: VisitorDep, token: Token) -> AskedProofSchema:
    """Mail a link to the confirmed address of the card's holder, or give a code for a manager.

    `way` says which. The link holds the secret that proves; with a code it is `proof`, good once a
    manager has typed the code.
    """
    with visitor.context.database.write() as session:
        asked = visitor.context.loyalty.person_proofs.ask(session, token, visitor.language)
    return AskedProofSchema(
        way=asked.way, expires_at=asked.expires_at, code=asked.code, proof=asked.secret
    )


@router.get("/cards/{token}/export", responses=problems(403, 404), dependencies=[LimitReads])
def export_customer(visitor: VisitorDep, token: Token, proof: ProofDep = None) -> dict[str, Any]:
    """Return everything that the shop holds about the card's customer, who has shown a proof."""
    context = visitor.context
    with context.database.read() as session:
        context.loyalty.person_proofs.require(session, token, proof)
        return customer_service.export_customer(session, token, now=context.clock.now())


@router.delete(
    "/cards/{token}/customer",
    status_code=202,
    responses=problems(403, 404),
    dependencies=[LimitEnrolments],
)
def erase_customer(visitor: VisitorDep, token: Token, proof: ProofDep = None) -> AskedErasure:
    """Forget the card's customer, who has shown a proof, once the time to undo it is over.

    Their cards go on as anonymous ones then; the ledger stays valid.
    """
    context = visitor.context
    with context.database.write() as session:
        card, shown = context.loyalty.person_proofs.require(session, token, proof, lock=True)
        hours = context.settings.erasure_undo_hours
        erasure = erasures.ask(session, _act(visitor, card), card, shown, undo_hours=hours)
        return AskedErasure(erased_at=erasure.due_at)


@router.post(
    "/cards/{token}/customer/keep",
    status_code=204,
    responses=problems(404),
    dependencies=[LimitEnrolments],
)
def keep_customer(visitor: VisitorDep, token: Token) -> None:
    """Undo an erasure that waits, if one does."""
    with visitor.context.database.write() as session:
        card = card_of(session, token)
        erasures.undo(session, _act(visitor, card), card)


@vendor_router.post("/{card_id}/proof-of-person", status_code=204, responses=problems(404, 409))
def confirm_holder(caller: CallerDep, card_id: CardId, request: ProofCodeRequest) -> None:
    """Believe the code that the holder of a card shows: they are in front of you."""
    act = caller.act()
    with caller.context.database.write() as session:
        proofs = caller.context.loyalty.person_proofs
        proofs.confirm(session, act, caller.vendor_id, card_id, request.code)
        caller.remember(session, 204, None)


@vendor_router.post("/{card_id}/keep-customer", status_code=204, responses=problems(404))
def keep_customer_of_card(caller: CallerDep, card_id: CardId) -> None:
    """Undo an erasure that a card's holder asked for, if one waits."""
    act = caller.act()
    with caller.context.database.write() as session:
        erasures.undo(session, act, lock_card(session, caller.vendor_id, card_id))
        caller.remember(session, 204, None)


def _act(visitor: Caller, card: LoyaltyCard) -> Act:
    return replace(visitor.act(), subject=holder(card))
