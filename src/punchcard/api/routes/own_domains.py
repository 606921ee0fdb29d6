"""Which domains are shops' own: for the proxy that is to get a certificate for one."""

import ipaddress
from typing import Annotated, Final

from fastapi import Query, Request

from punchcard.accounts.access.rate_limit import counted_address
from punchcard.accounts.domains import domain_service
from punchcard.accounts.domains.errors import OwnDomainNotFound
from punchcard.accounts.domains.names import named_host
from punchcard.api.http.dependencies import VisitorDep
from punchcard.api.http.openapi import problems
from punchcard.api.http.routing import api_router
from punchcard.api.schemas.fields import Schema
from punchcard.kit.settings import Settings

router = api_router("/api/v1/loyalty/domains", tag="operations")

_FORWARDED: Final = ("x-forwarded-for", "forwarded")
DomainQuery = Annotated[
    str, Query(max_length=254, description="The domain, such as cards.bakery.example.")
]


class OwnDomainSchema(Schema):
    """A domain that a shop has shown to be its own."""

    domain: str


@router.get("/ask", responses=problems(404))
def ask_for_domain(request: Request, visitor: VisitorDep, domain: DomainQuery) -> OwnDomainSchema:
    """Answer 200 for a domain that an open shop has proven: the `ask` of Caddy's on-demand TLS.

    Only this machine and the proxies of TRUSTED_PROXIES are told, and not on behalf of others.
    """
    context = visitor.context
    if not _is_proxy_itself(request, context.settings):
        raise OwnDomainNotFound
    context.connect.domain_asks.take(counted_address(visitor.address or ""))
    host = named_host(domain.encode())
    with context.database.read() as session:
        if host is None or not domain_service.is_in_use(session, host):
            raise OwnDomainNotFound
    return OwnDomainSchema(domain=host)


def _is_proxy_itself(request: Request, settings: Settings) -> bool:
    if any(name in request.headers for name in _FORWARDED):
        return False
    host = request.client.host if request.client else ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        # A socket of this machine has no address.
        return not host
    if address.is_loopback:
        return True
    trusted = [one.strip() for one in settings.trusted_proxies.split(",")]
    # Where any proxy is trusted, one that is not of the operator's own network is not known.
    return ("*" in trusted and address.is_private) or any(_holds(one, address) for one in trusted)


def _holds(trusted: str, address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    try:
        return address in ipaddress.ip_network(trusted, strict=False)
    except ValueError:
        return False
