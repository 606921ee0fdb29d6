"""What Google tells this server: notices that a card was saved to a wallet, or removed."""

from typing import Annotated

from fastapi import Depends, Request

from punchcard.api.http.dependencies import VisitorDep
from punchcard.api.http.openapi import problems
from punchcard.api.http.routing import api_router
from punchcard.api.schemas.fields import Schema
from punchcard.loyalty.programs.public_service import WalletNotConfigured
from punchcard.wallets.google.callback import NoticeMalformed

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
