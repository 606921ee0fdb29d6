"""Where webhooks may be sent: what an address must look like, and which machines it may lead to.

A shop types the address, the server goes there: it must not become a way into the operator's own
network. The address is read once and strictly; its name is resolved once for each attempt, and what
was checked is what is connected to (`webhooks/wire.py`).
"""

import ipaddress
import re
from collections.abc import Sequence
from typing import Final, NamedTuple
from urllib.parse import urlsplit

import idna

from punchcard.kit.i18n import N_
from punchcard.kit.validation.invalid import InvalidValue
from punchcard.kit.validation.networks import IpAddress, IpNetwork, is_public, is_within

URL_CHARACTERS: Final = 2000
HTTPS_PORT: Final = 443
_HTTP_PORT: Final = 80
_FIRST_FREE_PORT: Final = 1024
_LARGEST_PORT: Final = 65_535

_NOT_AN_ADDRESS: Final = N_("Must be an address such as https://shop.example/webhooks.")
_NOT_HTTPS: Final = N_("Must be an address that starts with https://.")
_NO_CREDENTIALS: Final = N_("Must not hold a user name or password.")
_NO_FRAGMENT: Final = N_("Must not hold a # and what follows it.")
_NOT_PUBLIC: Final = N_("Must not lead into a network that is not public.")
_BAD_PORT: Final = N_("The port must be 443, or 1024 or above.")

_LABELS = re.compile(
    r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*"
)
_NUMBER = re.compile(r"0[xX][0-9a-fA-F]*|[0-9]+")
_ODD = re.compile(r"[\x00-\x20\x7f-\x9f\\<>\"`{}|^]")


class Destination(NamedTuple):
    """An address in its parts: `host` is a name as DNS writes it, or a number without brackets."""

    is_https: bool
    host: str
    port: int
    target: str

    @property
    def number(self) -> IpAddress | None:
        """Return the host as an IP address, None where it is a name."""
        try:
            return ipaddress.ip_address(self.host)
        except ValueError:
            return None

    @property
    def authority(self) -> str:
        """Return host and port as an address has them, without the usual port."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = HTTPS_PORT if self.is_https else _HTTP_PORT
        return host if self.port == usual else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """Return the address in its one form."""
        return f"{'https' if self.is_https else 'http'}://{self.authority}{self.target}"


def webhook_address(text: str, *, networks: Sequence[IpNetwork]) -> str:
    """Return an address as it is kept, if something may be sent to it for all one can see now.

    `networks` are those of the operator's own that may be reached, by http and at any port too.
    Where a name leads to is seen when it is used. Raises InvalidValue.
    """
    destination = read_address(text)
    number = destination.number
    if number is not None:
        _check(obstacle_to(destination, number, networks))
    elif not networks:
        _check(_obstacle_in_public(destination))
    return destination.url


def read_address(text: str) -> Destination:
    """Return an address in its parts. Raises InvalidValue if it could be read in two ways."""
    if len(text) > URL_CHARACTERS or _ODD.search(text):
        raise InvalidValue(_NOT_AN_ADDRESS)
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise InvalidValue(_NOT_AN_ADDRESS) from None
    if parts.scheme not in ("https", "http"):
        raise InvalidValue(_NOT_HTTPS)
    if "@" in parts.netloc:
        raise InvalidValue(_NO_CREDENTIALS)
    if "#" in text:
        raise InvalidValue(_NO_FRAGMENT)
    is_https = parts.scheme == "https"
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if not target.isascii() or not 0 < (port if port is not None else 1) <= _LARGEST_PORT:
        raise InvalidValue(_NOT_AN_ADDRESS)
    usual = HTTPS_PORT if is_https else _HTTP_PORT
    return Destination(is_https, _host(parts.netloc, parts.hostname), port or usual, target)


def obstacle_to(
    destination: Destination, address: IpAddress, networks: Sequence[IpNetwork]
) -> str | None:
    """Return what keeps from sending to a machine's address, None if nothing does."""
    if is_within(address, networks):
        return None
    if not is_public(address):
        return _NOT_PUBLIC
    return _obstacle_in_public(destination)


def _obstacle_in_public(destination: Destination) -> str | None:
    if not destination.is_https:
        return _NOT_HTTPS
    if destination.port != HTTPS_PORT and destination.port < _FIRST_FREE_PORT:
        return _BAD_PORT
    return None


def _host(netloc: str, hostname: str | None) -> str:
    if not hostname:
        raise InvalidValue(_NOT_AN_ADDRESS)
    if netloc.startswith("["):
        try:
            return str(ipaddress.IPv6Address(hostname))
        except ValueError:
            raise InvalidValue(_NOT_AN_ADDRESS) from None
    host = _name(hostname).removesuffix(".")
    if not _LABELS.fullmatch(host) or len(host) > 253:
        raise InvalidValue(_NOT_AN_ADDRESS)
    if _NUMBER.fullmatch(host.rpartition(".")[2]):
        # 127.1, 0x7f000001, 2130706433 and 0177.0.0.1 are all one machine to who resolves them.
        try:
            return str(ipaddress.IPv4Address(host))
        except ValueError:
            raise InvalidValue(_NOT_AN_ADDRESS) from None
    return host


def _name(hostname: str) -> str:
    """Return a host's name as DNS writes it."""
    if hostname.isascii():
        return hostname.lower()
    try:
        return idna.encode(hostname, uts46=True, std3_rules=True).decode()
    except (idna.IDNAError, UnicodeError):
        raise InvalidValue(_NOT_AN_ADDRESS) from None


def _check(obstacle: str | None) -> None:
    if obstacle is not None:
        raise InvalidValue(obstacle)
