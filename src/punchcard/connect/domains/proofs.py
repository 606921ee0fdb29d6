"""Where a shop shows that a domain is its own: a TXT record, or a file at the domain."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, Protocol

from punchcard.connect.webhooks.retry_rules import WebhookAnswer

if TYPE_CHECKING:
    from dns.resolver import Resolver

RECORD_PREFIX: Final = "_punchcard."
"""The name of the record is this and the domain: so it stands beside a CNAME of the domain."""
VALUE_PREFIX: Final = "punchcard-domain="
FILE_PATH: Final = "/.well-known/punchcard-domain"
"""Below `/.well-known/` (RFC 8615)."""

LookUpTexts = Callable[[str], Sequence[str]]
"""Gives the TXT records of a name, none where there are none or nobody says so in time."""


class GetsPages(Protocol):
    """What fetches a page from outside."""

    def get(self, url: str) -> WebhookAnswer:
        """Fetch the beginning of `url`; whatever happens is an answer."""


def record_name(domain: str) -> str:
    """Return the name of the TXT record that proves a domain."""
    return RECORD_PREFIX + domain


def shown_value(proof: str) -> str:
    """Return what the record or the file holds."""
    return VALUE_PREFIX + proof


class DomainProofs:
    """Looks for what proves a domain: in DNS first, then at the domain itself, by https."""

    def __init__(self, look_up_texts: LookUpTexts, http: GetsPages) -> None:
        self._look_up_texts = look_up_texts
        self._http = http

    def is_shown(self, domain: str, proof: str) -> bool:
        """Return whether a domain shows the proof now; takes the time of both looks at most."""
        wanted = shown_value(proof)
        if wanted in (text.strip() for text in self._look_up_texts(record_name(domain))):
            return True
        answer = self._http.get(f"https://{domain}{FILE_PATH}")
        return answer.status == 200 and answer.excerpt.strip() == wanted


def dns_texts(timeout_seconds: float, *, resolver: "Resolver | None" = None) -> LookUpTexts:
    """Return what asks name servers for TXT records (RFC 1035, section 3.3.14).

    `resolver` knows which to ask; without one the system's are asked.
    """

    def look_up(name: str) -> list[str]:
        # Loaded with the first question: most servers have no shop with a domain of its own.
        import dns.exception
        import dns.resolver

        asked = resolver or dns.resolver.Resolver()
        try:
            # With a dot at its end: a search list of the server's own is not looked through.
            answer = asked.resolve(f"{name}.", "TXT", search=False, lifetime=timeout_seconds)
        except dns.exception.DNSException:
            return []
        # What is longer than 255 bytes is kept in parts.
        return [b"".join(one.strings).decode("utf-8", "replace") for one in answer]

    return look_up
