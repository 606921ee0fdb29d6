"""The keys of the server: the one in use, and old ones that what was made before is read with.

From each secret a key is derived for every use (HKDF): none seals and signs, and none serves two
purposes. A sealed value says by its first bytes which key it was made with.
"""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from punchcard.kit.secrets import Sealer, Signer, derive_key

ID_BYTES: Final = 4


@dataclass(frozen=True, slots=True)
class ServerKey:
    """A secret of the server, and by what it is told from others without showing it."""

    secret: str
    id: bytes

    @property
    def name(self) -> str:
        """Return the id as people read it: eight hexadecimal digits."""
        return self.id.hex()


@lru_cache(maxsize=64)
def key_of(secret: str) -> ServerKey:
    """Return the key that a secret is."""
    return ServerKey(secret, derive_key(secret, "punchcard key id")[:ID_BYTES])


class Keyring:
    """The keys of one setting: `current` makes everything new, any of `keys` reads what there is.

    `old` are the secrets of before, in any order but that the oldest is the last.
    """

    def __init__(self, current: str, old: Sequence[str] = ()) -> None:
        secrets = dict.fromkeys([current, *old])
        self.keys = tuple(key_of(secret) for secret in secrets)
        self.current = self.keys[0]

    @property
    def old(self) -> tuple[ServerKey, ...]:
        """Return the keys that nothing new is made with, the oldest last."""
        return self.keys[1:]

    def digest_key(self, purpose: str) -> bytes:
        """Return the key of one purpose under the key in use."""
        return derive_key(self.current.secret, purpose)

    def digest_keys(self, purpose: str) -> tuple[bytes, ...]:
        """Return the key of one purpose under every key, that in use first."""
        return tuple(derive_key(key.secret, purpose) for key in self.keys)

    def sealer(self, purpose: str) -> "RingSealer":
        """Return what seals under the key in use, and opens what any of them has sealed."""
        return RingSealer(self, purpose)

    def signer(self, purpose: str, prefix: str) -> "RingSigner":
        """Return what signs with the key in use, and knows what any of them has signed."""
        return RingSigner(self, purpose, prefix)


_FORMAT: Final = b"\x01"
HEAD_BYTES: Final = len(_FORMAT) + ID_BYTES
_SHORTEST: Final = 12 + 16
"""A nonce and a tag (AES-GCM), before anything is sealed."""


def head_of(key: ServerKey) -> bytes:
    """Return how values begin that were sealed with a key."""
    return _FORMAT + key.id


class RingSealer:
    """Encrypts and authenticates short texts; what is sealed begins with its key's id.

    Values of before keys had ids begin with chance; they are tried under every key.
    """

    def __init__(self, ring: Keyring, purpose: str) -> None:
        self._head = head_of(ring.current)
        self._sealers = {head_of(key): Sealer(key.secret, purpose) for key in ring.keys}

    def seal(self, plain: bytes, bound_to: str) -> bytes:
        """Return head, nonce and ciphertext; `bound_to` (an id) must be given again to open it."""
        return self._head + self._sealers[self._head].seal(plain, bound_to)

    def open(self, sealed: bytes, bound_to: str) -> bytes | None:
        """Return the plain bytes, or None if the seal is broken or of a key that is not here."""
        known = self._sealers.get(sealed[:HEAD_BYTES])
        if known is not None and len(sealed) >= HEAD_BYTES + _SHORTEST:
            plain = known.open(sealed[HEAD_BYTES:], bound_to)
            if plain is not None:
                return plain
        if len(sealed) < _SHORTEST:
            return None
        opened = (sealer.open(sealed, bound_to) for sealer in self._sealers.values())
        return next((plain for plain in opened if plain is not None), None)

    def is_current(self, sealed: bytes) -> bool:
        """Return whether a value says that it was sealed with the key in use."""
        return sealed[:HEAD_BYTES] == self._head

    def renewed(self, sealed: bytes, bound_to: str) -> bytes | None:
        """Return a value sealed anew with the key in use; None if no key opens it."""
        plain = self.open(sealed, bound_to)
        return self.seal(plain, bound_to) if plain is not None else None


class RingSigner:
    """Signs small facts as text tokens; one signed with an old key is good until it is retired."""

    def __init__(self, ring: Keyring, purpose: str, prefix: str) -> None:
        self._signers = [Signer(key.secret, purpose, prefix) for key in ring.keys]

    def sign(self, facts: dict[str, Any]) -> str:
        """Return the token that carries `facts`; they can be read by anyone, changed by nobody."""
        return self._signers[0].sign(facts)

    def verify(self, token: str) -> dict[str, Any] | None:
        """Return the facts of a token signed here, else None; expiry is the caller's to check."""
        found = (signer.verify(token) for signer in self._signers)
        return next((facts for facts in found if facts is not None), None)


def digest(key: bytes, text: bytes) -> bytes:
    """Return the HMAC-SHA256 of `text`."""
    return hmac.digest(key, text, hashlib.sha256)


def is_digest_of_any(shown: bytes, keys: Sequence[bytes], text: bytes) -> bool:
    """Return whether `shown` is the digest of `text` under one of the keys; takes all in turn."""
    found = False
    for key in keys:
        found |= hmac.compare_digest(shown, digest(key, text))
    return found
