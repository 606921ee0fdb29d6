"""Small pages for the tests of these tools: each test writes the site that it visits."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.support.served import served

STRICT = "default-src 'self'; style-src 'self'; script-src 'self'"
_TYPES = {"js": "text/javascript", "css": "text/css", "png": "image/png"}


@contextmanager
def small_site(pages: Mapping[str, str], *, policy: str = STRICT) -> Iterator[str]:
    """Serve texts under their paths, HTML unless their ending says otherwise; give the address."""
    with served(_site(pages, policy)) as address:
        yield address


def html(body: str, head: str = "") -> str:
    """Return a page that is whole apart from what a test is about."""
    return (
        f'<!doctype html><html lang="en"><head><title>Small</title><meta name="viewport" '
        f'content="width=device-width"><link rel="icon" href="data:,">{head}</head>'
        f"<body><main><h1>Small</h1>{body}</main></body></html>"
    )


def _site(pages: Mapping[str, str], policy: str) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        text = pages.get(path)
        kind = _TYPES.get(path.rpartition(".")[2], "text/html")
        headers = {"Content-Security-Policy": f"{policy}; img-src * data:"}
        answer = Response(text or "nothing here", 200 if text else 404, headers, kind)
        await answer(scope, receive, send)

    return app
