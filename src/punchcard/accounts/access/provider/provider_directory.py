"""What the provider says of itself: where it is asked, and the keys that it signs with.

OpenID Connect Discovery 1.0, sections 3 and 4; RFC 7517 for keys. Both are kept for a while. A key
that is not known is asked for once more, though not more often than `oidc_refetch_seconds`: so keys
may change at any time, and who sends forged tokens makes nobody ask.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Generic, TypeVar

from punchcard.accounts.access.provider.errors import ProviderAway
from punchcard.accounts.access.provider.provider_http import AsksProvider, Document
from punchcard.kit.clock import Clock
from punchcard.kit.environment.provider_settings import is_safe_address
from punchcard.kit.settings import Settings

_WELL_KNOWN: Final = "/.well-known/openid-configuration"
_KEYS_LIMIT: Final = 100
_RETRY_AFTER_SECONDS: Final = 5
_Fetched = TypeVar("_Fetched")


@dataclass(frozen=True, kw_only=True)
class ProviderFacts:
    """Where the provider is asked. `tells_issuer`: its answers name it (RFC 9207)."""

    issuer: str
    authorization: str
    token: str
    keys: str
    end_session: str | None
    takes_basic: bool
    tells_issuer: bool


@dataclass(slots=True)
class _Kept(Generic[_Fetched]):
    found: _Fetched
    at: datetime


class ProviderDirectory:
    """Knows the provider's addresses and keys; may be asked from several threads.

    One of them asks the provider; the others wait `patience_seconds` for it and are refused then,
    so that a provider that hangs has one thread of the server and not all of them.
    """

    def __init__(
        self,
        *,
        http: AsksProvider,
        clock: Clock,
        settings: Settings,
        patience_seconds: float = 1.0,
    ) -> None:
        self._http = http
        self._clock = clock
        self._issuer = settings.oidc_issuer
        self._fresh = timedelta(minutes=settings.oidc_refresh_minutes)
        self._pause = timedelta(seconds=settings.oidc_refetch_seconds)
        self._patience_seconds = patience_seconds
        self._turn = threading.Lock()
        self._facts: _Kept[ProviderFacts] | None = None
        self._keys: _Kept[list[Document]] | None = None

    def facts(self) -> ProviderFacts:
        """Return where the provider is asked. Raises ProviderAway."""
        with self._alone():
            return self._current_facts()

    @property
    def known_facts(self) -> ProviderFacts | None:
        """Return what was told last, without asking; None before anybody asked."""
        kept = self._facts
        return kept.found if kept is not None else None

    def keys(self, key_id: str | None) -> list[Document]:
        """Return the keys that may have signed a token that names `key_id`, or names none.

        Raises ProviderAway.
        """
        with self._alone():
            kept = self._keys
            if kept is None or not self._is_within(kept.at, self._fresh):
                kept = self._fetch_keys()
            found = _named(kept.found, key_id)
            if not found and not self._is_within(kept.at, self._pause):
                found = _named(self._fetch_keys().found, key_id)
            return found

    @contextmanager
    def _alone(self) -> Iterator[None]:
        if not self._turn.acquire(timeout=self._patience_seconds):
            raise ProviderAway(retry_after_seconds=_RETRY_AFTER_SECONDS)
        try:
            yield
        finally:
            self._turn.release()

    def _current_facts(self) -> ProviderFacts:
        kept = self._facts
        if kept is None or not self._is_within(kept.at, self._fresh):
            told = self._http.get(self._issuer.removesuffix("/") + _WELL_KNOWN)
            kept = self._facts = _Kept(self._read(told), self._clock.now())
        return kept.found

    def _fetch_keys(self) -> _Kept[list[Document]]:
        told = self._http.get(self._current_facts().keys).get("keys")
        if not isinstance(told, list):
            raise ProviderAway
        found = [one for one in told[:_KEYS_LIMIT] if isinstance(one, dict)]
        self._keys = _Kept(found, self._clock.now())
        return self._keys

    def _read(self, told: Document) -> ProviderFacts:
        # Another issuer than the one that was asked would be a mix-up (section 4.3).
        if told.get("issuer") != self._issuer:
            raise ProviderAway
        end = told.get("end_session_endpoint")
        methods = told.get("token_endpoint_auth_methods_supported")
        return ProviderFacts(
            issuer=self._issuer,
            authorization=self._address(told.get("authorization_endpoint")),
            token=self._address(told.get("token_endpoint")),
            keys=self._address(told.get("jwks_uri")),
            end_session=self._address(end) if end is not None else None,
            # What is not told is Basic (section 3).
            takes_basic=not isinstance(methods, list) or "client_secret_basic" in methods,
            tells_issuer=told.get("authorization_response_iss_parameter_supported") is True,
        )

    def _address(self, told: Any) -> str:
        """Return an address of the provider; one that is asked less safely than the issuer is none.

        Raises ProviderAway.
        """
        is_good = isinstance(told, str) and is_safe_address(told)
        if not is_good or (self._issuer.startswith("https:") and not told.startswith("https:")):
            raise ProviderAway
        return str(told)

    def _is_within(self, at: datetime, span: timedelta) -> bool:
        # Later than now: the clock was put back since.
        return timedelta() <= self._clock.now() - at < span


def _named(keys: list[Document], key_id: str | None) -> list[Document]:
    return [one for one in keys if key_id is None or one.get("kid") == key_id]
