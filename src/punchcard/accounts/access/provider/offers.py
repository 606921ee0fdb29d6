"""An account of the provider that nobody here has linked, kept by the browser it came back to."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from punchcard.accounts.access.provider.id_token import ProviderAccount
from punchcard.accounts.errors import LinkInvalid
from punchcard.accounts.links import LinkTokens
from punchcard.kit.clock import Clock
from punchcard.kit.settings import Settings

_EPOCH: Final = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
_MICROSECOND: Final = timedelta(microseconds=1)


@dataclass(frozen=True, kw_only=True)
class IdentityOffer:
    """Whom the provider signed in, `email` confirmed by it, by a request that began `asked_at`."""

    issuer: str
    subject: str
    email: str
    asked_at: datetime


class IdentityOffers:
    """Seals offers and reads them; they last as long as a request may."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._tokens = LinkTokens(settings.keys, "identity offer", clock)
        self._life = timedelta(minutes=settings.oidc_sign_in_minutes)
        self._issuer = settings.oidc_issuer
        self._clock = clock

    def issue(self, account: ProviderAccount, asked_at: datetime) -> str:
        """Return the token of an account whose address the provider has confirmed."""
        facts = {
            "issuer": account.issuer,
            "subject": account.subject,
            "email": account.email,
            "asked": (asked_at - _EPOCH) // _MICROSECOND,
        }
        return self._tokens.issue(facts, expires_at=self._clock.now() + self._life)

    def read(self, token: str) -> IdentityOffer | None:
        """Return what was offered; None for what is forged, too old, or of another provider."""
        try:
            facts = self._tokens.read(token)
        except LinkInvalid:
            return None
        if facts["issuer"] != self._issuer:
            return None
        return IdentityOffer(
            issuer=facts["issuer"],
            subject=facts["subject"],
            email=facts["email"],
            asked_at=_EPOCH + facts["asked"] * _MICROSECOND,
        )
