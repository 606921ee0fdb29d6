"""The vendor's cards: find, change, block, replace. They are opened in `enrolment.py`."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Final

from fastapi import Body, Query
from sqlalchemy.orm import Session

from punchcard.accounts.audit_service import Act
from punchcard.accounts.subjects import LOYALTY_MANAGE, LOYALTY_READ
from punchcard.api.http.dependencies import Caller, CallerDep, Listed, Page, PageDep, listed
from punchcard.api.http.openapi import problems
from punchcard.api.http.routing import api_router
from punchcard.api.schemas.card_requests import CardChangeRequest, LookupRequest
from punchcard.api.schemas.cards import Card, FoundCards, card_response
from punchcard.api.schemas.fields import IdOf, Moment, OneOf, line
from punchcard.api.schemas.operations import ProofRequest
from punchcard.kit.errors import invalid_field
from punchcard.kit.i18n import N_
from punchcard.kit.ids import CardId, ProgramId, VendorId
from punchcard.loyalty.cards import card_changes, card_service
from punchcard.loyalty.cards.card_view import CardView
from punchcard.loyalty.cards.merges.merged_cards import led_on
from punchcard.loyalty.cards.retired_cards import former_numbers
from punchcard.loyalty.errors.cards import (
    CardAlreadyExists,
    CardWasReplaced,
    ContactConflict,
    ContactTaken,
)
from punchcard.loyalty.models import LoyaltyCard
from punchcard.loyalty.operations import StaffIdentity
from punchcard.loyalty.staff.identify import identify_staff
from punchcard.loyalty.vocabulary import CardStatus

router = api_router("/api/v1/vendor/loyalty/cards", tag="cards")

Search = Annotated[
    Annotated[str, *line(1, 100)] | None,
    Query(
        description="Words of a name in any order, parts of an e-mail address or a phone number,"
        " the beginning or the last digits (4 or more) of a card number; case and accents make"
        " no difference, and every word must be found. Who may only operate has to name one; all"
        " others also find a card by the number or link it had before it was replaced, see"
        " `former_numbers`."
    ),
]
ActiveSince = Annotated[
    Moment | None, Query(description="Only cards whose last activity was at or after this.")
]
ActiveBefore = Annotated[
    Moment | None, Query(description="Only cards whose last activity was before this.")
]
InTier = Annotated[
    Annotated[str, *line(1, 40)] | None,
    Query(description="Only cards in the tier with this key, of whichever program."),
]
Code = Annotated[
    str,
    *line(1, 300),
    Query(
        description="A card's rotating code, token, address or number; an e-mail address or phone."
    ),
]


Proof = Annotated[ProofRequest | None, Body()]
_Change = Callable[[Session, Act, VendorId, CardId, StaffIdentity | None], None]
_NOT_KEPT: Final = {"customer": None, "public_url": None, "hand_over_url": None}

MOST_FOUND = 20
"""What bounds the search of a device: it finds people at a counter, and lists no customers."""


@router.get("")
def list_cards(
    caller: CallerDep,
    page: PageDep,
    *,
    program_id: IdOf[ProgramId] | None = None,
    query: Search = None,
    status: OneOf[CardStatus] | None = None,
    active_since: ActiveSince = None,
    active_before: ActiveBefore = None,
    tier: InTier = None,
) -> Listed[Card]:
    """Return the vendor's cards, newest first; a terminal gets the first 20 it searches for."""
    searches_only = not caller.subject.may(LOYALTY_READ)
    if searches_only:
        caller.count_contact()
        if not query:
            raise invalid_field("query", "query", message=N_("Must not be empty."))
        page = Page(min(page.limit, MOST_FOUND), None)
    with caller.read_list() as session:
        views = card_service.list_cards(
            session,
            caller.vendor_id,
            now=caller.context.clock.now(),
            limit=page.fetch,
            before_id=page.cursor,
            program_id=program_id,
            status=status,
            query=query,
            country=caller.subject.country,
            active_since=active_since,
            active_before=active_before,
            tier=tier,
            # Who found a lost card must not learn at the counter what it was replaced by.
            by_former=not searches_only,
        )
        schema = _schema(session, caller, views)
    found = listed(page, views, schema, lambda view: view.id)
    return found.model_copy(update={"next_cursor": None}) if searches_only else found


@router.get("/lookup", responses=problems(409))
def look_up_cards(caller: CallerDep, code: Code) -> FoundCards:
    """Return the cards that a code names, as `POST /cards/lookup` does.

    Addresses of requests are written to many logs: a contact or a token is better sent in a body.
    """
    return _look_up(caller, code)


@router.post("/lookup", responses=problems(409))
def find_cards(caller: CallerDep, request: LookupRequest) -> FoundCards:
    """Return the cards that a code names: none, one, or those of everybody with that contact.

    At most 50, those of customers whose contact the shop vouches for first. A code that a card had
    before it was replaced is refused with `card_replaced`; who may read all cards is told which.
    Nothing changes: an Idempotency-Key is not looked at.
    """
    return _look_up(caller, request.code)


