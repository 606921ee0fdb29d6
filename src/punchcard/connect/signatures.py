"""Standard Webhooks, to the letter: secrets, and the three headers that every attempt has."""

import base64
import hmac
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

SECRET_PREFIX: Final = "whsec_"  # noqa: S105 how a secret begins
SECRET_BYTES: Final = 32


def secret_of(key: bytes) -> str:
    """Return a key of 24 to 64 random bytes as it is shown and pasted."""
    return SECRET_PREFIX + base64.b64encode(key).decode()


def signature(secret: str, message_id: str, seconds: int, body: bytes) -> str:
    """Return the signature of one secret: `v1,` and HMAC-SHA256 over `id.timestamp.body`."""
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    signed = f"{message_id}.{seconds}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()


def headers_of(
    secrets: Iterable[str], message_id: str, now: datetime, body: bytes
) -> Mapping[str, str]:
    """Return the headers of an attempt at `now`; every secret signs, that in use first."""
    seconds = int(now.timestamp())
    signatures = [signature(secret, message_id, seconds, body) for secret in secrets]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": " ".join(signatures),
    }
