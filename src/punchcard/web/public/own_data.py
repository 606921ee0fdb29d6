"""What a shop knows about the holder of a card: hinted at by the card's link, whole with a proof.

The link is shown, photographed and passed on. So it tells no address and deletes nothing; whoever
wants that opens the link mailed to their confirmed address, or shows a code that a manager types.
"""

from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from punchcard.accounts.audit_service import Act
from punchcard.kit.i18n import N_
from punchcard.loyalty.cards import customer_service, erasures
from punchcard.loyalty.cards.contacts import contact_changes
from punchcard.loyalty.cards.customer_service import card_of
from punchcard.loyalty.cards.links import own_data_path, public_path
from punchcard.loyalty.cards.person_proofs import holder, is_confirmed
from punchcard.loyalty.models import LoyaltyCard
from punchcard.loyalty.vocabulary import ProofWay
from punchcard.web.pages.forms import Form
from punchcard.web.pages.page_request import FormDep, PageRequest, PageRequestDep
from punchcard.web.public.browser_cards import forget_card
from punchcard.web.public.opened_card import open_by_token
from punchcard.web.public.visitors import address_of

router = APIRouter()

_KNOWN = ("name", "email", "phone", "birthday")


@router.get("/c/{token}/data")
def open_data(request: PageRequestDep, token: str) -> Response:
    """Tell what kind of things the shop knows about the customer, and the way to all of it."""
    with request.context.database.read() as session:
        opened = open_by_token(request, session, token)
        erasure = erasures.pending(session, card_of(session, token))
    known = opened.card.customer
    return request.render(
        "public/data.html",
        token=token,
        known=known,
        hints={name: _hint(name, known[name]) for name in _KNOWN} if known else {},
        face=opened.face,
        vendor=opened.page.vendor,
        program=opened.page.program,
        erased_at=erasure.due_at if erasure else None,
    )


@router.post("/c/{token}/forget-here")
def forget_here(request: PageRequestDep, token: str, form: FormDep) -> Response:
    """Let this browser forget the card: the poster then offers a new one."""
    with request.context.database.read() as session:
        opened = open_by_token(request, session, token)
    forget_card(request, opened.card.program_id)
    return request.redirect(
        f"{public_path(token)}/data", N_("This browser has forgotten the card. Keep its link.")
    )


@router.post("/c/{token}/news")
def choose_news(request: PageRequestDep, token: str, form: FormDep) -> Response:
    """Keep whether the customer wants news from the shop."""
    request.context.accounts.limits.enrolments.take(address_of(request))
    wants_news = form.value("news") == "yes"
    with request.context.database.write() as session:
        open_by_token(request, session, token)
        act = _act(request, card_of(session, token))
        customer_service.choose_news(session, act, token, wants_news=wants_news)
    return request.redirect(f"{public_path(token)}/data", N_("Saved."))


@router.post("/c/{token}/proof-of-person")
def ask_for_proof(request: PageRequestDep, token: str, form: FormDep) -> Response:
    """Mail the link to the customer's data, or go to the page with the code for the manager."""
    request.context.accounts.limits.enrolments.take(address_of(request))
    with request.context.database.write() as session:
        open_by_token(request, session, token)
        asked = request.context.loyalty.person_proofs.ask(session, token, request.language)
    if asked.secret is not None:
        return request.redirect(own_data_path(token, asked.secret))
    return request.redirect(
        f"{public_path(token)}/data",
        N_("We have sent you an e-mail. The link in it leads to your data."),
    )


@router.get("/c/{token}/yours/{secret}")
def open_yours(request: PageRequestDep, token: str, secret: str) -> Response:
    """Show all that the shop knows, to take along or to have deleted; or the code, until then."""
    return yours_page(request, token, secret, request.form())


@router.get("/c/{token}/yours/{secret}/data.html")
def read_everything(request: PageRequestDep, token: str, secret: str) -> Response:
    """Return the same as the JSON file as one HTML file that needs nothing beside it.

    In the language of the card, with the shop's time.
    """
    document, timezone = _everything(request, token, secret)
    response = request.render("public/everything.html", document=document, timezone=timezone)
    response.headers["Content-Disposition"] = 'attachment; filename="card-data.html"'
    return response


