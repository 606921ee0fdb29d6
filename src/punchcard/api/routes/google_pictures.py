"""What Google fetches to show: a program's logo and wide picture, and the stamps of its cards."""

from typing import Annotated, Any, Final

from fastapi import Path, Query, Response

from punchcard.api.http.browsers.hardening import SHOWN_ANYWHERE
from punchcard.api.http.dependencies import LimitReads, VisitorDep
from punchcard.api.http.openapi import problems
from punchcard.api.http.routing import api_router
from punchcard.kit.i18n import SOURCE_LANGUAGE
from punchcard.kit.ids import ProgramId
from punchcard.loyalty.errors.programs import ProgramNotFound
from punchcard.loyalty.programs import public_service
from punchcard.loyalty.rules.logo_rules import PictureKind
from punchcard.wallets import uploads
from punchcard.wallets.card_colours import card_colours
from punchcard.wallets.card_facts import load_programs
from punchcard.wallets.google.hero_pictures import (
    design_of,
    hero_png,
    look_of,
    stamps_in,
    stamps_png,
)
from punchcard.wallets.google.logo_url import google_logo
from punchcard.wallets.pass_content import pass_content
from punchcard.wallets.sample_cards import nobodys_card
from punchcard.wallets.stamp_drawing import StampLook
from punchcard.wallets.symbols.stamp_symbols import symbol_of

_PNG: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"image/png": {}}},
    **problems(404),
}
_FOR_GOOD: Final = "public, max-age=31536000, immutable"
_FOR_A_WHILE: Final = "public, max-age=3600"

router = api_router("/api/v1/loyalty/google", tag="google wallet")


@router.get(
    "/programs/{program_id}/logo.png",
    response_class=Response,
    responses=_PNG,
    dependencies=[LimitReads],
)
def get_logo(visitor: VisitorDep, program_id: ProgramId) -> Response:
    """Return the logo of a program as Google Wallet wants it: square, with room for a circle."""
    with visitor.context.database.read() as session:
        program = public_service.shown_program(session, program_id)
        logo = uploads.find_image(session, program.id, PictureKind.LOGO)
    colours = card_colours(program.branding)
    look = StampLook(colours.background, colours.accent, colours.ink, symbol_of(program.branding))
    return _png(google_logo(logo, look), _FOR_A_WHILE)


@router.get(
    "/programs/{program_id}/hero.png",
    response_class=Response,
    responses=_PNG,
    dependencies=[LimitReads],
)
def get_hero(visitor: VisitorDep, program_id: ProgramId) -> Response:
    """Return the wide picture that was uploaded for a program, in Google Wallet's size."""
    with visitor.context.database.read() as session:
        program = public_service.shown_program(session, program_id)
        hero = uploads.find_image(session, program.id, PictureKind.HERO)
    if hero is None:
        raise ProgramNotFound
    return _png(hero_png(hero, card_colours(program.branding).background), _FOR_A_WHILE)


@router.get(
    "/programs/{program_id}/stamps/{picture}.png",
    response_class=Response,
    responses=_PNG,
    dependencies=[LimitReads],
)
def get_stamps(
    visitor: VisitorDep,
    program_id: ProgramId,
    picture: Annotated[
        str, Path(max_length=40, description="The number of stamps, signed by this server.")
    ],
    v: Annotated[str | None, Query(max_length=40, description="The design.")] = None,
) -> Response:
    """Return a picture of a card with so many stamps, in Google Wallet's size.

    An address of a design of before shows today's: Google may fetch it a little late.
    """
    context = visitor.context
    stamps = stamps_in(context.wallets.google.picture_keys, program_id, picture)
    if stamps is None:
        raise ProgramNotFound
    with context.database.read() as session:
        public_service.shown_program(session, program_id)
        program = load_programs(session, [program_id], now=context.clock.now()).get(program_id)
        hero = uploads.find_image(session, program_id, PictureKind.HERO)
    if program is None:
        raise ProgramNotFound
    content = pass_content(program, nobodys_card(program), SOURCE_LANGUAGE)
    drawn = stamps_png(stamps, program.stamps_target, look_of(content), hero)
    return _png(drawn, _FOR_GOOD if v == design_of(content) else _FOR_A_WHILE)


def _png(picture: bytes, caching: str) -> Response:
    headers = {"Cache-Control": caching, **SHOWN_ANYWHERE}
    return Response(picture, media_type="image/png", headers=headers)
