"""What the web shop of the demonstration shows: who can buy in it, and what it has told of."""

from html import escape
from typing import Final
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from punchcard.context import Context
from punchcard.demo.web_shop import STRANGER, WEB_SHOP_PATH, DemoWebShop, KnownGuest, WebShopKeys
from punchcard.fakes import pages
from punchcard.loyalty.cards.links import CardLinks

_REFRESH_SECONDS: Final = 3


def with_web_shop(app: ASGIApp, context: Context, keys: WebShopKeys | None) -> ASGIApp:
    """Return `app` with the web shop beside it, whose first order arrives now; without keys, `app`.

    The order is of a guest of the boutique, whose card has its points once the worker has run.
    """
    if keys is None:
        return app
    shop = DemoWebShop(context, keys)
    for guest in shop.guests()[:1]:
        shop.sell(guest.shopper)
    return _Beside(app, shop)


class _Beside:
    """Serves the web shop's page, and everything else as before."""

    def __init__(self, app: ASGIApp, shop: DemoWebShop) -> None:
        self._app, self._shop = app, shop
        self._pages = Starlette(
            routes=[
                Route(WEB_SHOP_PATH, self._show),
                Route(f"{WEB_SHOP_PATH}/buy", self._buy, methods=["POST"]),
                Route(f"{WEB_SHOP_PATH}/pay-back", self._pay_back, methods=["POST"]),
            ]
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection event."""
        path = scope["path"] if scope["type"] == "http" else ""
        is_ours = path == WEB_SHOP_PATH or path.startswith(f"{WEB_SHOP_PATH}/")
        await (self._pages if is_ours else self._app)(scope, receive, send)

    def _show(self, _request: Request) -> Response:
        return web_shop_page(self._shop)

    def _buy(self, request: Request) -> Response:
        email = request.query_params.get("by", "")
        known = {guest.shopper.email: guest.shopper for guest in self._shop.guests()}
        self._shop.sell(known.get(email, STRANGER))
        return RedirectResponse(WEB_SHOP_PATH, 303)

    def _pay_back(self, _request: Request) -> Response:
        self._shop.pay_back()
        return RedirectResponse(WEB_SHOP_PATH, 303)


def web_shop_page(shop: DemoWebShop) -> Response:
    """Return the page; it loads itself anew, so that points show as they arrive."""
    context = shop.context
    links = context.loyalty.card_links
    guests = "".join(_guest(guest, links) for guest in shop.guests())
    stranger = (
        f"<section><h2>{escape(STRANGER.first_name)} has no card</h2><p>The order waits in the"
        f" console, with a receipt for a card.</p>{_button('buy', 'Buy as somebody new')}</section>"
    )
    console = f"/console/integrations/{shop.keys.integration_id}"
    told = f'<p><a href="{console}">What the server made of it</a> (sign in as its manager)</p>'
    back = _button("pay-back", "Pay half of the last order back") if shop.last_order() else ""
    return pages.page(
        "A web shop like WooCommerce’s",
        f"{_events(shop)}{told}{guests}{stranger}{back}",
        refresh_seconds=_REFRESH_SECONDS,
    )


def _events(shop: DemoWebShop) -> str:
    items = "".join(
        f"<li><time>{at:%H:%M:%S}</time> UTC {escape(sentence)}</li>"
        for at, sentence in list(shop.events)
    )
    return f"<ol>{items}</ol>" if items else ""


def _guest(guest: KnownGuest, links: CardLinks) -> str:
    shopper = guest.shopper
    address = links.public_url(guest.card_id, guest.token_sealed, guest.vendor_id)
    link = f' <a href="{escape(address)}">Their card</a>' if address else ""
    name = escape(f"{shopper.first_name} {shopper.last_name}")
    buy = _button(f"buy?by={quote(shopper.email)}", f"Buy as {shopper.first_name}")
    return f"<section><h2>{name}</h2><p>{guest.points} points.{link}</p>{buy}</section>"


def _button(does: str, says: str) -> str:
    action = escape(f"{WEB_SHOP_PATH}/{does}")
    return f'<form method="post" action="{action}"><button>{escape(says)}</button></form>'
