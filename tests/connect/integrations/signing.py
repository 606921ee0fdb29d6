"""How each system signs, written from its maker's words and not from what checks it."""

import base64
import hashlib
import hmac
import json

from punchcard.connect.integrations.makers.maker import Sent
from punchcard.connect.integrations.vocabulary import IntegrationKind


def hmac_base64(key: str, text: bytes, digest: str = "sha256") -> str:
    """Return an HMAC in base64."""
    return base64.b64encode(hmac.new(key.encode(), text, digest).digest()).decode()


def signed(kind: IntegrationKind, sent: Sent, secret: str, topic: str) -> dict[str, str]:
    """Return the headers that a system of this kind sends with a body."""
    if kind is IntegrationKind.WOOCOMMERCE:
        return {
            "x-wc-webhook-topic": topic or "order.updated",
            "x-wc-webhook-signature": hmac_base64(secret, sent.body),
        }
    if kind is IntegrationKind.SHOPIFY:
        return {
            "x-shopify-topic": topic or "orders/paid",
            "x-shopify-hmac-sha256": hmac_base64(secret, sent.body),
        }
    if kind is IntegrationKind.SQUARE:
        text = sent.url.encode() + sent.body
        return {"x-square-hmacsha256-signature": hmac_base64(secret, text)}
    if kind is IntegrationKind.ZETTLE:
        told = json.loads(sent.body)
        text = f"{told['timestamp']}.{told['payload']}".encode()
        return {"x-izettle-signature": hmac.new(secret.encode(), text, "sha256").hexdigest()}
    if kind in (IntegrationKind.LOYVERSE, IntegrationKind.ODOO):
        return {}
    seconds = str(int(sent.now.timestamp()))
    message_id = hashlib.sha256(sent.body).hexdigest()[:20]
    key = base64.b64decode(secret.removeprefix("whsec_"))
    text = f"{message_id}.{seconds}.".encode() + sent.body
    signature = base64.b64encode(hmac.new(key, text, "sha256").digest()).decode()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": seconds,
        "webhook-signature": f"v1,{signature}",
    }