@router.get("/c/{token}/yours/{secret}/data.json")
def take_everything(request: PageRequestDep, token: str, secret: str) -> Response:
    """Return everything that the shop holds about the customer, for a computer to read."""
    response = JSONResponse(_everything(request, token, secret)[0])
    response.headers["Content-Disposition"] = 'attachment; filename="card-data.json"'
    return request.finish(response)


@router.post("/c/{token}/yours/{secret}/erase")
def erase(request: PageRequestDep, token: str, secret: str, form: FormDep) -> Response:
    """Have the customer forgotten, once the time to undo it is over."""
    context = request.context
    context.accounts.limits.enrolments.take(address_of(request))
    here = own_data_path(token, secret)
    with context.database.write() as session:
        open_by_token(request, session, token)
        card, proof = context.loyalty.person_proofs.require(session, token, secret, lock=True)
        if not form.is_on("sure"):
            return request.redirect_refused(here, N_("Nothing was deleted: please tick the box."))
        hours = context.settings.erasure_undo_hours
        erasures.ask(session, _act(request, card), card, proof, undo_hours=hours)
    return request.redirect(f"{public_path(token)}/data", N_("Your data will be deleted."))


@router.post("/c/{token}/keep")
def keep(request: PageRequestDep, token: str, form: FormDep) -> Response:
    """Undo a deletion that waits: it takes nothing from anybody, so the card's link is enough."""
    request.context.accounts.limits.enrolments.take(address_of(request))
    with request.context.database.write() as session:
        open_by_token(request, session, token)
        card = card_of(session, token)
        is_undone = erasures.undo(session, _act(request, card), card)
    done = N_("Your data is kept.") if is_undone else None
    return request.redirect(f"{public_path(token)}/data", done)


def yours_page(
    request: PageRequest, token: str, secret: str, form: Form, *, status: int = 200
) -> Response:
    """Return the page of the holder of a card who showed who they are, or is about to.

    `form` is that of a new address. Raises CardReplaced, CardNotFound, ProofOfPersonRequired.
    """
    context = request.context
    mail = context.loyalty.contact_mail
    with context.database.read() as session:
        opened = open_by_token(request, session, token)
        card, proof = context.loyalty.person_proofs.find(session, token, secret)
        erasure = erasures.pending(session, card)
        waits = contact_changes.waiting(session, card, since=context.clock.now() - mail.wait)
    return request.render(
        "public/yours.html",
        status=status,
        form=form,
        token=token,
        here=own_data_path(token, secret),
        is_confirmed=is_confirmed(proof),
        is_by_code=proof.way == ProofWay.CODE,
        code=proof.code,
        proof_ends_at=proof.expires_at,
        known=opened.card.customer,
        card=opened.card,
        face=opened.face,
        vendor=opened.page.vendor,
        program=opened.page.program,
        undo_hours=context.settings.erasure_undo_hours,
        new_email=waits.new_email if waits else None,
        new_email_ends_at=waits.asked_at + mail.wait if waits else None,
        sends_mail=mail.is_configured,
        objection_hours=context.settings.contact_objection_hours,
        erased_at=erasure.due_at if erasure else None,
    )


def _everything(request: PageRequest, token: str, secret: str) -> tuple[dict[str, Any], str]:
    context, now = request.context, request.context.clock.now()
    with context.database.read() as session:
        opened = open_by_token(request, session, token)
        context.loyalty.person_proofs.require(session, token, secret)
        document = customer_service.export_customer(session, token, now=now)
    return document, opened.page.program.timezone


def _act(request: PageRequest, card: LoyaltyCard) -> Act:
    return replace(request.act(), subject=holder(card))


def _hint(name: str, value: str | None) -> str | None:
    """Return enough of what is known for its owner to know it again; None when nothing is known.

    The name stands on the card already.
    """
    if value is None or name == "name":
        return value
    if name == "email":
        local, _, domain = value.rpartition("@")
        return f"{local[:1]}…@{domain}"
    return f"…{value[-2:]}" if name == "phone" else "…"
