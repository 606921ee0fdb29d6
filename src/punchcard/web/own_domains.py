"""Pages at shops' own domains: those of its customers and no others, and of this shop alone."""

from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from punchcard.accounts.domains.errors import HostUnclear
from punchcard.accounts.domains.names import named_host
from punchcard.accounts.domains.shop_addresses import ShopAddresses, ShopAtHost
from punchcard.connect.domains.proofs import FILE_PATH, shown_value
from punchcard.kit.security.request_domain import domain_vendor
from punchcard.web.pages.shop_label import labelled

PAGES_OF_CUSTOMERS: Final = frozenset(
    {
        "badges",
        "c",
        "colour",
        "contact",
        "h",
        "join",
        "language",
        "merge",
        "r",
        "static",
        "status",
        "verify-email",
    }
)
"""The first part of the pages that there are at a shop's own domain."""

OF_THE_SHOP: Final = frozenset({"/", "/favicon.ico", "/robots.txt"})
"""The paths of the shop itself."""

_API: Final = "/api/v1/loyalty/"
_API_OF_CUSTOMERS: Final = frozenset({"cards", "card-merges", "contact-objections", "programs"})
# What answers without the database, at whatever name a monitor asks.
_AT_ANY_HOST: Final = ("/healthz", "/readyz", "/static/")
_STATUS: Final = "/status"
_NOWHERE: Final = "/-"


class OwnDomains:
    """Looks at the host of each request, and shows at a shop's domain what is its customers'.

    At all other hosts nothing changes. A request that names no host, several or none that can be
    is answered 400 (RFC 9112, section 3.2).
    """

    def __init__(self, app: ASGIApp, addresses: ShopAddresses) -> None:
        self._app = app
        self._addresses = addresses

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection event. Raises HostUnclear."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        host = asked_host(scope)
        shop = None
        # A domain has a dot; numbers are nobody's: what asks by them needs no look at the database.
        if host is not None and host != self._addresses.host and _may_be_domain(host):
            shop = await self._shop_at(host, scope["path"])
        if shop is None:
            await self._app(scope, receive, send)
            return
        if scope["path"] == FILE_PATH:
            # So that the domain still shows that it is the shop's once it leads here.
            proof = PlainTextResponse(shown_value(shop.proof) + "\n")
            await proof(scope, receive, send)
            return
        scope = labelled(scope, shop)
        if not shop.is_open or not _is_of_customers(scope["path"]):
            scope = {**scope, "path": _NOWHERE, "raw_path": _NOWHERE.encode()}
        mark = domain_vendor.set(shop.vendor_id)
        try:
            await self._app(scope, receive, send)
        finally:
            domain_vendor.reset(mark)

    async def _shop_at(self, host: str, path: str) -> ShopAtHost | None:
        if path.startswith(_AT_ANY_HOST):
            return None
        known = self._addresses.kept()
        if path == _STATUS:
            # It is opened when the database is away: then what was known before is good enough.
            known = known or self._addresses.last
        if known is None:
            known = await run_in_threadpool(self._addresses.all_domains)
        return known.shops.get(host)


def asked_host(scope: Scope) -> str | None:
    """Return the host that a request names; None where an old client need not name any.

    Raises HostUnclear.
    """
    named = [value for name, value in scope["headers"] if name == b"host"]
    if not named and scope.get("http_version") == "1.0":
        return None
    host = named_host(named[0]) if len(named) == 1 else None
    if host is None:
        raise HostUnclear
    return host


def _may_be_domain(host: str) -> bool:
    return "." in host and ":" not in host and not host.rpartition(".")[2].isdigit()


def _is_of_customers(path: str) -> bool:
    if path.startswith(_API):
        return path[len(_API) :].partition("/")[0] in _API_OF_CUSTOMERS
    return path in OF_THE_SHOP or path[1:].partition("/")[0] in PAGES_OF_CUSTOMERS
