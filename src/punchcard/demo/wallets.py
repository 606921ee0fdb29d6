"""The demonstration's wallets: stand-ins for Apple and Google, and a phone to hold passes.

Pages and Google's stand-in are served by the demonstration's own server, below /demo, so that
anyone who reaches the one reaches the other. Nothing leaves this machine.
"""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from punchcard.context import Context
from punchcard.demo.phone import PHONE_PATH, DemoPhone
from punchcard.demo.phone_page import phone_page
from punchcard.demo.wallet_keys import GOOGLE_ACCOUNT, GOOGLE_ISSUER, WalletKeys, kept_keys
from punchcard.fakes import google as google_addresses
from punchcard.fakes.apns import served_apns
from punchcard.fakes.google import FakeGoogle
from punchcard.kit.errors import DomainError
from punchcard.kit.settings import Settings

PREFIX: Final = "/demo"
_GOOGLE_PATH: Final = f"{PREFIX}/google"
_KEPT: Final = "google.json"

_PASS_PATH: Final = re.compile(r"/api/v1/loyalty/cards/([A-Za-z0-9_-]{22})/apple\.pkpass")


@dataclass
class DemoWallets:
    """What stands in for Apple and Google; `settings` make a server use it."""

    settings: Settings
    keys: WalletKeys
    folder: Path
    on_push: Callable[[str], None] = field(default=lambda _token: None)

    def around(self, app: ASGIApp, context: Context) -> ASGIApp:
        """Return `app` with the stand-ins' pages beside it."""
        phone = DemoPhone(context)
        self.on_push = phone.wake
        return _Front(app, phone, self._google(context))

    def _google(self, context: Context) -> FakeGoogle:
        path = self.folder / _KEPT

        def keep() -> None:
            unfinished = path.with_suffix(".unfinished")
            unfinished.write_text(json.dumps(google.kept()), encoding="utf-8")
            unfinished.replace(path)

        def receive_callback(notice: bytes) -> None:
            context.wallets.google.receive_callback(notice)

        google = FakeGoogle(
            issuer_id=GOOGLE_ISSUER,
            account=GOOGLE_ACCOUNT,
            key=self.keys.google_key.public_key(),
            now=context.clock.now,
            on_change=keep,
            on_notice=receive_callback,
        )
        if path.exists():
            google.restore(json.loads(path.read_text(encoding="utf-8")))
        return google


@contextmanager
def demo_wallets(folder: Path, settings: Settings, local_url: str) -> Iterator[DemoWallets]:
    """Start Apple's push service and say how to reach the rest, until the block ends.

    `folder` keeps what a restart must find again; `local_url` is where this machine reaches the
    server that will be served.
    """
    keys = kept_keys(folder)

    def pushed(token: str) -> None:
        wallets.on_push(token)

    with served_apns(keys.chain, on_push=pushed) as apns:
        google_url = local_url + _GOOGLE_PATH
        chosen = replace(
            settings,
            apple_certificate=keys.chain.certificate_pem,
            apple_private_key=keys.chain.key_pem,
            apple_wwdr_certificate=keys.chain.intermediate_pem,
            apple_apns_url=apns.url,
            apple_apns_ca_certificate=keys.chain.root_pem,
            google_issuer_id=GOOGLE_ISSUER,
            google_service_account=keys.service_account,
            google_api_url=google_url + google_addresses.API_PATH,
            google_token_url=google_url + google_addresses.TOKEN_PATH,
            google_keys_url=google_url + google_addresses.KEYS_PATH,
            # Unlike the others a browser goes there.
            google_save_url=(
                settings.base_url.rstrip("/") + _GOOGLE_PATH + google_addresses.SAVE_PATH
            ),
        )
        wallets = DemoWallets(chosen, keys, folder)
        yield wallets


class _Front:
    """Serves the stand-ins, and takes a browser that asks for a pass to the pretended phone."""

    def __init__(self, app: ASGIApp, phone: DemoPhone, google: FakeGoogle) -> None:
        self._app, self._phone = app, phone
        self._pages = Starlette(
            routes=[
                Route(PHONE_PATH, self._show_phone),
                Route(f"{PHONE_PATH}/remove", self._remove, methods=["POST"]),
                Route("/api/v1/loyalty/cards/{token}/apple.pkpass", self._add),
                Mount(_GOOGLE_PATH, google.app),
            ]
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection event."""
        is_http = scope["type"] == "http"
        if is_http and (scope["path"].startswith(f"{PREFIX}/") or _is_browser_at_pass(scope)):
            await self._pages(scope, receive, send)
        else:
            await self._app(scope, receive, send)
        if scope["type"] == "lifespan":
            self._phone.close()

    def _show_phone(self, _request: Request) -> Response:
        self._phone.look()
        return phone_page(self._phone)

    def _add(self, request: Request) -> Response:
        try:
            self._phone.add(request.path_params["token"])
        except DomainError as refusal:
            return Response(refusal.code, 404, media_type="text/plain")
        return RedirectResponse(PHONE_PATH, 303)

    def _remove(self, request: Request) -> Response:
        self._phone.remove(request.query_params.get("serial", ""))
        return RedirectResponse(PHONE_PATH, 303)


def _is_browser_at_pass(scope: Scope) -> bool:
    """Return whether a person looks for a pass: no browser but a phone's can open one."""
    if scope["method"] != "GET" or not _PASS_PATH.fullmatch(scope["path"]):
        return False
    return any(name == b"accept" and b"text/html" in value for name, value in scope["headers"])
