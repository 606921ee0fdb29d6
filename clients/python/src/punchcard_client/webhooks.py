"""What a webhook sends: whether it is from the shop's server, and what it tells."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Final, cast

from punchcard_client.models import WebhookEvent

_PREFIX: Final = "whsec_"
_SIGNED_WITH: Final = "v1,"
_SECONDS_DIGITS: Final = 12


class NotVerified(ValueError):
    """What came is not from the shop's server, or too old: answer 400, do nothing with it."""


def verify_webhook(
    body: bytes,
    headers: Mapping[str, str],
    secret: str,
    *,
    tolerance_seconds: int = 300,
    now: Callable[[], float] = time.time,
) -> WebhookEvent:
    """Return what a webhook tells, once its signature is found right (Standard Webhooks).

    `body` is what arrived, byte by byte; `secret` is the endpoint's, `whsec_…`; `now` is replaced
    in tests. Whoever gets the same `webhook-id` again has done it already. Raises NotVerified.
    """
    given = {name.lower(): value for name, value in headers.items()}
    webhook_id, sent_at, signatures = (
        given.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature")
    )
    is_time = sent_at.isascii() and sent_at.isdigit() and len(sent_at) <= _SECONDS_DIGITS
    if not (webhook_id and signatures and is_time):
        raise NotVerified("a header of the webhook is missing")
    if abs(now() - int(sent_at)) > tolerance_seconds:
        raise NotVerified("the webhook was sent too long ago, or a clock is wrong")
    signed = f"{webhook_id}.{sent_at}.".encode() + body
    expected = hmac.new(_key(secret), signed, hashlib.sha256).digest()
    if not any(hmac.compare_digest(expected, one) for one in _signatures(signatures)):
        raise NotVerified("no signature of the webhook is right")
    return cast(WebhookEvent, json.loads(body))


def _key(secret: str) -> bytes:
    """Return the bytes that sign. Raises ValueError for what is no secret of an endpoint."""
    try:
        return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except ValueError:
        raise ValueError("the secret is no `whsec_…`") from None


def _signatures(header: str) -> Iterator[bytes]:
    """Give what signs, each; what is written in another way is another server's."""
    for one in header.split(" "):
        if one.startswith(_SIGNED_WITH):
            try:
                yield base64.b64decode(one.removeprefix(_SIGNED_WITH), validate=True)
            except ValueError:
                continue
