"""The page of a receipt: what it gives, and the way onto a card, with one or without.

Tills print addresses below `/r/`. They lead below `/join`, where alone a browser says which cards
it has.
"""

from typing import Final
from urllib.parse import quote as quoted

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from punchcard.connect.claims.bookings import Booking, booking_of, operation_of
from punchcard.connect.claims.errors import ReceiptUsed
from punchcard.connect.claims.presented import Presented, open_place
from punchcard.kit.errors import DomainError, Kind
from punchcard.kit.i18n import N_
from punchcard.kit.ids import CardId, as_card_number
from punchcard.loyalty.cards import card_service
from punchcard.loyalty.cards.links import public_path
from punchcard.loyalty.errors.cards import CardNotFound
from punchcard.loyalty.programs.rules_loader import load_rules
from punchcard.loyalty.till.quotes import Quote, quote, quote_on_new_card
from punchcard.web.pages.card_preview import face_of_program
from punchcard.web.pages.forms import Form
from punchcard.web.pages.page_request import FormDep, PageRequest, PageRequestDep
from punchcard.web.pages.shop_label import show_as
from punchcard.web.public import browser_cards
from punchcard.web.public.browser_cards import KnownCard
from punchcard.web.public.opened_card import open_by_token
from punchcard.web.public.visitors import address_of, count_look

router = APIRouter()

_NOT_THERE: Final = N_(
    "The receipt could not be put on a card with this number. Look at the number again, or ask"
    " the shop."
)
DONE: Final = N_("Your receipt is on your card.")


def receipt_path(slug: str, text: str) -> str:
    """Return the path of a receipt's page."""
    return f"/join/{slug}/receipt?text={quoted(text)}"


@router.get("/r/{text}")
def scan_receipt(request: PageRequestDep, text: str) -> Response:
    """Lead who scanned a receipt to its page; tell who has none of ours, and no more."""
    count_look(request)
    with request.context.database.read() as session:
        try:
            presented = _read(request, session, text)
        except DomainError as refusal:
            return _unknown(request, refusal)
    return request.redirect(receipt_path(presented.program.slug, presented.text))


@router.get("/join/{slug}/receipt")
def open_receipt(request: PageRequestDep, slug: str, text: str = "") -> Response:
    """Show what a receipt gives, and the card it can be put on."""
    count_look(request)
    return _page(request, text, request.form())


@router.post("/join/{slug}/receipt")
def take_receipt(request: PageRequestDep, slug: str, form: FormDep) -> Response:
    """Put a receipt on the card of this browser, or on that whose number was typed."""
    request.context.accounts.limits.enrolments.take(address_of(request))
    text, number = form.value("text"), form.value("number").strip()
    with request.context.database.read() as session:
        try:
            presented = _read(request, session, text)
        except DomainError as refusal:
            return _unknown(request, refusal)
        known = browser_cards.known_card(request, session, presented.program.id)
    if number or known is None:
        return _take_by_number(request, presented, text, number, form)
    try:
        request.context.connect.receipt_claimer.take(text, known.card.id)
    except DomainError as refusal:
        form.refusal = refusal.told(request.language)
        return _page(request, text, form, status=503 if refusal.kind is Kind.BUSY else 409)
    return request.redirect(known.path, DONE)


def _take_by_number(
    request: PageRequest, presented: Presented, text: str, number: str, form: Form
) -> Response:
    """Put a receipt on the card whose number was typed.

    Who types numbers must not learn which are cards: a receipt that can be put on none is answered
    without a look at the number, and for one that can there is one answer to every number that
    does not take it, whether it is nobody's, or of a card that is blocked or has had its receipts
    of the day. A hit costs the receipt; misses are counted, by address and by receipt.
    """
    if presented.refusal is not None:
        return _page(request, text, form, status=409)
    tries = request.context.accounts.limits.card_numbers
    tries.take(address_of(request))
    tries.take(f"receipt {presented.program.id} {presented.claim.reference}")
    with request.context.database.read() as session:
        card_id = _card_of_number(request, session, presented, number)
    try:
        if card_id is None:
            raise CardNotFound
        request.context.connect.receipt_claimer.take(text, card_id)
    except DomainError as refusal:
        if refusal.kind is Kind.BUSY:
            form.refusal = refusal.told(request.language)
            return _page(request, text, form, status=503)
        form.fault("number", _NOT_THERE)
        return _page(request, text, form, status=422)
    return request.redirect(
        receipt_path(presented.program.slug, presented.text), N_("The receipt is on the card.")
    )


