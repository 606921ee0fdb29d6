"""A security key in software: makes passkeys and signs with them, as WebAuthn has it (ES256)."""

import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from punchcard.kit.security.url_base64 import to_url_base64

_PRESENT, _VERIFIED, _ATTESTED = 0x01, 0x04, 0x40


@dataclass
class Authenticator:
    """One device with one passkey, in a browser that stands at `origin`.

    `sign_count` goes up with each signature, unless `counts` is off. It makes sure of its person,
    unless `verifies` is off, and knows them by `handle`.
    """

    origin: str = "http://localhost:8000"
    rp_id: str = "localhost"
    counts: bool = True
    verifies: bool = True
    handle: str | None = None
    sign_count: int = 0
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    _key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    def create(self, options: dict[str, Any]) -> dict[str, Any]:
        """Answer `navigator.credentials.create`."""
        self.handle = options.get("user", {}).get("id", self.handle)
        numbers = self._key.public_key().public_numbers()
        x, y = (one.to_bytes(32, "big") for one in (numbers.x, numbers.y))
        public = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})
        length = len(self.credential_id).to_bytes(2, "big")
        attested = bytes(16) + length + self.credential_id + public
        data = self._data(_PRESENT | _VERIFIED | _ATTESTED) + attested
        told = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", options["challenge"])
        return self._answer(
            clientDataJSON=client, attestationObject=told, transports=["usb", "of the future"]
        )

    def get(self, options: dict[str, Any]) -> dict[str, Any]:
        """Answer `navigator.credentials.get`."""
        self.sign_count += self.counts
        client = self._client("webauthn.get", options["challenge"])
        data = self._data(_PRESENT | (_VERIFIED if self.verifies else 0))
        signed = data + hashlib.sha256(client).digest()
        signature = self._key.sign(signed, ec.ECDSA(hashes.SHA256()))
        known = {"userHandle": self.handle} if self.handle else {}
        return self._answer(
            clientDataJSON=client, authenticatorData=data, signature=signature, **known
        )

    def _data(self, flags: int) -> bytes:
        rp_id_hash = hashlib.sha256(self.rp_id.encode()).digest()
        return rp_id_hash + bytes([flags]) + self.sign_count.to_bytes(4, "big")

    def _client(self, kind: str, challenge: str) -> bytes:
        told = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(told).encode()

    def _answer(self, **response: Any) -> dict[str, Any]:
        own = to_url_base64(self.credential_id)
        written = {
            name: to_url_base64(value) if isinstance(value, bytes) else value
            for name, value in response.items()
        }
        return {"id": own, "rawId": own, "type": "public-key", "response": written}
