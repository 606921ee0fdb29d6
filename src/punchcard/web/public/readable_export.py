"""Everything that a shop holds about a customer, as a page to read, print and keep."""

from fastapi import APIRouter, Response

from punchcard.loyalty.cards import card_service, customer_service
from punchcard.loyalty.programs.public_service import page_of
from punchcard.web.pages.card_preview import face_of_card
from punchcard.web.pages.page_request import PageRequestDep
from punchcard.web.public.visitors import count_look

router = APIRouter()


@router.get("/c/{token}/data.html")
def read_everything(request: PageRequestDep, token: str) -> Response:
    """Return the same as the JSON file as one HTML file that needs nothing beside it.

    In the language of the card, with the shop's time. Raises CardNotFound.
    """
    count_look(request)
    context, now = request.context, request.context.clock.now()
    with context.database.read() as session:
        card = card_service.get_card_by_token(session, token, now=now)
        request.language = face_of_card(session, context, card).content.language
        timezone = page_of(session, card.program_id, now=now).program.timezone
        document = customer_service.export_customer(session, token, now=now)
    response = request.render("public/everything.html", document=document, timezone=timezone)
    response.headers["Content-Disposition"] = 'attachment; filename="card-data.html"'
    return response
