"""The secrets of endpoints: shown once, kept sealed, and two at a time while one takes over."""

import os
from collections.abc import Callable
from datetime import datetime
from typing import Final

from punchcard.connect.models import WebhookEndpoint
from punchcard.connect.rotation import counts, opened_secrets
from punchcard.connect.signatures import SECRET_BYTES, secret_of
from punchcard.kit.secrets import Keyring, Sealer

PURPOSE: Final = "webhook secret"


class WebhookSecrets:
    """Makes secrets, and gives those that sign."""

    def __init__(self, ring: Keyring, *, chance: Callable[[int], bytes] = os.urandom) -> None:
        self._sealer = Sealer(ring, PURPOSE)
        self._chance = chance

    def give(self, endpoint: WebhookEndpoint) -> str:
        """Give an endpoint a new secret; returns it, the only time."""
        secret = secret_of(self._chance(SECRET_BYTES))
        endpoint.secret_sealed = self._sealer.seal(secret.encode(), endpoint.id)
        return secret

    def signing(self, endpoint: WebhookEndpoint, now: datetime) -> list[str]:
        """Return the secrets that sign now, that in use first; none if no key opens them."""
        both = counts(endpoint.former_secret_until, now)
        former = endpoint.former_secret_sealed if both else None
        return opened_secrets(self._sealer, endpoint.id, endpoint.secret_sealed, former)
