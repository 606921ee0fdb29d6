"""What Google asks of this server: to receive its notices, and to show it a program's logo."""

from typing import Annotated

from fastapi import Depends, Request, Response

from punchcard.api.http.dependencies import LimitReads, VisitorDep
from punchcard.api.http.openapi import problems
from punchcard.api.http.routing import api_router
from punchcard.api.schemas.fields import Schema
from punchcard.kit.ids import ProgramId
from punchcard.loyalty.programs import program_service
from punchcard.loyalty.programs.public_service import WalletNotConfigured
from punchcard.wallets import uploads
from punchcard.wallets.card_colours import card_colours
from punchcard.wallets.google.callback import NoticeMalformed
from punchcard.wallets.google.logo_url import google_logo
from punchcard.wallets.stamp_drawing import StampLook
from punchcard.wallets.symbols.stamp_symbols import symbol_of

NOTICE_BYTES = 16_384

router = api_router("/api/v1/loyalty/google", tag="google wallet")


class CallbackReceived(Schema):
    """The notice was taken in; `is_new` is false for one that was received before."""

    is_new: bool


async def _read_body(request: Request) -> bytes:
    # Exactly as it came: what is read and written again is no longer what Google signed.
    return await request.body()


@router.post("/callback", responses=problems(400, 403, 404, 503))
def receive_callback(
    visitor: VisitorDep, body: Annotated[bytes, Depends(_read_body)]
) -> CallbackReceived:
    """Take in Google's signed notice that a card was saved to a wallet or deleted from it."""
    wallet = visitor.context.wallets.google
    if not wallet.is_configured:
        raise WalletNotConfigured
    if len(body) > NOTICE_BYTES:
        raise NoticeMalformed
    return CallbackReceived(is_new=wallet.receive_callback(body))


@router.get(
    "/programs/{program_id}/logo.png",
    response_class=Response,
    responses={200: {"content": {"image/png": {}}}, **problems(404)},
    dependencies=[LimitReads],
)
def get_logo(visitor: VisitorDep, program_id: ProgramId) -> Response:
    """Return the logo of a program as Google Wallet wants it: square, with room for a circle."""
    with visitor.context.database.read() as session:
        program = program_service.get_any_program(session, program_id)
        logo = uploads.find_image(session, program.id, uploads.LOGO)
    colours = card_colours(program.branding)
    look = StampLook(colours.background, colours.accent, colours.ink, symbol_of(program.branding))
    picture = google_logo(logo, look)
    headers = {"Cache-Control": "public, max-age=3600"}
    return Response(picture, media_type="image/png", headers=headers)