@router.get("/c/{token}/receipt")
def type_code(request: PageRequestDep, token: str) -> Response:
    """Ask for the code of a receipt, to be put on this card."""
    return _code_page(request, token, request.form())


@router.post("/c/{token}/receipt")
def take_code(request: PageRequestDep, token: str, form: FormDep) -> Response:
    """Put the receipt whose code was typed on this card."""
    request.context.accounts.limits.enrolments.take(address_of(request))
    with request.context.database.read() as session:
        card = open_by_token(request, session, token).card
    try:
        request.context.connect.receipt_claimer.take(form.value("claim"), card.id)
    except DomainError as refusal:
        form.fault("claim", refusal.told(request.language))
        return _code_page(request, token, form, status=409)
    return request.redirect(public_path(token), DONE)


def put_on_new_card(request: PageRequest, text: str, card_id: CardId) -> bool:
    """Put the receipt that somebody joined for on their new card; returns whether it is there.

    Where it is not, its page says why.
    """
    try:
        request.context.connect.receipt_claimer.take(text, card_id)
    except DomainError:
        return False
    return True


def _code_page(request: PageRequest, token: str, form: Form, status: int = 200) -> Response:
    with request.context.database.read() as session:
        opened = open_by_token(request, session, token)
    return request.render(
        "public/receipt_code.html",
        status=status,
        form=form,
        token=token,
        face=opened.face,
        vendor=opened.page.vendor,
    )


def _page(request: PageRequest, text: str, form: Form, status: int = 200) -> Response:
    context, now = request.context, request.context.clock.now()
    with context.database.read() as session:
        try:
            presented = _read(request, session, text)
        except DomainError as refusal:
            return _unknown(request, refusal)
        program = presented.program
        known = browser_cards.known_card(request, session, program.id)
        face = face_of_program(session, program.id, request.language, now=now)
        booking = _booking(session, presented, known)
        show_as(request.http.scope, session, presented.vendor.id, presented.vendor.name)
    is_own = _is_on(presented, known)
    return request.render(
        "public/receipt.html",
        status=status,
        form=form,
        text=presented.text,
        receipt=presented.claim,
        refusal=_told(request, presented, is_own=is_own),
        gives=None if presented.refusal else _gives(request, booking, known),
        known_path=known.path if known else None,
        is_own=is_own,
        face=face,
        program=program,
        vendor=presented.vendor,
    )


def _read(request: PageRequest, session: Session, text: str) -> Presented:
    return request.context.connect.receipt_reader.read(
        session, text, now=request.context.clock.now()
    )


def _unknown(request: PageRequest, refusal: DomainError) -> Response:
    sentence = refusal.told(request.language)
    return request.render("public/receipt_unknown.html", status=404, sentence=sentence)


def _booking(session: Session, presented: Presented, known: KnownCard | None) -> Booking:
    _, rules = load_rules(session, [presented.program.id])[presented.program.id]
    card_id = known.card.id if known else CardId("")
    place = open_place(session, presented.claim.location_id)
    return booking_of(presented.claim, rules, card_id, place)


def _gives(request: PageRequest, booking: Booking, known: KnownCard | None) -> Quote | None:
    """Return what the receipt gives the card of this browser, or a new one; None for nothing."""
    database, now = request.context.database, request.context.clock.now()
    operation = operation_of(booking)
    told = (
        quote(database, request.context.loyalty.till.programs, operation, now)
        if known
        else quote_on_new_card(database, operation, booking.program_id, now)
    )
    return told if told.points or told.stamps else None


def _is_on(presented: Presented, known: KnownCard | None) -> bool:
    return known is not None and presented.claim.card_id == known.card.id


def _told(request: PageRequest, presented: Presented, *, is_own: bool) -> str | None:
    """Return why the receipt can't be put on a card; whose card it is on is not told."""
    refusal = presented.refusal
    if refusal is None:
        return None
    if is_own and isinstance(refusal, ReceiptUsed):
        return request.say(N_("This receipt is on your card already."))
    return refusal.told(request.language)


def _card_of_number(
    request: PageRequest, session: Session, presented: Presented, number: str
) -> CardId | None:
    """Return the card of the receipt's program with this number, or that it was merged into."""
    if as_card_number(number) is None:
        return None
    context = request.context
    try:
        found = card_service.lookup_cards(
            session,
            presented.vendor.id,
            number,
            context.loyalty.rotating_codes,
            now=context.clock.now(),
        )
    except DomainError:
        return None
    return next((card.id for card in found if card.program_id == presented.program.id), None)
