"""A shop's front page at its own domain, and what browsers and search engines ask of it there."""

from typing import Final

from fastapi import APIRouter, Response
from fastapi.responses import PlainTextResponse

from punchcard.accounts.subjects import NOBODY
from punchcard.loyalty.programs import public_service
from punchcard.web.pages import assets
from punchcard.web.pages.card_preview import face_of_program, words_of
from punchcard.web.pages.navigation import home_of
from punchcard.web.pages.page_request import PageRequest, PageRequestDep
from punchcard.web.pages.shop_label import ShopLabel, label_of
from punchcard.web.public.home_icon import ICON_SIDES, drawn_icon
from punchcard.web.public.visitors import count_look

router = APIRouter()

_ROBOTS: Final = """\
# Pages that are not to be found say so themselves (noindex), which is read only where they may be
# opened.
User-agent: *
Disallow: /api/
"""
_ICON_SECONDS: Final = 86_400


@router.get("/")
def open_front_door(request: PageRequestDep) -> Response:
    """Show the shop at its own domain; elsewhere send the visitor where they work."""
    shop = label_of(request.http.scope)
    if shop is not None:
        return _shop_page(request, shop)
    is_nobody = request.subject is NOBODY
    return request.redirect("/sign-in" if is_nobody else home_of(request.subject))


def _shop_page(request: PageRequest, shop: ShopLabel) -> Response:
    """Show the shop's cards that one may get, and the ways to the card that one has."""
    count_look(request)
    with request.context.database.read() as session:
        programs = public_service.open_programs(session, shop.vendor_id)
        now = request.context.clock.now()
        faces = [
            face_of_program(session, one.id, request.language, now=now) for one in programs[:1]
        ]
    return request.render(
        "public/shop.html",
        face=faces[0] if faces else None,
        shop=shop,
        programs=programs,
        words_of=words_of,
        sends_mail=request.context.accounts.mail_queue.is_configured,
    )


@router.get("/robots.txt")
def get_robots(request: PageRequestDep) -> Response:
    """Tell search engines what not to ask for."""
    return request.finish(PlainTextResponse(_ROBOTS))


@router.get("/favicon.ico")
def get_favicon(request: PageRequestDep) -> Response:
    """Return the icon of the shop at its own domain, and lead to ours elsewhere."""
    shop = label_of(request.http.scope)
    if shop is None:
        return request.redirect(assets.address("icons/punchcard.svg"))
    count_look(request)
    with request.context.database.read() as session:
        program = next(iter(public_service.open_programs(session, shop.vendor_id)), None)
        picture = drawn_icon(session, program, ICON_SIDES[0])
    headers = {"Cache-Control": f"public, max-age={_ICON_SECONDS}"}
    return request.finish(Response(picture, headers=headers, media_type="image/png"))
