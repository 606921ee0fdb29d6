"""To the provider and back: the authorization code flow with PKCE, state and nonce.

OpenID Connect Core 1.0, section 3.1; RFC 7636 (S256); RFC 9700 for what a careful client does.
Nothing is kept here: what a request was begun with is sealed into a cookie of the browser that
began it, so an answer counts in that browser alone.
"""

import base64
import hashlib
import hmac
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode, urlsplit, urlunsplit

from punchcard.accounts.access.provider.errors import (
    ProviderAnswerInvalid,
    ProviderAway,
    ProviderDeclined,
    ProviderNotSet,
)
from punchcard.accounts.access.provider.id_token import ProviderAccount, check_id_token
from punchcard.accounts.access.provider.provider_directory import ProviderDirectory, ProviderFacts
from punchcard.accounts.access.provider.provider_http import AsksProvider
from punchcard.accounts.errors import LinkInvalid
from punchcard.accounts.links import LinkTokens
from punchcard.kit.clock import Clock
from punchcard.kit.ids import Ids
from punchcard.kit.settings import Settings

CALLBACK_PATH: Final = "/sign-in/provider/back"
"""Where the provider sends people back to, below BASE_URL: it must be told of this address."""

_log = logging.getLogger(__name__)
_OK: Final = 200
_FAILED: Final = 500
# RFC 6749, section 5.2: what the operator has set is wrong.
_OURS: Final = ("invalid_client", "unauthorized_client", "unsupported_grant_type")
_CODE_CHARACTERS: Final = 4096
_NEXT_CHARACTERS: Final = 400
_WORD_CHARACTERS: Final = 100
_EPOCH: Final = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
_MICROSECOND: Final = timedelta(microseconds=1)


@dataclass(frozen=True, kw_only=True)
class AuthorizationRequest:
    """A request that begins: where to send the browser, and what it is to keep meanwhile."""

    address: str
    kept: str


@dataclass(frozen=True, kw_only=True)
class AuthorizationResponse:
    """What the browser brings back in the address; empty where there is none of it."""

    state: str
    code: str
    error: str
    issuer: str


@dataclass(frozen=True, kw_only=True)
class AuthorizationResult:
    """Who came back: `asked_at` is when the request began, `wanted` where they meant to go.

    `confirms` is the session that it was to confirm, None where it was to sign in.
    """

    account: ProviderAccount
    asked_at: datetime
    wanted: str
    confirms: str | None


