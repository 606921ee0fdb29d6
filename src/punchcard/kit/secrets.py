"""Secrets: hashed when only compared, sealed when they must be shown again, signed when lent."""

import base64
import hashlib
import hmac
import json
import os
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


def hash_token(token: str) -> bytes:
    """Return the SHA-256 of an unguessable token: safe to store, quick to find."""
    return hashlib.sha256(token.encode()).digest()


def derive_key(secret: str, purpose: str) -> bytes:
    """Return 32 bytes for one purpose, by HKDF-SHA256, so that no key serves two uses."""
    kdf = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=purpose.encode())
    return kdf.derive(secret.encode())


class Sealer:
    """Encrypts and authenticates short texts (AES-256-GCM) under a key of the server."""

    def __init__(self, secret: str, purpose: str) -> None:
        self._cipher = AESGCM(derive_key(secret, f"punchcard seal {purpose}"))

    def seal(self, plain: bytes, bound_to: str) -> bytes:
        """Return nonce and ciphertext; `bound_to` (an id) must be given again to open it."""
        nonce = os.urandom(12)
        return nonce + self._cipher.encrypt(nonce, plain, bound_to.encode())

    def open(self, sealed: bytes, bound_to: str) -> bytes | None:
        """Return the plain bytes, or None if the seal is broken or made under another key."""
        try:
            return self._cipher.decrypt(sealed[:12], sealed[12:], bound_to.encode())
        except InvalidTag:
            return None


class Signer:
    """Signs small facts as a text token `prefix + payload.signature` (HMAC-SHA256)."""

    def __init__(self, secret: str, purpose: str, prefix: str) -> None:
        self._key = derive_key(secret, f"punchcard sign {purpose}")
        self._prefix = prefix

    def sign(self, facts: dict[str, Any]) -> str:
        """Return the token that carries `facts`; they can be read by anyone, changed by nobody."""
        payload = _encode(json.dumps(facts, separators=(",", ":")).encode())
        return f"{self._prefix}{payload}.{_encode(self._digest(payload))}"

    def verify(self, token: str) -> dict[str, Any] | None:
        """Return the facts of a token signed here, else None; expiry is the caller's to check."""
        payload, dot, signature = token.removeprefix(self._prefix).partition(".")
        if not dot or not token.startswith(self._prefix) or not token.isascii():
            return None
        if not hmac.compare_digest(_encode(self._digest(payload)), signature):
            return None
        facts = json.loads(_decode(payload))
        return facts if isinstance(facts, dict) else None

    def _digest(self, payload: str) -> bytes:
        return hmac.digest(self._key, payload.encode(), "sha256")


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
