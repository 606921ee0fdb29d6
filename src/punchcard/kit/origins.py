"""Origins of addresses, written as browsers write them, so that two can be compared."""

import ipaddress
import re
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_ORIGIN_ALONE = re.compile(r"[A-Za-z]+://[^/?#\\\s@]+/?")
_HOST = re.compile(r"[a-z0-9._-]{1,253}|\[[0-9a-f:.]{2,45}\]")


@lru_cache(maxsize=256)
def origin_of(address: str) -> str | None:
    """Return the origin of an http or https address as a browser sends it (RFC 6454, section 6.2).

    Lower case, the host in ASCII, the port left out where it is the scheme's own; so it holds
    nothing but letters, digits and `.-_:/[]`. None when the address has no such origin.
    """
    try:
        parts = urlsplit(address)
        port = parts.port
        host = _as_sent(parts.hostname or "")
    except (ValueError, UnicodeError):
        return None
    if parts.scheme not in _DEFAULT_PORTS or "@" in parts.netloc or not _HOST.fullmatch(host):
        return None
    is_default = port is None or port == _DEFAULT_PORTS[parts.scheme]
    return f"{parts.scheme}://{host}" + ("" if is_default else f":{port}")


def parse_origins(text: str) -> frozenset[str]:
    """Return the origins of a list such as `https://shop.example, http://localhost:3000`.

    Each as browsers send it; a slash at its end may stand. Raises ValueError for one that has more
    than scheme, name and port, and for `null` and `*`, which would stand for anybody.
    """
    origins = set()
    for one in (part.strip() for part in text.split(",")):
        if not one:
            continue
        origin = origin_of(one)
        if origin is None or not _ORIGIN_ALONE.fullmatch(one):
            # What stands before an @ may be a password.
            shown = one.rpartition("@")[2]
            raise ValueError(f"{shown!r} is no origin such as https://shop.example")
        origins.add(origin)
    return frozenset(origins)


def is_same_server(origin: str, host: str) -> bool:
    """Return whether `origin` names the server that a request's `Host` header names.

    The scheme is the origin's: a server behind a proxy does not know which one the browser spoke.
    """
    normalised = origin_of(origin)
    scheme = origin.partition(":")[0]
    return normalised is not None and normalised == origin_of(f"{scheme}://{host}")


def _as_sent(host: str) -> str:
    """Return a host as it travels: IDNA for names outside ASCII, IPv6 in its short form."""
    if ":" in host:
        return f"[{ipaddress.IPv6Address(host).compressed}]"
    if host.isascii():
        return host
    # Loaded only for such a name. The codec of the standard library is that of 2003, which turns
    # `straße` into another domain than browsers do.
    import httpx

    try:
        return httpx.URL(f"http://{host}").raw_host.decode("ascii")
    except httpx.InvalidURL as error:
        raise ValueError(str(error)) from error
