"""Two cards of one person, put together by themselves: named, proven, looked at, done."""

from dataclasses import replace
from typing import Any, Final

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from punchcard.accounts.errors import LinkInvalid
from punchcard.accounts.subjects import Subject
from punchcard.kit.i18n import N_
from punchcard.kit.ids import VendorId
from punchcard.loyalty.cards import card_service
from punchcard.loyalty.cards.card_view import CardView
from punchcard.loyalty.cards.links import merge_path, own_data_path, public_path
from punchcard.loyalty.cards.person_proofs import holder
from punchcard.loyalty.errors.merges import ErasureWaiting, ReservationsOpen
from punchcard.loyalty.models import LoyaltyCard
from punchcard.loyalty.operations import Actor
from punchcard.loyalty.programs.public_service import page_of
from punchcard.loyalty.rules.merges.unmerge_rules import UNDO_DAYS
from punchcard.loyalty.till.merges.merge_service import MergePreview, merge_of, preview_merge
from punchcard.loyalty.vocabulary import ActorKind
from punchcard.web.pages.card_preview import face_of_card
from punchcard.web.pages.forms import Form
from punchcard.web.pages.idempotent_forms import submit
from punchcard.web.pages.page_request import FormDep, PageRequest, PageRequestDep
from punchcard.web.pages.shop_label import show_as
from punchcard.web.public.opened_card import open_by_token
from punchcard.web.public.own_data import yours_page
from punchcard.web.public.visitors import address_of, count_look

router = APIRouter()

_CODE_CHARACTERS: Final = 300
_REFUSALS: Final = {one.code: one.sentence for one in (ErasureWaiting, ReservationsOpen)}


@router.post("/c/{token}/yours/{secret}/merge")
def ask_to_merge(request: PageRequestDep, token: str, secret: str, form: FormDep) -> Response:
    """Take the code of the other card; go on to both, or wait for the mail to its address.

    What is answered to a code that is none of this shop's is the same as to one that is.
    """
    context = request.context
    context.accounts.limits.enrolments.take(address_of(request))
    with context.database.write() as session:
        open_by_token(request, session, token)
        card, _ = context.loyalty.person_proofs.require(session, token, secret, lock=True)
        code = form.text("other_card", limit=_CODE_CHARACTERS)
        if not form.is_valid or code is None:
            ticket = None
        else:
            act = replace(request.act(), subject=holder(card))
            ticket = context.loyalty.merge_offers.ask(session, act, card, code)
    if not form.is_valid:
        return yours_page(request, token, secret, form, status=form.status)
    if ticket is not None:
        return request.redirect(merge_path(ticket))
    return request.redirect(
        own_data_path(token, secret),
        N_(
            "If that is another card of this program, and its holder has confirmed an e-mail"
            " address, we have sent a link there. Otherwise the shop can merge the cards."
        ),
    )


@router.get("/merge/{ticket}")
def open_merge(request: PageRequestDep, ticket: str) -> Response:
    """Show both cards as they are, and as they would be together."""
    count_look(request)
    return _page(request, ticket, request.form())


@router.post("/merge/{ticket}")
def merge(request: PageRequestDep, ticket: str, form: FormDep) -> Response:
    """Put both cards together; the shop can take it back as it can any merge."""
    context = request.context
    context.accounts.limits.enrolments.take(address_of(request))
    with context.database.read() as session:
        offer = context.loyalty.merge_offers.find(session, ticket)
        stays = session.get_one(LoyaltyCard, offer.card_id)
        subject, vendor_id = holder(stays), stays.vendor_id
        token = context.loyalty.card_links.token(stays.id, stays.token_sealed)
    if not form.is_on("both_mine"):
        form.fault("both_mine", N_("Please tick the box, if both cards are yours."))
    if form.is_valid:
        ids = context.ids
        with form.refusals():
            submit(
                request,
                form,
                lambda till, metadata: till.submit(
                    merge_of(
                        ids,
                        offer.card_id,
                        offer.from_card_id,
                        is_by_till=False,
                        offer_id=offer.id,
                        **metadata,
                    )
                ),
                public_at=vendor_id,
                subject=subject,
            )
    if not form.is_valid:
        return _page(request, ticket, form, status=form.status)
    with context.database.write() as session:
        context.loyalty.merge_offers.use(session, ticket)
    assert token is not None
    return request.redirect(public_path(token), N_("Your cards are one now."))


def _page(request: PageRequest, ticket: str, form: Form, *, status: int = 200) -> Response:
    context = request.context
    with context.database.read() as session:
        try:
            offer = context.loyalty.merge_offers.find(session, ticket)
        except LinkInvalid as refusal:
            form.refusal = refusal.told(request.language)
            return request.render("public/merge_ended.html", status=409, form=form)
        vendor_id = offer.vendor_id
        card = _view(session, request, vendor_id, offer.card_id)
        other = _view(session, request, vendor_id, offer.from_card_id)
        page = page_of(session, card.program_id, now=context.clock.now())
        face = face_of_card(session, context, card, request.language, page=page)
        subject = holder(session.get_one(LoyaltyCard, offer.card_id))
        show_as(request.http.scope, session, vendor_id, page.vendor.name)
    preview = _preview(request, vendor_id, subject, card, other)
    return request.render(
        "public/merge.html",
        status=status,
        form=form,
        ticket=ticket,
        face=face,
        card=card,
        other=other,
        preview=preview,
        refusal=_REFUSALS.get(preview.refused_by or ""),
        program=page.program,
        vendor=page.vendor,
        days=UNDO_DAYS,
    )


def _view(session: Session, request: PageRequest, vendor_id: VendorId, card_id: Any) -> CardView:
    return card_service.get_card(session, vendor_id, card_id, now=request.context.clock.now())


def _preview(
    request: PageRequest, vendor_id: VendorId, subject: Subject, card: CardView, other: CardView
) -> MergePreview:
    operation = merge_of(
        request.context.ids,
        card.id,
        other.id,
        is_by_till=False,
        vendor_id=vendor_id,
        actor=Actor(ActorKind.CUSTOMER, subject.id),
    )
    return preview_merge(request.context.database, operation, request.context.clock.now())
