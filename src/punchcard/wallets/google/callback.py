"""Google's notices that a pass was saved or deleted: who sent them, and what they say.

ECv2SigningOnly, as Google's Tink library defines it: a root key, which Google publishes, signs an
intermediate key, which signs the message. What is signed is framed by lengths, so that no part can
pass for another. The bytes are verified exactly as they came: JSON that is read and written again
is no longer what was signed.
"""

import json
import threading
from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.serialization import load_der_public_key

from punchcard.kit.clock import Clock
from punchcard.kit.errors import DomainError, Kind
from punchcard.kit.i18n import N_

if TYPE_CHECKING:
    import httpx

PROTOCOL: Final = "ECv2SigningOnly"
_SENDER: Final = "GooglePayPasses"
_ENVELOPE: Final = {"protocolVersion", "signature", "signedMessage", "intermediateSigningKey"}
_NONCE_CHARACTERS: Final = 100
_SIGNED_WITH: Final = ECDSA(hashes.SHA256())

_SHORTEST_KEEP: Final = timedelta(minutes=5)
_LONGEST_KEEP: Final = timedelta(days=7)
_PAUSE: Final = timedelta(seconds=60)


class NoticeMalformed(DomainError):
    """What came is not a notice of Google's."""

    code = "callback_malformed"
    kind = Kind.MALFORMED
    sentence = N_("This is not a notice as Google Wallet sends them.")


class NoticeNotGenuine(DomainError):
    """The signatures do not hold, or the notice is for someone else or too old."""

    code = "callback_not_genuine"
    kind = Kind.FORBIDDEN
    sentence = N_("This notice was not signed by Google Wallet for this server.")


class KeysAway(DomainError):
    """Google's public keys cannot be had at the moment; Google sends the notice again."""

    code = "busy"
    kind = Kind.BUSY
    sentence = N_("The server is busy. Please try again in a moment.")


@dataclass(frozen=True)
class RootKey:
    """One of the keys that Google publishes, and when it ends."""

    key: EllipticCurvePublicKey
    expires_at: datetime


@dataclass(frozen=True)
class Notice:
    """What a genuine notice says."""

    event: str
    class_id: str
    object_id: str | None
    nonce: str
    expires_at: datetime


def verify_notice(
    body: bytes, *, issuer_id: str, roots: Sequence[RootKey], now: datetime
) -> Notice:
    """Return what a notice says, once it is known to be Google's, for `issuer_id`, and in time.

    Raises NoticeMalformed or NoticeNotGenuine.
    """
    try:
        envelope = json.loads(body)
        if set(envelope) != _ENVELOPE or envelope["protocolVersion"] != PROTOCOL:
            raise NoticeMalformed
        signed_key = envelope["intermediateSigningKey"]["signedKey"]
        signatures = envelope["intermediateSigningKey"]["signatures"]
        message, signature = envelope["signedMessage"], _bytes(envelope["signature"])
        framed_key = _framed(_SENDER, PROTOCOL, signed_key)
        framed_message = _framed(_SENDER, issuer_id, PROTOCOL, message)
        _check_intermediate(framed_key, [_bytes(one) for one in signatures], roots, now)
        if not _is_signed(_intermediate(signed_key, now), signature, framed_message):
            raise NoticeNotGenuine
        return _notice(json.loads(message), issuer_id, now)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError):
        raise NoticeMalformed from None


def root_keys(document: bytes, now: datetime) -> list[RootKey]:
    """Return the keys of Google's document that speak this protocol and have not ended.

    A key that names no end is left out. Raises ValueError when it is not such a document.
    """
    try:
        return [
            RootKey(_public_key(told["keyValue"]), _moment(told["keyExpiration"]))
            for told in json.loads(document)["keys"]
            if told.get("protocolVersion") == PROTOCOL
            and told.get("keyExpiration")
            and _moment(told["keyExpiration"]) > now
        ]
    except (KeyError, TypeError, AttributeError, RecursionError, OverflowError) as error:
        raise ValueError("not a document of public keys") from error


