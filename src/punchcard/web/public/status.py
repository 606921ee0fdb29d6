"""The page that tells shops and customers whether everything works, also while it does not."""

from collections.abc import Mapping
from typing import Final

from fastapi import APIRouter, Request, Response

from punchcard.context import Context
from punchcard.kit.i18n import N_
from punchcard.services.service_status import FRESH, ServicePart
from punchcard.web.cookies import cookie_name
from punchcard.web.page_visitors import SESSION_COOKIE
from punchcard.web.pages.page_request import get_page_request
from punchcard.web.public.visitors import count_look

router = APIRouter()

NAMES: Final[Mapping[ServicePart, str]] = {
    ServicePart.STAMPS: N_("Stamps and points"),
    ServicePart.CARDS: N_("Cards and pages"),
    ServicePart.WALLETS: N_("Cards in wallets"),
    ServicePart.MAIL: N_("E-mails"),
}


@router.get("/status")
def open_status(http: Request) -> Response:
    """Tell which parts work, and since when others do not; never why. Raises TooManyRequests."""
    context: Context = http.app.state.context
    look = context.service_status.look()
    if look.is_degraded(ServicePart.CARDS):
        # Who somebody is can't be asked of a database that is away; this page shows it to nobody.
        http.cookies.pop(cookie_name(SESSION_COOKIE, is_https=context.settings.is_https), None)
    request = get_page_request(http)
    count_look(request)
    seconds = int(FRESH.total_seconds())
    return request.render("public/status.html", look=look, names=NAMES, fresh_seconds=seconds)