class AuthorizationFlow:
    """Sends people to the provider, and reads what they bring back."""

    def __init__(
        self,
        *,
        http: AsksProvider,
        directory: ProviderDirectory,
        clock: Clock,
        ids: Ids,
        settings: Settings,
    ) -> None:
        self._http = http
        self._directory = directory
        self._clock = clock
        self._ids = ids
        self._issuer = settings.oidc_issuer
        self._client_id = settings.oidc_client_id
        self._client_secret = settings.oidc_client_secret
        self._scopes = settings.oidc_scopes
        self._life = timedelta(minutes=settings.oidc_sign_in_minutes)
        self._callback = settings.base_url.removesuffix("/") + CALLBACK_PATH
        self._tokens = LinkTokens(settings.keys, "provider visit", clock)

    @property
    def is_set(self) -> bool:
        """Return whether the operator has set a provider up."""
        return bool(self._issuer)

    def is_of(self, issuer: str) -> bool:
        """Return whether this is the provider that is set up, and not one of before."""
        return self.is_set and issuer == self._issuer

    def begin(self, *, wanted: str, confirms: str | None = None) -> AuthorizationRequest:
        """Begin a request; with `confirms`, a session's id, the provider asks the person anew.

        Raises ProviderNotSet, ProviderAway.
        """
        if not self.is_set:
            raise ProviderNotSet
        facts = self._directory.facts()
        now = self._clock.now()
        state, nonce, verifier = (self._ids.new_token() for _ in range(3))
        kept = {
            "state": state,
            "nonce": nonce,
            "verifier": verifier,
            "wanted": wanted if len(wanted) <= _NEXT_CHARACTERS else "",
            "confirms": confirms,
            "asked": (now - _EPOCH) // _MICROSECOND,
        }
        asked = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": self._callback,
            "scope": self._scopes,
            "state": state,
            "nonce": nonce,
            "code_challenge": _challenge(verifier),
            "code_challenge_method": "S256",
        }
        if confirms is not None:
            asked |= {"prompt": "login", "max_age": "0"}
        return AuthorizationRequest(
            address=_with_query(facts.authorization, asked),
            kept=self._tokens.issue(kept, expires_at=now + self._life),
        )

    def finish(self, kept: str, answer: AuthorizationResponse) -> AuthorizationResult:
        """Return who came back, from a browser that `kept` what `begin` gave it.

        Raises ProviderAnswerInvalid, ProviderDeclined, ProviderAway, ProviderNotSet.
        """
        if not self.is_set:
            raise ProviderNotSet
        asked = self._read(kept, answer.state)
        facts = self._directory.facts()
        # An answer of another provider, or of none where ours always says which it is (RFC 9207).
        if answer.issuer != facts.issuer and (answer.issuer or facts.tells_issuer):
            _log.warning("An answer to a sign-in does not say that it is of %s.", facts.issuer)
            raise ProviderAnswerInvalid
        if answer.error:
            # What the provider says of it (RFC 6749, section 4.1.2.1), made one short word.
            _log.warning("The identity provider declined: %s", _word(answer.error))
            raise ProviderDeclined
        if not 0 < len(answer.code) <= _CODE_CHARACTERS:
            raise ProviderAnswerInvalid
        account = check_id_token(
            self._redeem(facts, answer.code, asked["verifier"]),
            issuer=facts.issuer,
            client_id=self._client_id,
            nonce=asked["nonce"],
            keys_of=self._directory.keys,
            now=self._clock.now(),
        )
        return AuthorizationResult(
            account=account,
            asked_at=_EPOCH + asked["asked"] * _MICROSECOND,
            wanted=asked["wanted"],
            confirms=asked["confirms"],
        )

    def farewell(self) -> str | None:
        """Return where one is signed out at the provider too, None if that is not to be had.

        OpenID Connect RP-Initiated Logout 1.0, section 2. Only what is known already is used: who
        signs out waits for nobody.
        """
        facts = self._directory.known_facts if self.is_set else None
        if facts is None or facts.end_session is None:
            return None
        back = self._callback.removesuffix(CALLBACK_PATH) + "/sign-in"
        asked = {"client_id": self._client_id, "post_logout_redirect_uri": back}
        return _with_query(facts.end_session, asked)

    def _read(self, kept: str, state: str) -> dict[str, Any]:
        try:
            asked = self._tokens.read(kept)
        except LinkInvalid:
            raise ProviderAnswerInvalid from None
        if not hmac.compare_digest(str(asked["state"]).encode(), state.encode("utf-8", "replace")):
            raise ProviderAnswerInvalid
        return asked

    def _redeem(self, facts: ProviderFacts, code: str, verifier: str) -> Any:
        """Return the ID token for a code. Raises ProviderAnswerInvalid, ProviderAway."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._callback,
            "code_verifier": verifier,
        }
        client = None
        if self._client_secret and facts.takes_basic:
            client = (self._client_id, self._client_secret)
        else:
            form["client_id"] = self._client_id
            if self._client_secret:
                form["client_secret"] = self._client_secret
        status, told = self._http.post(facts.token, form, client=client)
        if status != _OK:
            error = _word(told.get("error", ""))
            _log.warning("The identity provider gave no token: %d %s", status, error)
            # Any other refusal is about the code, which is of whoever came back.
            raise ProviderAway if status >= _FAILED or error in _OURS else ProviderAnswerInvalid
        return told.get("id_token")


def _word(told: Any) -> str:
    return "".join(letter for letter in str(told)[:_WORD_CHARACTERS] if letter.isprintable())


def _challenge(verifier: str) -> str:
    """Return what PKCE shows of a verifier first (RFC 7636, section 4.2)."""
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _with_query(address: str, asked: dict[str, str]) -> str:
    parts = urlsplit(address)
    query = "&".join(one for one in (parts.query, urlencode(asked)) if one)
    return urlunsplit(parts._replace(query=query, fragment=""))
