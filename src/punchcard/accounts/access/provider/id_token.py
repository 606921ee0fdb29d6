"""The provider's signed word of who somebody is: an ID token, checked whole.

OpenID Connect Core 1.0, section 3.1.3.7. The signature is checked by PyJWT, with keys of the
provider's own document and with three algorithms that nobody but the provider can sign with: no
`none`, and no HS256, whose key would be one that we hold as well.
"""

import hmac
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from punchcard.accounts.access.provider.errors import ProviderAnswerInvalid
from punchcard.accounts.access.provider.provider_http import Document

_log = logging.getLogger(__name__)

ALGORITHMS: Final = {"RS256": "RSA", "PS256": "RSA", "ES256": "EC"}
"""What may have signed a token, and the type of its key (RFC 7518, section 3.1)."""

SKEW: Final = timedelta(seconds=60)
"""How wrong the provider's clock or ours may be."""
_OLDEST: Final = timedelta(minutes=10)
_TOKEN_CHARACTERS: Final = 32_768
_SUBJECT_CHARACTERS: Final = 255
_EMAIL_CHARACTERS: Final = 254
_REASON_CHARACTERS: Final = 200
_LEAST_RSA_BITS: Final = 2048

KeysOf = Callable[[str | None], list[Document]]


@dataclass(frozen=True, kw_only=True)
class ProviderAccount:
    """Whom the provider has signed in: `subject` is theirs for good, `email` is what it says now.

    `authenticated_at` is when they showed it who they are, None where it does not say.
    """

    issuer: str
    subject: str
    email: str | None
    is_verified: bool
    amr: frozenset[str]
    acr: str | None
    authenticated_at: datetime | None


def check_id_token(
    token: Any, *, issuer: str, client_id: str, nonce: str, keys_of: KeysOf, now: datetime
) -> ProviderAccount:
    """Return whom an ID token names. Raises ProviderAnswerInvalid, and what `keys_of` raises."""
    if not isinstance(token, str) or len(token) > _TOKEN_CHARACTERS:
        raise _refused("there is none, or it is too long")
    claims = _verified(token, client_id, issuer, keys_of)
    _check_times(claims, now)
    _check_party(claims, client_id)
    told = claims.get("nonce")
    # JSON can tell half a character (RFC 8259, section 8.2); ours is of ASCII alone.
    if not (isinstance(told, str) and told.isascii() and hmac.compare_digest(told, nonce)):
        raise _refused("its nonce is of another request")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= _SUBJECT_CHARACTERS:
        raise _refused("its sub is missing, too long, or has characters that no sub has")
    if not subject.isascii() or not subject.isprintable():
        raise _refused("its sub is missing, too long, or has characters that no sub has")
    amr, acr = claims.get("amr"), claims.get("acr")
    return ProviderAccount(
        issuer=issuer,
        subject=subject,
        email=_address(claims.get("email")),
        # True and nothing else: the word "true" of some providers is no promise by the protocol.
        is_verified=claims.get("email_verified") is True,
        amr=frozenset(one for one in amr if isinstance(one, str))
        if isinstance(amr, list)
        else frozenset(),
        acr=acr if isinstance(acr, str) else None,
        authenticated_at=_moment(claims["auth_time"]) if "auth_time" in claims else None,
    )


def _verified(token: str, client_id: str, issuer: str, keys_of: KeysOf) -> dict[str, Any]:
    """Return the claims of a token that one of the provider's keys has signed for us."""
    import jwt

    try:
        header = jwt.get_unverified_header(token)
        algorithm, key_id = header.get("alg"), header.get("kid")
        if algorithm not in ALGORITHMS or not isinstance(key_id, str | None):
            raise _refused(f"alg must be one of {', '.join(ALGORITHMS)}")
        claims: dict[str, Any] = jwt.decode(
            token,
            _key(keys_of(key_id), algorithm),
            algorithms=[algorithm],
            audience=client_id,
            issuer=issuer,
            # Times are checked by the server's own clock.
            options={
                "require": ["iss", "sub", "aud", "exp", "iat"],
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
            },
        )
    # RecursionError: brackets within brackets, a few thousand deep. The others: half a character,
    # or a list where a text belongs.
    except (jwt.PyJWTError, RecursionError, ValueError, TypeError) as error:
        reason = f"{type(error).__name__}: {error}"[:_REASON_CHARACTERS]
        raise _refused("".join(filter(str.isprintable, reason))) from error
    return claims


def _address(told: Any) -> str | None:
    """Return an address in small letters, None for what can be none."""
    if not isinstance(told, str) or "@" not in told or len(told) > _EMAIL_CHARACTERS:
        return None
    address = told.strip().lower()
    return address if address.isprintable() else None


def _key(candidates: list[Document], algorithm: str) -> RSAPublicKey | EllipticCurvePublicKey:
    """Return the one key that may sign with `algorithm`; where several may, none is guessed."""
    import jwt

    good = [
        one
        for one in candidates
        if one.get("kty") == ALGORITHMS[algorithm]
        and one.get("use", "sig") == "sig"
        and one.get("alg", algorithm) == algorithm
        and (algorithm != "ES256" or one.get("crv") == "P-256")
    ]
    if len(good) != 1:
        raise _refused(f"{len(good)} keys of the provider's fit it, where one must")
    key = jwt.PyJWK(good[0], algorithm=algorithm).key
    if isinstance(key, RSAPublicKey) and key.key_size >= _LEAST_RSA_BITS:
        return key
    if isinstance(key, EllipticCurvePublicKey):
        return key
    # Or a private key that the provider has shown to everybody.
    raise _refused(f"its key is not a public one of {_LEAST_RSA_BITS} bits or more")


def _check_times(claims: dict[str, Any], now: datetime) -> None:
    made, ends = _moment(claims["iat"]), _moment(claims["exp"])
    begins = _moment(claims["nbf"]) if "nbf" in claims else made
    # It was asked for a moment ago: an older one was made for somebody else's request.
    is_old = now >= ends + SKEW or now - made > _OLDEST + SKEW
    if is_old or made > now + SKEW or begins > now + SKEW:
        apart = (now - made).total_seconds()
        raise _refused(f"it was made {apart:+.0f} s before now; compare both clocks if it is new")


def _check_party(claims: dict[str, Any], client_id: str) -> None:
    """Refuse a token that is for others as well, unless it says that it was given to us."""
    audience, party = claims["aud"], claims.get("azp")
    is_for_others = isinstance(audience, list) and len(audience) > 1
    if (is_for_others or party is not None) and party != client_id:
        raise _refused("it was made for other clients too, or given to another")


def _moment(told: Any) -> datetime:
    if isinstance(told, bool) or not isinstance(told, int | float):
        raise _refused("a time in it is not a number of seconds")
    try:
        return datetime.fromtimestamp(told, UTC)
    except (ValueError, OverflowError, OSError):
        raise _refused("a time in it is not a number of seconds") from None


def _refused(reason: str) -> ProviderAnswerInvalid:
    """Return the refusal, which tells nobody why: that is for the operator's log."""
    _log.warning("A token of the identity provider is refused: %s.", reason)
    return ProviderAnswerInvalid()