def _look_up(caller: Caller, code: str) -> FoundCards:
    context = caller.context
    if card_service.is_contact(code, context.loyalty.rotating_codes, now=context.clock.now()):
        caller.count_contact()
    with context.database.read() as session:
        try:
            views = card_service.lookup_cards(
                session,
                caller.vendor_id,
                code,
                context.loyalty.rotating_codes,
                now=context.clock.now(),
                country=caller.subject.country,
            )
        except CardWasReplaced as refusal:
            # Who found a lost card must not learn at the counter what it was replaced by.
            raise refusal if caller.subject.may(LOYALTY_READ) else CardWasReplaced from None
        schema = _schema(session, caller, views)
    return FoundCards(items=[schema(view) for view in views])


@router.get("/{card_id}", responses=problems(404))
def get_card(caller: CallerDep, card_id: CardId) -> Card:
    """Return one card."""
    with caller.context.database.read() as session:
        return caller.tagged(_read(session, caller, card_id))


@router.patch("/{card_id}", responses=problems(404, 409))
def update_card(caller: CallerDep, card_id: CardId, request: CardChangeRequest) -> Card:
    """Change whom the card belongs to; an anonymous card gets a customer, known or new.

    Contacts that the shop sends are taken as verified, and belong to one customer.
    """
    change = request.as_change(caller.subject.country)
    staff, act = _staff(caller, request), caller.act()
    with caller.context.database.write() as session:

        def schema(card: LoyaltyCard) -> Card:
            return _read(session, caller, card.id)

        try:
            card_changes.update_card(
                session,
                act,
                caller.vendor_id,
                card_id,
                change,
                staff=staff,
                guard=caller.guard(schema),
            )
        except (CardAlreadyExists, ContactConflict, ContactTaken):
            # Tells that somebody has the contact, as a lookup does.
            caller.count_contact()
            raise
        return caller.tagged(_read(session, caller, card_id))


@router.post("/{card_id}/block", responses=problems(404, 409))
def block_card(caller: CallerDep, card_id: CardId, proof: Proof = None) -> Card:
    """Stop a card from being used until it is unblocked."""
    return _change(caller, card_id, proof, card_changes.block_card)


@router.post("/{card_id}/unblock", responses=problems(404, 409))
def unblock_card(caller: CallerDep, card_id: CardId, proof: Proof = None) -> Card:
    """Let a blocked card be used again."""
    return _change(caller, card_id, proof, card_changes.unblock_card)


@router.post("/{card_id}/replace", responses=problems(404, 409))
def replace_card(caller: CallerDep, card_id: CardId, proof: Proof = None) -> Card:
    """Give a card a new number and token; the old ones stop working, balances stay."""

    def replace(
        session: Session,
        act: Act,
        vendor_id: VendorId,
        card_id: CardId,
        staff: StaffIdentity | None,
    ) -> None:
        sealer = caller.context.loyalty.card_sealer
        card_changes.replace_card(session, act, vendor_id, card_id, sealer, staff=staff)

    return _change(caller, card_id, proof, replace, hands_over=True)


def _staff(caller: Caller, proof: ProofRequest) -> StaffIdentity | None:
    loyalty = caller.context.loyalty
    return identify_staff(
        loyalty.pin_verifier,
        loyalty.staff_tokens,
        caller.subject,
        staff_pin=proof.staff_pin,
        staff_id=proof.staff_id,
        staff_token=proof.staff_token,
    )


def _change(
    caller: Caller,
    card_id: CardId,
    proof: ProofRequest | None,
    change: _Change,
    *,
    hands_over: bool = False,
) -> Card:
    staff = _staff(caller, proof) if proof is not None else None
    act = caller.act()
    with caller.context.database.write() as session:
        change(session, act, caller.vendor_id, card_id, staff)
        card = _read(session, caller, card_id, handed_over_at=act.now if hands_over else None)
        # Kept without the customer, who may ask to be forgotten, and without the link, which opens.
        kept = card.model_copy(update=_NOT_KEPT)
        caller.remember(session, 200, kept)
    return card


def _read(
    session: Session,
    caller: Caller,
    card_id: CardId,
    *,
    handed_over_at: datetime | None = None,
) -> Card:
    now = caller.context.clock.now()
    view = card_service.get_card(session, caller.vendor_id, card_id, now=now)
    card = _schema(session, caller, [view], tells=handed_over_at is not None)(view)
    if handed_over_at is not None and caller.subject.device_id is not None:
        url = caller.context.loyalty.hand_over.url(view, given_at=handed_over_at)
        return card.model_copy(update={"hand_over_url": url})
    return card


def _schema(
    session: Session, caller: Caller, views: Sequence[CardView], *, tells: bool = False
) -> Callable[[CardView], Card]:
    """Return what makes the answers; `tells` also those the address who may not manage.

    A device is never told it.
    """
    context, subject = caller.context, caller.subject
    ids = [view.id for view in views]
    wallets = context.wallets.service.states(session, ids)
    former = former_numbers(session, ids) if subject.may(LOYALTY_READ) else {}
    leads = led_on(session, views)
    is_told = subject.may(LOYALTY_MANAGE) or (tells and subject.device_id is None)
    links = context.loyalty.card_links if is_told else None
    return lambda view: Card.model_validate(
        {
            **card_response(view, links),
            "wallet": wallets[view.id],
            "former_numbers": former.get(view.id, []),
            "merged_into_card_id": leads.get(view.id),
        }
    )
