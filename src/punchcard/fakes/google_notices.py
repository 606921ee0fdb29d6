"""Signs notices as Google does (ECv2SigningOnly), with keys of its own."""

import json
from base64 import b64encode
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

_PROTOCOL: Final = "ECv2SigningOnly"
_SENDER: Final = "GooglePayPasses"


class NoticeSigner:
    """Holds a root key and signs with a fresh intermediate key each time it is asked to."""

    def __init__(self, issuer_id: str, now: Callable[[], datetime]) -> None:
        self._issuer_id, self._now = issuer_id, now
        self.rotate()

    def rotate(self) -> None:
        """Go on with a new root key; what the old one signed is no longer vouched for."""
        self._root = generate_private_key(SECP256R1())

    def public_keys(self) -> dict[str, Any]:
        """Return the document that Google publishes."""
        ends = _millis(self._now() + timedelta(days=30))
        key = {"keyValue": _public(self._root), "protocolVersion": _PROTOCOL, "keyExpiration": ends}
        return {"keys": [key]}

    def notice(self, *, class_id: str, object_id: str, event: str) -> bytes:
        """Return a signed notice, good for an hour."""
        message = {
            "classId": class_id,
            "objectId": object_id,
            "eventType": event,
            "expTimeMillis": int(_millis(self._now() + timedelta(hours=1))),
            "count": 1,
            "nonce": str(uuid4()),
        }
        return self._signed(json.dumps(message))

    def _signed(self, message: str) -> bytes:
        middle = generate_private_key(SECP256R1())
        ends = _millis(self._now() + timedelta(days=8))
        signed_key = json.dumps({"keyValue": _public(middle), "keyExpiration": ends})
        signature = _sign(self._root, _SENDER, _PROTOCOL, signed_key)
        envelope = {
            "protocolVersion": _PROTOCOL,
            "signature": _sign(middle, _SENDER, self._issuer_id, _PROTOCOL, message),
            "intermediateSigningKey": {"signedKey": signed_key, "signatures": [signature]},
            "signedMessage": message,
        }
        return json.dumps(envelope).encode()


def _sign(key: EllipticCurvePrivateKey, *parts: str) -> str:
    encoded = [part.encode() for part in parts]
    framed = b"".join(len(part).to_bytes(4, "little") + part for part in encoded)
    return b64encode(key.sign(framed, ECDSA(SHA256()))).decode()


def _public(key: EllipticCurvePrivateKey) -> str:
    spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return b64encode(spki).decode()


def _millis(moment: datetime) -> str:
    return str(int(moment.timestamp() * 1000))
