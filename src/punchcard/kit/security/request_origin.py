"""Where the request that is being worked on came from, for whatever is written down about it."""

import ipaddress
from contextvars import ContextVar
from typing import Final, NamedTuple

_USER_AGENT_CHARACTERS: Final = 200


class RequestOrigin(NamedTuple):
    """The network address that a request came from, and what browser it says it is."""

    address: str = ""
    agent: bytes = b""

    @property
    def user_agent(self) -> str | None:
        """Return what browser it says it is, in at most 200 characters; None for nothing."""
        said = self.agent.decode("latin-1")[:_USER_AGENT_CHARACTERS]
        return "".join(one if one.isprintable() else "?" for one in said) or None


NOWHERE: Final = RequestOrigin()
"""Of what no request asked for: commands, and what the server does by itself."""

request_origin: ContextVar[RequestOrigin] = ContextVar("request_origin", default=NOWHERE)


def counted_address(host: str) -> str:
    """Return what an address is counted as: of IPv6 the network, for a home has 2**64 of them."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if address.version == 6:
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))
    return host


def coarse_network(host: str) -> str | None:
    """Return the network an address is of, roughly the provider's street: an IPv4 /24, an IPv6 /48.

    None when it is no address.
    """
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    if address.version == 6 and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    bits = 24 if address.version == 4 else 48
    return str(ipaddress.ip_network((address, bits), strict=False))
