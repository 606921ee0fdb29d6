"""The console's page that puts two cards of one person together: sought, looked at, done."""

from typing import Final

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from punchcard.accounts.subjects import is_by_till
from punchcard.kit.i18n import N_
from punchcard.kit.ids import CardId, as_id
from punchcard.loyalty.cards import card_service
from punchcard.loyalty.cards.card_view import CardView
from punchcard.loyalty.errors.cards import CardNotFound
from punchcard.loyalty.errors.merges import (
    CardsOfDifferentPrograms,
    ErasureWaiting,
    ReservationsOpen,
)
from punchcard.loyalty.operations import Actor
from punchcard.loyalty.programs.public_service import page_of
from punchcard.loyalty.rules.merges.unmerge_rules import UNDO_DAYS
from punchcard.loyalty.till.merges.merge_service import MergePreview, merge_of, preview_merge
from punchcard.loyalty.vocabulary import ActorKind, CardStatus
from punchcard.web.console.cards.card_page import PREFIX, card_path, find_card
from punchcard.web.pages.forms import Form
from punchcard.web.pages.idempotent_forms import submit
from punchcard.web.pages.page_request import FormDep, PageRequest, PageRequestDep

router = APIRouter(prefix=PREFIX)

_FOUND: Final = 20
"""How many cards a search offers: who knows the other card finds it among few."""
_REFUSALS: Final = {
    refusal.code: refusal.sentence
    for refusal in (CardsOfDifferentPrograms, ErasureWaiting, ReservationsOpen)
}


@router.get("/merge")
def open_merge(
    request: PageRequestDep, card_id: CardId, query: str = "", other: str = ""
) -> Response:
    """Look for the other card; with `other`, show what both would be together."""
    return _page(request, card_id, request.form({"query": query}), other)


@router.post("/merge")
def merge_cards(request: PageRequestDep, card_id: CardId, form: FormDep) -> Response:
    """Put both cards together; from the page of either the entry can be taken back."""
    other = CardId(form.text("from_card_id", limit=36) or "")
    with request.context.database.read() as session:
        find_card(session, request, card_id)
    if form.is_valid:
        ids, by_till = request.context.ids, is_by_till(request.subject)
        with form.refusals():
            submit(
                request,
                form,
                lambda till, metadata: till.submit(
                    merge_of(ids, card_id, other, is_by_till=by_till, **metadata)
                ),
                staff_pin=form.value("staff_pin") or None,
            )
    if not form.is_valid:
        return _page(request, card_id, form, other, status=422)
    return request.redirect(card_path(card_id), N_("The cards are merged."))


def _page(
    request: PageRequest, card_id: CardId, form: Form, other: str, *, status: int = 200
) -> Response:
    context = request.context
    now = context.clock.now()
    with context.database.read() as session:
        card = find_card(session, request, card_id)
        page = page_of(session, card.program_id, now=now)
        chosen = _chosen(session, request, other)
        found = [] if chosen else _found(session, request, card, form.value("query"))
    preview = _preview(request, card, chosen) if chosen else None
    return request.render(
        "console/card_merge.html",
        status=status,
        form=form,
        card=card,
        other=chosen,
        found=found,
        preview=preview,
        refusal=_REFUSALS.get(preview.refused_by or "") if preview else None,
        program=page.program,
        days=UNDO_DAYS,
    )


def _chosen(session: Session, request: PageRequest, other: str) -> CardView | None:
    try:
        return find_card(session, request, CardId(other)) if as_id(other) else None
    except CardNotFound:
        return None


def _found(session: Session, request: PageRequest, card: CardView, query: str) -> list[CardView]:
    if not query.strip():
        return []
    cards = card_service.list_cards(
        session,
        request.vendor_id,
        now=request.context.clock.now(),
        limit=_FOUND + 1,
        program_id=card.program_id,
        status=CardStatus.ACTIVE,
        query=query,
        country=request.subject.country,
    )
    return [one for one in cards if one.id != card.id][:_FOUND]


def _preview(request: PageRequest, card: CardView, other: CardView) -> MergePreview:
    subject = request.subject
    operation = merge_of(
        request.context.ids,
        card.id,
        other.id,
        is_by_till=False,
        vendor_id=request.vendor_id,
        actor=Actor(ActorKind(subject.kind), subject.id),
    )
    if card.id == other.id:
        return MergePreview(refused_by="")
    return preview_merge(request.context.database, operation, request.context.clock.now())
