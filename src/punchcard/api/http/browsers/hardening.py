"""What browsers are told about every response: what it may run, where it may be shown."""

from collections.abc import Mapping
from typing import Final

HSTS: Final = (b"strict-transport-security", b"max-age=31536000")
"""For a year: this name is reached by https alone. Only said where BASE_URL is https."""

SHOWN_ANYWHERE: Final = {"Cross-Origin-Resource-Policy": "cross-origin"}
"""For pictures that other sites show: a wallet, a mail in a browser, the shop's own site."""

_ALWAYS: Final = [(b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer")]
_OWN_SITE: Final = (b"cross-origin-resource-policy", b"same-origin")
# Data is no page: opened as one, it loads nothing, runs nothing, and stands in nobody's frame.
_INERT: Final = (
    b"content-security-policy",
    b"default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
)
# Ours and anybody's, and every customer waits for them on a slow line: neither pages nor data.
_STYLES: Final = b"text/css"
# A worker takes the policy of its script for all that it does.
_OF_WORKERS: Final = (b"text/javascript", b"application/javascript")


class Hardening:
    """The headers that a response gets beside its own."""

    def __init__(self, *, is_https: bool) -> None:
        self._always = [*_ALWAYS, HSTS] if is_https else list(_ALWAYS)
        self._with_all = [*self._always, _OWN_SITE, _INERT]

    def headers(self, given: Mapping[bytes, bytes]) -> list[tuple[bytes, bytes]]:
        """Return what to add to the headers `given`, by name; whatever they say of it stays."""
        kind = given.get(b"content-type", b"")
        if kind.startswith(_STYLES):
            return self._always
        has_policy = b"content-security-policy" in given
        is_script = kind.startswith(_OF_WORKERS)
        if not has_policy and not is_script and _OWN_SITE[0] not in given:
            return self._with_all
        added = list(self._always)
        if _OWN_SITE[0] not in given:
            added.append(_OWN_SITE)
        if not has_policy and not is_script:
            added.append(_INERT)
        return added
