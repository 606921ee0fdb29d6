"""Where the form stood that a browser sent, and where somebody wanted to who must sign in first."""

from urllib.parse import urlsplit

from fastapi import Request

from punchcard.context import Context
from punchcard.kit.origins import is_same_server, origin_of
from punchcard.kit.security.request_domain import domain_vendor
from punchcard.web.permissions import ACCESS


def wanted_page(request: Request) -> str:
    """Return the page to open after signing in: this one, or where its form stands."""
    if request.method == "GET":
        query = f"?{request.url.query}" if request.url.query else ""
        return request.url.path + query
    return page_of_form(request)


def page_of_form(request: Request) -> str:
    """Return the path of the page that a form was sent from, as far as that is known."""
    for header in ("hx-current-url", "referer"):
        address = request.headers.get(header, "")
        if is_ours(request, address):
            return "/" + urlsplit(address).path.lstrip("/")
    return page_above(request.scope["route"].path, request.url.path)


def page_above(pattern: str, path: str) -> str:
    """Return the nearest page at `path`, which is of the route `pattern`, or above it."""
    while pattern and ("GET", pattern) not in ACCESS:
        pattern, path = pattern.rpartition("/")[0], path.rpartition("/")[0]
    return path or "/"


def is_ours(request: Request, address: str) -> bool:
    """Return whether an address that a browser sent is one of this server's.

    Its origin is that of BASE_URL, or names the server that was asked: many proxies pass on a Host
    of their own, and some servers are reached at several addresses.
    """
    context: Context = request.app.state.context
    origin = origin_of(address)
    if origin is None:
        return False
    if domain_vendor.get() is not None:
        # At a shop's own domain no other page is ours, that of the server's address included.
        return is_same_server(origin, request.headers.get("host", ""))
    return origin == origin_of(context.settings.base_url) or is_same_server(
        origin, request.headers.get("host", "")
    )
