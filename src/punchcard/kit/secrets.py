"""Secrets: hashed when only compared, sealed when they must be shown again, signed when lent.

From each secret of the server a key is derived for every use (HKDF): none seals and signs, and none
serves two purposes. Beside the one in use there may be old ones, which read what was made before.
"""

import base64
import hashlib
import hmac
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

ID_BYTES: Final = 4
_FORMAT: Final = b"\x01"
HEAD_BYTES: Final = len(_FORMAT) + ID_BYTES
_NONCE_BYTES: Final = 12
SHORTEST_SEAL_BYTES: Final = _NONCE_BYTES + 16
"""A nonce and a tag (AES-GCM), before anything is sealed."""


def hash_token(token: str) -> bytes:
    """Return the SHA-256 of an unguessable token: safe to store, quick to find.

    Any text has one, also what is no Unicode: half of a pair that JSON can spell.
    """
    return hashlib.sha256(token.encode(errors="surrogatepass")).digest()


def derive_key(secret: str, purpose: str) -> bytes:
    """Return 32 bytes for one purpose, by HKDF-SHA256, so that no key serves two uses."""
    kdf = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=purpose.encode())
    return kdf.derive(secret.encode())


def totp(key: bytes, counter: int, digits: int) -> str:
    """Return the `digits` (at most 9) that belong to `key` in the period number `counter`.

    RFC 6238 over RFC 4226, with SHA-1.
    """
    # SHA-1 is what wallets compute; as a keyed digest it is not weak.
    digest = hmac.digest(key, counter.to_bytes(8), "sha1")
    start = digest[-1] & 0x0F
    value = int.from_bytes(digest[start : start + 4]) & 0x7FFF_FFFF
    return f"{value % 10**digits:0{digits}d}"


@dataclass(frozen=True, slots=True)
class ServerKey:
    """A secret of the server, and by what it is told from others without showing it."""

    secret: str
    id: bytes

    @property
    def name(self) -> str:
        """Return the id as people read it: eight hexadecimal digits."""
        return self.id.hex()

    @property
    def head(self) -> bytes:
        """Return how values begin that were sealed with the key."""
        return _FORMAT + self.id


@lru_cache(maxsize=64)
def key_of(secret: str) -> ServerKey:
    """Return the key that a secret is."""
    return ServerKey(secret, derive_key(secret, "punchcard key id")[:ID_BYTES])


class Keyring:
    """The keys of one setting: `current` makes everything new, any of `keys` reads what there is.

    `old` are the secrets of before, in any order but that the oldest is the last.
    """

    def __init__(self, current: str, old: Sequence[str] = ()) -> None:
        self.keys = tuple(key_of(secret) for secret in dict.fromkeys([current, *old]))
        self.current = self.keys[0]

    @property
    def old(self) -> tuple[ServerKey, ...]:
        """Return the keys that nothing new is made with, the oldest last."""
        return self.keys[1:]

    def named(self, name: str | None) -> ServerKey | None:
        """Return the key of this name; the oldest for None, which stands for before they had any.

        None when it is not here (any more).
        """
        if name is None:
            return self.keys[-1]
        return next((key for key in self.keys if key.name == name), None)

    def derived(self, purpose: str) -> tuple[bytes, ...]:
        """Return the key of one purpose under every key, that in use first."""
        return tuple(derive_key(key.secret, purpose) for key in self.keys)


