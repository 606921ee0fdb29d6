"""The page on which a customer's own browser checks the card's entries against a checkpoint."""

from fastapi import APIRouter, Response

from punchcard.kit.i18n import as_language
from punchcard.loyalty.cards import card_service
from punchcard.loyalty.programs.public_service import page_of
from punchcard.loyalty.transparency.log_status import anchored
from punchcard.web.pages.card_preview import face_of_card
from punchcard.web.pages.page_request import PageRequestDep
from punchcard.web.pages.shop_label import show_as
from punchcard.web.public.visitors import count_look

router = APIRouter()


@router.get("/c/{token}/proof")
def open_proof(request: PageRequestDep, token: str) -> Response:
    """Offer the check, the file that it reads, and the script that checks it anywhere.

    Raises CardNotFound.
    """
    count_look(request)
    context, now = request.context, request.context.clock.now()
    with context.database.read() as session:
        card = card_service.get_card_by_token(session, token, now=now)
        asked = as_language(request.http.query_params.get("lang", ""))
        page = page_of(session, card.program_id, now=now)
        face = face_of_card(session, context, card, asked, page=page)
        request.language = face.content.language
        timezone = page.program.timezone
        show_as(request.http.scope, session, page.vendor.id, page.vendor.name)
        found = anchored(session.connection())
    return request.render(
        "public/proof.html", token=token, face=face, anchored=found, timezone=timezone
    )
