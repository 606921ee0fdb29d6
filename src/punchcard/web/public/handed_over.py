"""The page behind the code that a till shows for a card it has just opened: once, for one phone.

Programs that draw previews of links, and cameras, fetch a page: so the card opens by a touch.
"""

from fastapi import APIRouter, Response

from punchcard.accounts.errors import LinkInvalid
from punchcard.loyalty.cards import card_service
from punchcard.loyalty.cards.links import public_path
from punchcard.web.pages.card_preview import face_of_card
from punchcard.web.pages.page_request import FormDep, PageRequestDep
from punchcard.web.pages.shop_label import show_as
from punchcard.web.public.visitors import address_of, count_look

router = APIRouter()


@router.get("/h/{ticket}")
def open_handed_over(request: PageRequestDep, ticket: str) -> Response:
    """Show the card that is handed over, and the button that opens it."""
    count_look(request)
    context, now = request.context, request.context.clock.now()
    with context.database.read() as session:
        try:
            held = context.loyalty.hand_over.find(session, ticket)
        except LinkInvalid:
            return request.render("public/hand_over_ended.html", status=409)
        card = card_service.get_card(session, held.vendor_id, held.id, now=now)
        face = face_of_card(session, context, card, request.wanted_language)
        show_as(request.http.scope, session, held.vendor_id, face.content.vendor_name)
    request.language = face.content.language
    # The card itself, and whose it is, is for whoever opens it.
    return request.render(
        "public/hand_over.html",
        ticket=ticket,
        card_name=face.content.card_name,
        shop=face.content.vendor_name,
    )


@router.post("/h/{ticket}")
def take_over(request: PageRequestDep, ticket: str, form: FormDep) -> Response:
    """Open the card; the link leads nowhere from then on."""
    request.context.accounts.limits.enrolments.take(address_of(request))
    with request.context.database.write() as session:
        token = request.context.loyalty.hand_over.use(session, ticket)
    if token is None:
        raise LinkInvalid
    return request.redirect(f"{public_path(token)}?welcome=1")
