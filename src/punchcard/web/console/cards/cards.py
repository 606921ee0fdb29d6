"""The console's page of one card: its holder, its history, and what can be done with the card."""

from collections.abc import Callable
from functools import partial
from typing import Any

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from punchcard.accounts.audit_service import Act
from punchcard.accounts.subjects import LOYALTY_MANAGE, is_by_till
from punchcard.kit.i18n import LANGUAGES, N_
from punchcard.kit.ids import CardId, VendorId
from punchcard.loyalty.cards import card_changes, customer_service, erasures
from punchcard.loyalty.cards.card_changes import CardChange
from punchcard.loyalty.cards.card_view import CardView
from punchcard.loyalty.cards.contacts import contact_changes
from punchcard.loyalty.errors.cards import CardNotFound
from punchcard.loyalty.operations import NewCustomer, StaffIdentity
from punchcard.loyalty.programs.public_service import page_of
from punchcard.web.console.cards.card_page import (
    PREFIX,
    card_path,
    card_token,
    find_card,
    show_card,
    who_stands_behind,
)
from punchcard.web.pages.card_preview import face_of_card
from punchcard.web.pages.customer_form import read_customer
from punchcard.web.pages.forms import Form
from punchcard.web.pages.page_request import FormDep, PageRequest, PageRequestDep

router = APIRouter(prefix=PREFIX)


@router.get("")
def open_card(request: PageRequestDep, card_id: CardId, before: str = "") -> Response:
    """Show the card, its holder and its history, newest entry first."""
    return show_card(request, card_id, request.form(), before=before)


@router.get("/hand-over")
def open_hand_over(request: PageRequestDep, card_id: CardId) -> Response:
    """Show the card with its link, as a code for the holder's phone, and the way to wallets."""
    with request.context.database.read() as session:
        card = find_card(session, request, card_id)
        face = face_of_card(session, request.context, card)
        recent_url = request.context.loyalty.hand_over.recent_url(session, card)
    token = card_token(request, card)
    if token is None:
        raise CardNotFound
    base = request.context.loyalty.card_links.base_of(card.vendor_id)
    # A card's own address is its customer's: staff hand it over by a link that works once.
    is_told = request.may(LOYALTY_MANAGE)
    return request.render(
        "console/card_hand_over.html",
        card=card,
        face=face,
        is_told=is_told,
        url=request.context.loyalty.card_links.address(token, card.vendor_id)
        if is_told
        else recent_url,
        minutes=request.context.settings.hand_over_minutes,
        links=request.context.wallets.service.links_for(token, base) if is_told else None,
    )


@router.get("/edit")
def open_edit(request: PageRequestDep, card_id: CardId) -> Response:
    """Show what is known about the holder, to be changed."""
    with request.context.database.read() as session:
        card = find_card(session, request, card_id)
    return _edit_page(request, card_id, request.form(_initial(card)))


@router.post("/edit")
def update_card(request: PageRequestDep, card_id: CardId, form: FormDep) -> Response:
    """Change what is known; an anonymous card gets a holder."""
    with request.context.database.read() as session:
        form.merge(_initial(find_card(session, request, card_id)))
    locale = form.choice("locale", LANGUAGES, required=False)
    told = read_customer(form, country=request.subject.country, locale=locale, accepted_terms=False)
    if form.is_valid:
        fields = ("name", "email", "phone", "birthday", "marketing_consent")
        customer = {field: getattr(told, field, None) for field in fields}
        customer["marketing_consent"] = bool(customer["marketing_consent"])
        change = CardChange(
            customer={**customer, "locale": locale} if told else None, card={"locale": locale}
        )
        with form.refusals():
            staff = who_stands_behind(request, form)
    if form.is_valid:
        with form.refusals(), request.context.database.write() as session:
            reads = partial(find_card, session, request)
            card_changes.update_card(
                session,
                request.act(),
                request.vendor_id,
                card_id,
                change,
                staff=staff,
                guard=form.guard(lambda card: _initial(reads(card.id))),
            )
    if not form.is_valid:
        return _edit_page(request, card_id, form, status=form.status)
    return request.redirect(card_path(card_id), _saved(request, card_id, told))


@router.post("/block")
def block(request: PageRequestDep, card_id: CardId, form: FormDep) -> Response:
    """Stop the card from being used."""
    return _change(request, card_id, form, card_changes.block_card, N_("The card is blocked."))


@router.post("/unblock")
def unblock(request: PageRequestDep, card_id: CardId, form: FormDep) -> Response:
    """Let the card be used again."""
    done = N_("The card can be used again.")
    return _change(request, card_id, form, card_changes.unblock_card, done)


