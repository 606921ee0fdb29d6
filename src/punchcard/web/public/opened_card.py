"""A customer's card as its pages open it: by the secret token in their address."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from punchcard.kit.i18n import as_language
from punchcard.loyalty.cards import card_service
from punchcard.loyalty.cards.card_view import CardView
from punchcard.loyalty.cards.retired_cards import shop_of_retired_token
from punchcard.loyalty.errors.cards import CardNotFound
from punchcard.loyalty.programs.public_service import ProgramPage, page_of
from punchcard.web.pages.card_preview import CardFace, face_of_card
from punchcard.web.pages.errors import CardReplaced
from punchcard.web.pages.page_request import PageRequest
from punchcard.web.pages.shop_label import show_as
from punchcard.web.public.visitors import count_look


@dataclass(frozen=True)
class OpenedCard:
    """A card, how it looks, and the program and shop it is of."""

    card: CardView
    face: CardFace
    page: ProgramPage


def open_by_token(request: PageRequest, session: Session, token: str) -> OpenedCard:
    """Return the card as it is now, and let the whole page speak its language.

    Raises CardReplaced, CardNotFound.
    """
    count_look(request)
    context = request.context
    now = context.clock.now()
    try:
        card = card_service.get_card_by_token(session, token, now=now)
    except CardNotFound:
        shop = shop_of_retired_token(session, token)
        if shop is None:
            raise
        raise CardReplaced(shop) from None
    asked = as_language(request.http.query_params.get("lang", ""))
    page = page_of(session, card.program_id, now=now)
    face = face_of_card(session, context, card, asked, page=page)
    request.language = face.content.language
    show_as(request.http.scope, session, page.vendor.id, page.vendor.name)
    return OpenedCard(card, face, page)
