"""What a domain of a shop's own may be called, and what a Host header names."""

import ipaddress
import re
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

import idna

from punchcard.kit.i18n import N_
from punchcard.kit.validation.invalid import InvalidValue

_NOT_A_DOMAIN: Final = N_("Must be a domain such as cards.bakery.example.")
_OURS: Final = N_("This domain belongs to the server itself.")
_LABEL: Final = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN: Final = re.compile(rf"({_LABEL}\.)+{_LABEL}")
_DIGITS: Final = re.compile(r"[0-9]+")
# What a browser sends as host and port (RFC 3986, section 3.2): a name, or a number in brackets.
_HOST: Final = re.compile(r"(?P<host>[A-Za-z0-9._~-]{1,254}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{0,5})?")
# Names that lead nowhere outside (RFC 6761, RFC 6762, RFC 8375, RFC 9476).
_NOWHERE: Final = frozenset(
    {"alt", "arpa", "internal", "invalid", "lan", "local", "localdomain", "localhost", "onion"}
)
DOMAIN_CHARACTERS: Final = 253


def own_domain(text: str, *, base_url: str) -> str:
    """Return a domain that was typed as DNS writes it (IDNA 2008, RFC 5891).

    `base_url` is the server's own address: that host and what is below it is nobody else's.
    Raises InvalidValue.
    """
    typed = text.strip().removesuffix(".")
    if "://" in typed or len(typed) > DOMAIN_CHARACTERS:
        raise InvalidValue(_NOT_A_DOMAIN)
    try:
        domain = idna.encode(typed, uts46=True, std3_rules=True).decode().lower()
    except (idna.IDNAError, UnicodeError):
        raise InvalidValue(_NOT_A_DOMAIN) from None
    last = domain.rpartition(".")[2]
    if not _DOMAIN.fullmatch(domain) or len(domain) > DOMAIN_CHARACTERS:
        raise InvalidValue(_NOT_A_DOMAIN)
    if last in _NOWHERE or _DIGITS.fullmatch(last):
        raise InvalidValue(_NOT_A_DOMAIN)
    ours = host_of(base_url)
    if domain == ours or domain.endswith(f".{ours}"):
        raise InvalidValue(_OURS)
    return domain


def host_of(base_url: str) -> str:
    """Return the host of an address of ours, as DNS writes it."""
    host = (urlsplit(base_url).hostname or "").removesuffix(".")
    if host.isascii():
        return host.lower()
    try:
        return idna.encode(host, uts46=True).decode()
    except idna.IDNAError:
        return host


@lru_cache(maxsize=1024)
def named_host(header: bytes) -> str | None:
    """Return the host that a Host header names: small letters, no port, no dot at its end.

    None for what can be none: then nobody knows whose pages are asked for.
    """
    found = _HOST.fullmatch(header.decode("latin-1").strip(" \t"))
    if found is None:
        return None
    host = found["host"].lower()
    if host.startswith("["):
        try:
            return str(ipaddress.IPv6Address(host[1:-1]))
        except ValueError:
            return None
    host = host.removesuffix(".")
    return host if host and ".." not in host and not host.startswith(".") else None