@router.post("/replace")
def replace(request: PageRequestDep, card_id: CardId, form: FormDep) -> Response:
    """Give the card a new number and link; the old ones stop working, balances stay."""

    def change(
        session: Session,
        act: Act,
        vendor_id: VendorId,
        card_id: CardId,
        staff: StaffIdentity | None,
    ) -> None:
        sealer = request.context.loyalty.card_sealer
        card_changes.replace_card(session, act, vendor_id, card_id, sealer, staff=staff)

    done = N_("The card has a new number and link. The old ones no longer work.")
    return _change(request, card_id, form, change, done)


@router.post("/erase")
def erase(request: PageRequestDep, card_id: CardId, form: FormDep) -> Response:
    """Forget the holder, who asked for it; the card goes on as an anonymous one."""
    with request.context.database.write() as session:
        card = find_card(session, request, card_id)
        token = card_token(request, card)
        if token is None:
            raise CardNotFound
        former = request.context.loyalty.former_contacts
        customer_service.erase_customer(session, request.act(), token, former)
    return request.redirect(card_path(card_id), N_("The holder's data is deleted."))


@router.post("/proof-of-person")
def confirm_holder(request: PageRequestDep, card_id: CardId, form: FormDep) -> Response:
    """Believe the code that the card's holder shows, who stands in front of the manager."""
    code = form.text("code", limit=40)
    if form.is_valid:
        with form.refusals(), request.context.database.write() as session:
            proofs = request.context.loyalty.person_proofs
            proofs.confirm(session, request.act(), request.vendor_id, card_id, code or "")
    if not form.is_valid:
        return show_card(request, card_id, form, opened="proof", status=form.status)
    done = N_("Confirmed. The customer can go on on their phone.")
    return request.redirect(card_path(card_id), done)


@router.post("/keep-customer")
def keep_customer(request: PageRequestDep, card_id: CardId, form: FormDep) -> Response:
    """Undo a deletion that the card's holder asked for."""
    with request.context.database.write() as session:
        card = card_changes.lock_card(session, request.vendor_id, card_id)
        is_undone = erasures.undo(session, request.act(), card)
    done = N_("The holder's data is kept.") if is_undone else None
    return request.redirect(card_path(card_id), done)


@router.post("/withdraw-contact")
def withdraw_contact(request: PageRequestDep, card_id: CardId, form: FormDep) -> Response:
    """Let a new address of the card's holder that waits be as if nobody had asked for it."""
    with request.context.database.write() as session:
        card = card_changes.lock_card(session, request.vendor_id, card_id)
        is_ended = contact_changes.withdraw(session, request.act(), card)
    done = N_("The new address is withdrawn.") if is_ended else None
    return request.redirect(card_path(card_id), done)


def _initial(card: CardView) -> dict[str, Any]:
    fields = ("name", "email", "phone", "locale", "marketing_consent")
    known = card.customer or {}
    initial: dict[str, Any] = {field: known.get(field) for field in fields}
    initial["marketing_consent"] = bool(initial["marketing_consent"])
    month, _, day = (known.get("birthday") or "").partition("-")
    initial["birthday_month"] = int(month) if month else None
    initial["birthday_day"] = int(day) if day else None
    return initial


def _saved(request: PageRequest, card_id: CardId, told: NewCustomer | None) -> str:
    """Return what to say after a change: whether the address that was typed counts already."""
    with request.context.database.read() as session:
        known = find_card(session, request, card_id).customer or {}
    if told is None or told.email is None or told.email == known.get("email"):
        return N_("Saved.")
    return N_("Saved. The new address counts once its reader has confirmed it.")


def _change(
    request: PageRequest,
    card_id: CardId,
    form: Form,
    change: Callable[[Session, Act, VendorId, CardId, StaffIdentity | None], None],
    done: str,
) -> Response:
    with request.context.database.read() as session:
        find_card(session, request, card_id)
    with form.refusals():
        staff = who_stands_behind(request, form)
        with request.context.database.write() as session:
            change(session, request.act(), request.vendor_id, card_id, staff)
    if not form.is_valid:
        return show_card(request, card_id, form, status=409)
    return request.redirect(card_path(card_id), done)


def _edit_page(request: PageRequest, card_id: CardId, form: Form, status: int = 200) -> Response:
    with request.context.database.read() as session:
        card = find_card(session, request, card_id)
        program = page_of(session, card.program_id, now=request.context.clock.now()).program
    return request.render(
        "console/card_edit.html",
        status=status,
        form=form,
        card=card,
        program=program,
        asks_pin=is_by_till(request.subject),
        months=range(1, 13),
    )