class Sealer:
    """Encrypts and authenticates short texts (AES-256-GCM) under the server's key in use.

    What is sealed begins with a format and its key's id. Values of before keys had ids begin with
    chance: they are tried under every key.
    """

    def __init__(self, ring: Keyring, purpose: str) -> None:
        self._head = ring.current.head
        self._ciphers = {
            key.head: AESGCM(derive_key(key.secret, f"punchcard seal {purpose}"))
            for key in ring.keys
        }

    def seal(self, plain: bytes, bound_to: str) -> bytes:
        """Return head, nonce and ciphertext; `bound_to` (an id) must be given again to open it."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._ciphers[self._head].encrypt(nonce, plain, bound_to.encode())
        return self._head + nonce + sealed

    def open(self, sealed: bytes, bound_to: str) -> bytes | None:
        """Return the plain bytes, or None if the seal is broken or of a key that is not here."""
        known = self._ciphers.get(sealed[:HEAD_BYTES])
        if known is not None:
            plain = _opened(known, sealed[HEAD_BYTES:], bound_to)
            if plain is not None:
                return plain
        opened = (_opened(cipher, sealed, bound_to) for cipher in self._ciphers.values())
        return next((plain for plain in opened if plain is not None), None)

    def is_current(self, sealed: bytes) -> bool:
        """Return whether a value says that it was sealed with the key in use."""
        return sealed[:HEAD_BYTES] == self._head

    def renewed(self, sealed: bytes, bound_to: str) -> bytes | None:
        """Return a value sealed anew with the key in use; None if no key opens it."""
        plain = self.open(sealed, bound_to)
        return self.seal(plain, bound_to) if plain is not None else None


class Signer:
    """Signs small facts as a text token `prefix + payload.signature` (HMAC-SHA256).

    With the key in use; what an old one has signed is good until that is retired.
    """

    def __init__(self, ring: Keyring, purpose: str, prefix: str) -> None:
        self._keys = ring.derived(f"punchcard sign {purpose}")
        self._prefix = prefix

    def sign(self, facts: dict[str, Any]) -> str:
        """Return the token that carries `facts`; they can be read by anyone, changed by nobody."""
        payload = _encode(json.dumps(facts, separators=(",", ":")).encode())
        signature = hmac.digest(self._keys[0], payload.encode(), "sha256")
        return f"{self._prefix}{payload}.{_encode(signature)}"

    def verify(self, token: str) -> dict[str, Any] | None:
        """Return the facts of a token signed here, else None; expiry is the caller's to check."""
        payload, dot, signature = token.removeprefix(self._prefix).partition(".")
        if not dot or not token.startswith(self._prefix) or not token.isascii():
            return None
        if not is_signed_by_any(self._keys, payload.encode(), signature, _encode):
            return None
        facts = json.loads(_decode(payload))
        return facts if isinstance(facts, dict) else None


class Digests:
    """Keyed digests (HMAC-SHA256) of one purpose: made with the key in use, known by any."""

    def __init__(self, ring: Keyring, purpose: str) -> None:
        self._keys = ring.derived(purpose)

    def of(self, text: bytes) -> bytes:
        """Return the digest of `text` under the key in use."""
        return hmac.digest(self._keys[0], text, "sha256")

    def any_of(self, text: bytes) -> tuple[bytes, ...]:
        """Return the digests of `text` under every key, that in use first."""
        return tuple(hmac.digest(key, text, "sha256") for key in self._keys)

    def knows(self, shown: bytes, text: bytes) -> bool:
        """Return whether `shown` is the digest of `text` under one of the keys."""
        return any([hmac.compare_digest(shown, one) for one in self.any_of(text)])


def is_signed_by_any(
    keys: Sequence[bytes], text: bytes, shown: str, write: Callable[[bytes], str]
) -> bool:
    """Return whether `shown` is the digest of `text` under one of the keys, as `write` spells it.

    All of them are compared, whichever is right.
    """
    wanted = shown.encode("utf-8", "replace")
    return any(
        [
            hmac.compare_digest(write(hmac.digest(key, text, "sha256")).encode(), wanted)
            for key in keys
        ]
    )


def _opened(cipher: AESGCM, sealed: bytes, bound_to: str) -> bytes | None:
    if len(sealed) < SHORTEST_SEAL_BYTES:
        return None
    try:
        return cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], bound_to.encode())
    except InvalidTag:
        return None


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
