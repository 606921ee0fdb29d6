"""The address that customers reach, as it has to be for links, forms and cookies to work."""

import ipaddress
from urllib.parse import urlsplit

from punchcard.kit.origins import origin_of

_LOCAL_NAMES = ("localhost", "local", "internal", "lan", "home.arpa", "test", "localdomain")


def fault_of_address(address: str) -> str | None:
    """Return what keeps `address` from being that of this server, in a sentence; None if nothing.

    Pages, cookies and the terminal live at the root of a name: a path is not possible.
    """
    origin = origin_of(address)
    if origin is None:
        shown = _without_password(address)
        return f"{shown} is not a server's address such as https://cards.example."
    parts = urlsplit(address)
    if parts.path.strip("/") or "?" in address or "#" in address:
        return (
            f"{address} has more than a server's name. Punchcard answers at the root of a name:"
            f" write {origin}, or give it a name of its own such as https://cards.example."
        )
    return None


def as_browsers_send_it(address: str) -> str:
    """Return a sound address in small letters, without a slash at its end or a port not needed.

    A name outside ASCII stays as people read it.
    """
    scheme, _, name = address.partition("://")
    return (
        (origin_of(address) or "") if address.isascii() else f"{scheme.lower()}://{name.strip('/')}"
    )


def is_only_here(address: str) -> bool:
    """Return whether `address` is found by programs of this machine alone, and by no phone."""
    host = urlsplit(address).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return False
    return found.is_loopback or found.is_unspecified


def is_readable_on_the_way(address: str) -> bool:
    """Return whether what customers and staff send to `address` crosses a network without TLS."""
    parts = urlsplit(address)
    host = parts.hostname or ""
    if parts.scheme != "http" or host == "localhost" or host.endswith(".localhost"):
        return False
    try:
        return not ipaddress.ip_address(host).is_loopback
    except ValueError:
        return True


def is_open_to_strangers(address: str) -> bool:
    """Return whether `address` is a public name that is reached without TLS."""
    parts = urlsplit(address)
    host = parts.hostname or ""
    if parts.scheme != "http":
        return False
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        is_inside = "." not in host or host.endswith(tuple(f".{name}" for name in _LOCAL_NAMES))
        return host not in _LOCAL_NAMES and not is_inside
    return found.is_global


def _without_password(address: str) -> str:
    """Return the address as it may be shown: what stands before the last @ may be a password."""
    scheme, is_there, rest = address.partition("://")
    user, at, name = rest.rpartition("@")
    return f"{scheme}{is_there}***@{name}" if at and ":" in user else address
