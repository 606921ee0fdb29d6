"""Networks as an operator writes them, and the addresses that lead out of the public internet."""

import ipaddress
from collections.abc import Iterable
from typing import Final

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IpNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network

# IANA's registries of special-purpose addresses, and what clouds answer at beside them. Written
# down rather than asked of the library, whose idea of "private" changes with its version.
_NOT_PUBLIC_V4: Final = tuple(
    ipaddress.IPv4Network(one)
    for one in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "168.63.129.16/32",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",
    )
)
_PUBLIC_V6: Final = ipaddress.IPv6Network("2000::/3")
# Teredo and the like, documentation, and 6to4, which all may hold an address of version 4. So do
# mapped, translated (64:ff9b::) and local addresses: they lie outside of 2000::/3 anyway.
_NOT_PUBLIC_V6: Final = tuple(
    ipaddress.IPv6Network(one)
    for one in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
)
_ISATAP: Final = frozenset({0x00005EFE, 0x02005EFE})


def parse_networks(text: str) -> tuple[IpNetwork, ...]:
    """Return the networks of a list such as `192.168.1.0/24, fd00::/8`; ValueError if one is not.

    One address stands for itself.
    """
    return tuple(ipaddress.ip_network(one.strip()) for one in text.split(",") if one.strip())


def is_within(address: IpAddress, networks: Iterable[IpNetwork]) -> bool:
    """Return whether an address lies in one of the networks."""
    return any(address in network for network in networks)


def is_public(address: IpAddress) -> bool:
    """Return whether an address is one of the public internet, for one machine alone."""
    if isinstance(address, ipaddress.IPv4Address):
        return not is_within(address, _NOT_PUBLIC_V4)
    if address not in _PUBLIC_V6 or is_within(address, _NOT_PUBLIC_V6):
        return False
    return (int(address) >> 32) & 0xFFFF_FFFF not in _ISATAP
