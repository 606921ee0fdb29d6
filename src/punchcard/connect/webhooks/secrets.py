"""The secrets of endpoints: shown once, kept sealed, and two at a time while one takes over."""

import os
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from punchcard.connect.models import WebhookEndpoint
from punchcard.connect.signatures import SECRET_BYTES, secret_of
from punchcard.kit.secrets import Keyring, Sealer

PURPOSE: Final = "webhook secret"
BOTH_SIGN: Final = timedelta(hours=24)
"""How long the secret before signs beside a new one."""


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
        sealed = [endpoint.secret_sealed]
        until = endpoint.former_secret_until
        if endpoint.former_secret_sealed is not None and until is not None and now < until:
            sealed.append(endpoint.former_secret_sealed)
        opened = (self._sealer.open(one, endpoint.id) for one in sealed)
        return [secret.decode() for secret in opened if secret is not None]
