"""A visitor of the pages without a browser: keeps cookies, sends forms as the page holds them."""

import re
from html import unescape
from typing import Any

import httpx
from starlette.types import ASGIApp

from punchcard.accounts.access.opening.session_opener import SignInOrigin
from punchcard.context import Context
from punchcard.web.account.sign_in import KNOWN_COOKIE
from punchcard.web.cookies import cookie_name
from punchcard.web.page_visitors import SESSION_COOKIE
from tests.support.cast import PASSWORD, let_in
from tests.support.http import AppTransport

_HOST = "shop.test"
_NO_BREAK_HYPHEN = "\u2011"
_LINE_BREAK = re.compile(r"[ \t]*\n[ \t\n]*")
_CSRF = re.compile(r'name="csrf" value="([0-9a-f]+)"')


class Visitor:
    """`with Visitor(app) as visitor:` looks at pages and sends their forms."""

    def __init__(self, app: ASGIApp, *, language: str = "en", address: str = "203.0.113.7") -> None:
        self.client = httpx.Client(
            transport=AppTransport(app, address=address),
            base_url=f"http://{_HOST}",
            headers={"Accept-Language": language},
        )
        self._address = address
        self._csrf = ""

    def __enter__(self) -> "Visitor":
        self.client.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def get(self, path: str, **options: Any) -> httpx.Response:
        """Open a page, and remember what its forms must carry."""
        answer = self.client.get(path, **options)
        found = _CSRF.search(answer.text)
        if found:
            self._csrf = found[1]
        return answer

    def post(self, path: str, *, csrf: str | None = None, **fields: Any) -> httpx.Response:
        """Send a form with the token of the page that was opened last; no redirect is followed."""
        data = {"csrf": self._csrf if csrf is None else csrf, **fields}
        return self.client.post(path, data=data)

    def post_file(
        self, path: str, name: str, file: tuple[str, bytes], **fields: Any
    ) -> httpx.Response:
        """Send a form with a file in it: its name and what it holds."""
        return self.client.post(path, data={"csrf": self._csrf, **fields}, files={name: file})

    def follow(self, answer: httpx.Response) -> httpx.Response:
        """Open the page that an answer sends the visitor to."""
        return self.get(answer.headers["location"])

    def sign_in(self, email: str, password: str) -> httpx.Response:
        """Sign in as on the page."""
        self.get("/sign-in")
        return self.post("/sign-in", email=email, password=password)

    def enter(self, context: Context, email: str) -> None:
        """Be signed in with what the page of signing in would leave here, without going there."""
        settings = context.settings
        origin = SignInOrigin(
            network=self._address, user_agent=self.client.headers["user-agent"], request_id=None
        )
        opened = let_in(context, email, origin)
        if opened is None:
            assert self.sign_in(email, PASSWORD).status_code == 303
            return
        for name, value in ((SESSION_COOKIE, opened.access_token), (KNOWN_COOKIE, opened.known)):
            self.client.cookies.set(
                cookie_name(name, is_https=settings.is_https), value, domain=_HOST
            )


def text_of(answer: httpx.Response) -> str:
    """Return what a page says, without its marks; where its lines break is the formatter's."""
    text = re.sub(r'<wbr>|<span class="domain">', "", answer.text)
    text = text.replace(_NO_BREAK_HYPHEN, "-")
    return _LINE_BREAK.sub(" ", unescape(re.sub(r"<[^>]*>", " ", text)))


def markup_of(answer: httpx.Response) -> str:
    """Return a page's HTML; where its lines break is the formatter's."""
    return _LINE_BREAK.sub(" ", answer.text)
