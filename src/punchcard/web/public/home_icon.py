"""The icon that a phone keeps on its home screen for a card: the shop's own."""

import hashlib
from typing import Final

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from punchcard.loyalty.cards import card_service
from punchcard.loyalty.cards.links import public_path
from punchcard.loyalty.models import LoyaltyProgram
from punchcard.loyalty.rules.logo_rules import PictureKind
from punchcard.wallets import uploads
from punchcard.wallets.card_colours import card_colours
from punchcard.wallets.shop_icon import shop_icon
from punchcard.wallets.stamp_drawing import StampLook
from punchcard.wallets.symbols.stamp_symbols import symbol_of
from punchcard.web.pages.assets import FOR_A_YEAR
from punchcard.web.pages.card_preview import CardFace
from punchcard.web.pages.errors import PageNotFound
from punchcard.web.pages.page_request import PageRequestDep
from punchcard.web.public.visitors import count_look

router = APIRouter()

ICON_SIDES: Final = (192, 512)
_VERSION_CHARACTERS: Final = 8


def icon_path(token: str, face: CardFace, side: int) -> str:
    """Return the path of the icon of a card: another look has another one."""
    content = face.content
    look = (content.background_color, content.accent_color, content.stamp_symbol, face.logo)
    version = hashlib.sha256(repr(look).encode()).hexdigest()[:_VERSION_CHARACTERS]
    wanted = "" if side == ICON_SIDES[0] else f"side={side}&"
    return f"{public_path(token)}/icon.png?{wanted}v={version}"


@router.get("/c/{token}/icon.png")
def get_icon(request: PageRequestDep, token: str, side: int = ICON_SIDES[0]) -> Response:
    """Return the icon, `side` pixels a side. Raises PageNotFound, CardNotFound."""
    if side not in ICON_SIDES:
        raise PageNotFound
    count_look(request)
    with request.context.database.read() as session:
        card = card_service.get_card_by_token(session, token, now=request.context.clock.now())
        program = session.get_one(LoyaltyProgram, card.program_id)
        picture = drawn_icon(session, program, side)
    headers = {"Cache-Control": FOR_A_YEAR.replace("public", "private")}
    return request.finish(Response(picture, headers=headers, media_type="image/png"))


def drawn_icon(session: Session, program: LoyaltyProgram | None, side: int) -> bytes:
    """Return the icon of a program's shop as PNG, `side` pixels a side; a plain one for none."""
    branding = program.branding if program is not None else {}
    logo = uploads.find_image(session, program.id, PictureKind.LOGO) if program else None
    colours = card_colours(branding)
    look = StampLook(colours.background, colours.accent, colours.ink, symbol_of(branding))
    return shop_icon(logo, look, side=side)
