"""The service account: who this server is to Google, its tokens and its signatures."""

import json
import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from punchcard.kit.clock import Clock
from punchcard.wallets.google.google_errors import GoogleAway, GoogleNeedsOperator

if TYPE_CHECKING:
    import httpx

_SCOPE: Final = "https://www.googleapis.com/auth/wallet_object.issuer"
_GRANT: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_LIFETIME: Final = timedelta(minutes=55)
_EARLY: Final = timedelta(minutes=5)
# A clock that runs ahead of Google's would make a signature "not valid yet".
_SKEW: Final = timedelta(seconds=10)


class ServiceAccountUnreadable(ValueError):
    """The service account that was set is not the JSON file that Google hands out."""


@dataclass(frozen=True)
class ServiceAccount:
    """The account's address and its key, which is read once."""

    email: str
    key_id: str | None
    key: RSAPrivateKey = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> "ServiceAccount":
        """Read Google's JSON file. Raises ServiceAccountUnreadable, which never shows the key."""
        try:
            told = json.loads(text)
            key = load_pem_private_key(told["private_key"].encode(), password=None)
            email, key_id = told["client_email"], told.get("private_key_id")
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ServiceAccountUnreadable(
                "PUNCHCARD_GOOGLE_SERVICE_ACCOUNT is not the JSON key file of a service account:"
                f" {type(error).__name__}"
            ) from None
        if not isinstance(key, RSAPrivateKey):
            raise ServiceAccountUnreadable("The service account's key must be an RSA key.")
        return cls(email, key_id, key)

    def sign(self, claims: dict[str, Any]) -> str:
        """Return `claims` as a JWT (RS256)."""
        import jwt

        headers = {"kid": self.key_id} if self.key_id else None
        return jwt.encode(claims, self.key, algorithm="RS256", headers=headers)


class TokenSource:
    """Gives access tokens; however many ask at once, one request fetches a new one."""

    def __init__(
        self, account: ServiceAccount, http: "httpx.Client", *, token_url: str, clock: Clock
    ) -> None:
        self._account = account
        self._http = http
        self._token_url = token_url
        self._clock = clock
        self._turn = threading.Lock()
        self._token = ""
        self._got_at = clock.now()
        self._renew_at: datetime | None = None

    def get(self) -> str:
        """Return a token that is good for some minutes yet.

        Raises GoogleAway, or GoogleNeedsOperator when the account is not accepted.
        """
        with self._turn:
            now = self._clock.now()
            # One that was got later than now was got before the clock was put back.
            if self._renew_at is None or not self._got_at <= now < self._renew_at:
                self._token, lifetime = self._fetch(now)
                self._got_at, self._renew_at = now, now + lifetime - _EARLY
            return self._token

    def drop(self, token: str) -> None:
        """Forget a token that was refused, unless a newer one has taken its place already."""
        with self._turn:
            if token == self._token:
                self._renew_at = None

    def _fetch(self, now: datetime) -> tuple[str, timedelta]:
        import httpx

        claims = {
            "iss": self._account.email,
            "scope": _SCOPE,
            "aud": self._token_url,
            "iat": int((now - _SKEW).timestamp()),
            "exp": int((now + _LIFETIME).timestamp()),
        }
        form = {"grant_type": _GRANT, "assertion": self._account.sign(claims)}
        try:
            response = self._http.post(self._token_url, data=form)
        except httpx.TransportError as error:
            raise GoogleAway(f"no token: {type(error).__name__}") from error
        if response.status_code in (400, 401, 403):
            raise GoogleNeedsOperator(
                f"no token: the service account is refused ({_why(response)})"
            )
        try:
            told = response.raise_for_status().json()
            return str(told["access_token"]), timedelta(seconds=int(told["expires_in"]))
        except (httpx.HTTPStatusError, ValueError, KeyError, TypeError) as error:
            raise GoogleAway(f"no token: HTTP {response.status_code}") from error


def _why(response: "httpx.Response") -> str:
    try:
        return str(response.json()["error"])[:100]
    except (ValueError, KeyError, TypeError):
        return f"HTTP {response.status_code}"
