"""A customer's new address, asked for on their own page; and the way back for who read the old one.

The new address counts once its own reader has confirmed it, at `/verify-email` like any address.
"""

from dataclasses import replace

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from punchcard.accounts.audit_service import Act
from punchcard.accounts.errors import LinkInvalid, MailNotConfigured
from punchcard.accounts.models import Vendor
from punchcard.kit.i18n import N_
from punchcard.loyalty.cards.contacts import confirmations, contact_changes
from punchcard.loyalty.cards.links import own_data_path
from punchcard.loyalty.cards.person_proofs import holder
from punchcard.loyalty.models import LoyaltyCard
from punchcard.web.pages.forms import Form
from punchcard.web.pages.page_request import FormDep, PageRequest, PageRequestDep
from punchcard.web.pages.shop_label import show_as
from punchcard.web.public.opened_card import open_by_token
from punchcard.web.public.own_data import yours_page
from punchcard.web.public.visitors import address_of, count_look

router = APIRouter()


@router.post("/c/{token}/yours/{secret}/contact")
def ask_for_contact(request: PageRequestDep, token: str, secret: str, form: FormDep) -> Response:
    """Keep the new address until its reader has confirmed it; the answer is always the same."""
    context = request.context
    context.accounts.limits.enrolments.take(address_of(request))
    with context.database.write() as session:
        opened = open_by_token(request, session, token)
        card, _ = context.loyalty.person_proofs.require(session, token, secret, lock=True)
        email = form.email("email")
        known = opened.card.customer or {}
        if email is not None and email == known.get("email"):
            form.fault("email", N_("This is your address already."))
        if form.is_valid and email is not None:
            with form.refusals():
                if not context.loyalty.contact_mail.is_configured:
                    raise MailNotConfigured
                act = _act(request, card)
                contact_changes.ask(session, act, card, email, language=request.language)
    if not form.is_valid:
        return yours_page(request, token, secret, form, status=form.status)
    return request.redirect(
        own_data_path(token, secret),
        N_("We have sent a link to the new address. It counts once you have followed the link."),
    )


@router.post("/c/{token}/yours/{secret}/contact/withdraw")
def withdraw_contact(request: PageRequestDep, token: str, secret: str, form: FormDep) -> Response:
    """Let a new address that waits be as if it had never been asked for."""
    context = request.context
    context.accounts.limits.enrolments.take(address_of(request))
    with context.database.write() as session:
        open_by_token(request, session, token)
        card, _ = context.loyalty.person_proofs.require(session, token, secret, lock=True)
        is_ended = contact_changes.withdraw(session, _act(request, card), card)
    done = N_("Your contact details stay as they are.") if is_ended else None
    return request.redirect(own_data_path(token, secret), done)


@router.get("/contact/{ticket}")
def open_objection(request: PageRequestDep, ticket: str) -> Response:
    """Ask who read the old address to press the button: mail programs follow links too."""
    count_look(request)
    with request.context.database.read() as session:
        try:
            shop = _changed_at(request, session, ticket)
        except LinkInvalid as refusal:
            return _refused(request, refusal)
    return _page(request, request.form(), shop=shop.name)


@router.post("/contact/{ticket}")
def object_to_contact(request: PageRequestDep, ticket: str, form: FormDep) -> Response:
    """Put the old contact back."""
    context = request.context
    context.accounts.limits.enrolments.take(address_of(request))
    shop = None
    with form.refusals(), context.database.write() as session:
        shop = _changed_at(request, session, ticket)
        change_id = context.loyalty.contact_mail.objection_of(ticket)
        confirmations.restore(session, request.act(), change_id)
    if shop is None or not form.is_valid:
        return _page(request, form, status=form.status)
    return _page(request, form, shop=shop.name, is_done=True)


def _changed_at(request: PageRequest, session: Session, ticket: str) -> Vendor:
    """Return the shop at which a contact was changed. Raises LinkInvalid."""
    change_id = request.context.loyalty.contact_mail.objection_of(ticket)
    change = confirmations.objectionable(session, change_id)
    vendor = session.get_one(Vendor, change.vendor_id)
    show_as(request.http.scope, session, vendor.id, vendor.name)
    return vendor


def _refused(request: PageRequest, refusal: LinkInvalid) -> Response:
    form = request.form()
    form.refusal, form.refused_status = refusal.told(request.language), 409
    return _page(request, form, status=409)


def _page(
    request: PageRequest,
    form: Form,
    *,
    shop: str | None = None,
    is_done: bool = False,
    status: int = 200,
) -> Response:
    return request.render(
        "public/contact_back.html", status=status, form=form, shop=shop, is_done=is_done
    )


def _act(request: PageRequest, card: LoyaltyCard) -> Act:
    return replace(request.act(), subject=holder(card))
