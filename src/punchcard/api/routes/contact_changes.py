"""A customer's new address: asked for with a proof of person, seen by the shop, taken back.

It counts once its own reader has confirmed it: `POST /auth/verify-email` with the token of the
mailed link, as for any address.
"""

from dataclasses import replace
from typing import Final

from sqlalchemy.orm import Session

from punchcard.accounts.audit_service import Act
from punchcard.accounts.errors import MailNotConfigured
from punchcard.api.http.dependencies import Caller, CallerDep, LimitEnrolments, VisitorDep
from punchcard.api.http.openapi import problems
from punchcard.api.http.routing import api_router
from punchcard.api.routes.card_holders import ProofDep
from punchcard.api.routes.public import Token
from punchcard.api.schemas.persons.contacts import (
    ContactObjection,
    NewContactRequest,
    NewContactSchema,
    WaitingAddress,
    WaitingContactSchema,
)
from punchcard.kit.ids import CardId, as_id
from punchcard.loyalty.cards.card_changes import lock_card
from punchcard.loyalty.cards.contacts import confirmations, contact_changes
from punchcard.loyalty.cards.person_proofs import holder
from punchcard.loyalty.errors.cards import CardNotFound
from punchcard.loyalty.models import LoyaltyCard

_CARD: Final = "/cards/{token}/contact-change"

router = api_router("/api/v1/loyalty", tag="public")
vendor_router = api_router("/api/v1/vendor/loyalty/cards", tag="cards")


@router.post(
    _CARD, status_code=202, responses=problems(403, 404, 409), dependencies=[LimitEnrolments]
)
def ask_for_contact(
    visitor: VisitorDep, token: Token, request: NewContactRequest, proof: ProofDep = None
) -> NewContactSchema:
    """Mail a link to a new address of the card's holder, who has shown a proof.

    The answer is the same whether the address is known, is pausing, or does not exist. One change
    waits at a time: the last one asked for.
    """
    mail = visitor.context.loyalty.contact_mail
    with visitor.context.database.write() as session:
        card = _proved(session, visitor, token, proof)
        if not mail.is_configured:
            raise MailNotConfigured
        act = _act(visitor, card)
        change = contact_changes.ask(session, act, card, request.email, language=visitor.language)
        return NewContactSchema(expires_at=change.asked_at + mail.wait)


@router.delete(_CARD, status_code=204, responses=problems(403, 404), dependencies=[LimitEnrolments])
def withdraw_contact(visitor: VisitorDep, token: Token, proof: ProofDep = None) -> None:
    """End the change of contact that waits, if one does."""
    with visitor.context.database.write() as session:
        card = _proved(session, visitor, token, proof)
        contact_changes.withdraw(session, _act(visitor, card), card)


@router.post(
    "/contact-objections",
    status_code=204,
    responses=problems(409, 429),
    dependencies=[LimitEnrolments],
)
def object_to_contact(visitor: VisitorDep, request: ContactObjection) -> None:
    """Put back the contact that was changed, by the token of the link that the old address got.

    Let a person press a button for it: mail programs follow links by themselves.
    """
    context = visitor.context
    change_id = context.loyalty.contact_mail.objection_of(request.token)
    with context.database.write() as session:
        confirmations.restore(session, visitor.act(), change_id)


@vendor_router.get("/{card_id}/contact-change", responses=problems(404))
def get_waiting_contact(caller: CallerDep, card_id: CardId) -> WaitingContactSchema:
    """Return the change of contact that waits for the card's holder."""
    context, wanted = caller.context, as_id(card_id)
    wait = context.loyalty.contact_mail.wait
    with context.database.read() as session:
        card = session.get(LoyaltyCard, CardId(wanted)) if wanted else None
        if card is None or card.vendor_id != caller.vendor_id:
            raise CardNotFound
        found = contact_changes.waiting(session, card, since=context.clock.now() - wait)
        if found is None or found.new_email is None:
            return WaitingContactSchema(waiting=None)
        return WaitingContactSchema(
            waiting=WaitingAddress(
                new_email=found.new_email,
                asked_by=found.asked_by,
                asked_at=found.asked_at,
                expires_at=found.asked_at + wait,
            )
        )


@vendor_router.delete("/{card_id}/contact-change", status_code=204, responses=problems(404))
def withdraw_contact_of_card(caller: CallerDep, card_id: CardId) -> None:
    """End the change of contact that waits for a card's holder, if one does."""
    act = caller.act()
    with caller.context.database.write() as session:
        contact_changes.withdraw(session, act, lock_card(session, caller.vendor_id, card_id))


def _proved(session: Session, visitor: Caller, token: str, proof: str | None) -> LoyaltyCard:
    """Return the card, locked, whose holder has shown a proof."""
    card, _ = visitor.context.loyalty.person_proofs.require(session, token, proof, lock=True)
    return card


def _act(visitor: Caller, card: LoyaltyCard) -> Act:
    return replace(visitor.act(), subject=holder(card))