class RootKeys:
    """Google's root keys, fetched when first needed and again when half of their time is over.

    A wrong signature never makes it fetch: strangers can send those as often as they like.
    """

    def __init__(self, http: "httpx.Client", *, url: str, clock: Clock) -> None:
        self._http = http
        self._url = url
        self._clock = clock
        self._turn = threading.Lock()
        self._keys: list[RootKey] = []
        self._renew_at = datetime.min.replace(tzinfo=UTC)

    def current(self) -> list[RootKey]:
        """Return the keys that are good now. Raises KeysAway when there is none."""
        now = self._clock.now()
        # While one caller fetches, the others go on with the keys there are.
        if now >= self._renew_at and self._turn.acquire(blocking=not self._live(now)):
            try:
                self._renew(now)
            finally:
                self._turn.release()
        live = self._live(now)
        if not live:
            raise KeysAway(retry_after_seconds=int(_PAUSE.total_seconds()))
        return live

    def _live(self, now: datetime) -> list[RootKey]:
        return [root for root in self._keys if root.expires_at > now]

    def _renew(self, now: datetime) -> None:
        if now < self._renew_at:
            return
        import httpx

        # Set first: a failure is not tried again at once.
        self._renew_at = now + _PAUSE
        try:
            response = self._http.get(self._url).raise_for_status()
            keys = root_keys(response.content, now)
        except (httpx.HTTPError, ValueError):
            return
        if keys:
            self._keys = keys
            ends = min(root.expires_at for root in keys) - now
            keep = min(_max_age(response.headers.get("Cache-Control", "")), ends, _LONGEST_KEEP)
            self._renew_at = now + max(keep / 2, _SHORTEST_KEEP)


def _framed(*parts: str) -> bytes:
    """Return each part after its length in bytes, four bytes little-endian."""
    encoded = [part.encode() for part in parts]
    return b"".join(len(part).to_bytes(4, "little") + part for part in encoded)


def _check_intermediate(
    framed: bytes, signatures: Sequence[bytes], roots: Sequence[RootKey], now: datetime
) -> None:
    # Google sends one or two; a stranger could send thousands to keep this server busy.
    live = [root for root in roots if root.expires_at > now]
    pairs = ((root, signature) for root in live for signature in signatures[:4])
    if not any(_is_signed(root.key, signature, framed) for root, signature in pairs):
        raise NoticeNotGenuine


def _intermediate(signed_key: str, now: datetime) -> EllipticCurvePublicKey:
    told = json.loads(signed_key)
    if _moment(told["keyExpiration"]) <= now:
        raise NoticeNotGenuine
    return _public_key(told["keyValue"])


def _notice(told: Mapping[str, Any], issuer_id: str, now: datetime) -> Notice:
    expires_at = _moment(told["expTimeMillis"])
    class_id = str(told["classId"])
    if expires_at <= now or not class_id.startswith(f"{issuer_id}."):
        raise NoticeNotGenuine
    object_id = told.get("objectId")
    return Notice(
        event=str(told["eventType"]),
        class_id=class_id,
        object_id=str(object_id) if object_id is not None else None,
        nonce=str(told["nonce"])[:_NONCE_CHARACTERS],
        expires_at=expires_at,
    )


def _is_signed(key: EllipticCurvePublicKey, signature: bytes, framed: bytes) -> bool:
    try:
        key.verify(signature, framed, _SIGNED_WITH)
    except InvalidSignature:
        return False
    return True


def _public_key(text: str) -> EllipticCurvePublicKey:
    try:
        key = load_der_public_key(_bytes(text))
    except UnsupportedAlgorithm as error:
        raise ValueError("not a key of a known kind") from error
    if not isinstance(key, EllipticCurvePublicKey) or not isinstance(key.curve, SECP256R1):
        raise ValueError("not a P-256 key")
    return key


def _bytes(text: str) -> bytes:
    return b64decode(text, validate=True)


def _moment(milliseconds: int | str) -> datetime:
    return datetime.fromtimestamp(int(milliseconds) / 1000, UTC)


def _max_age(cache_control: str) -> timedelta:
    for directive in cache_control.split(","):
        name, _, value = directive.strip().partition("=")
        if name.lower() == "max-age" and value.isascii() and value.isdigit():
            return timedelta(seconds=min(int(value), int(_LONGEST_KEEP.total_seconds())))
    return timedelta(hours=1)
