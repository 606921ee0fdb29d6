"""The secrets of integrations: that of the address, kept as a digest, and the one that signs."""

import base64
import hmac
import os
from collections.abc import Callable
from datetime import datetime
from typing import Final

from punchcard.connect.integrations.models import Integration, IntegrationEvent
from punchcard.connect.rotation import counts, opened_secrets
from punchcard.connect.signatures import SECRET_BYTES, secret_of
from punchcard.kit.ids import IntegrationEventId
from punchcard.kit.secrets import Keyring, Sealer, hash_token

SECRET_PURPOSE: Final = "integration secret"  # noqa: S105 what it is for
BODY_PURPOSE: Final = "integration body"


class IntegrationSecrets:
    """Makes the secrets of integrations, checks what is shown, and seals what was sent."""

    def __init__(self, ring: Keyring, *, chance: Callable[[int], bytes] = os.urandom) -> None:
        self._secrets = Sealer(ring, SECRET_PURPOSE)
        self._bodies = Sealer(ring, BODY_PURPOSE)
        self._chance = chance

    def give_address(self, row: Integration) -> str:
        """Give an integration a new secret for its address; returns it, the only time."""
        secret = base64.urlsafe_b64encode(self._chance(SECRET_BYTES)).decode().rstrip("=")
        row.address_digest = hash_token(secret)
        return secret

    def give_secret(self, row: Integration) -> str:
        """Give an integration a new secret of ours to sign with; returns it, the only time."""
        secret = secret_of(self._chance(SECRET_BYTES))
        self.take_secret(row, secret)
        return secret

    def take_secret(self, row: Integration, secret: str) -> None:
        """Keep the secret that another system signs with."""
        row.secret_sealed = self._secrets.seal(secret.encode(), row.id)

    def knows_address(self, row: Integration, shown: str, now: datetime) -> bool:
        """Return whether `shown` is the secret of the address, or that before while it is taken."""
        digest = hash_token(shown)
        digests = [row.address_digest]
        if row.former_address_digest is not None and counts(row.former_until, now):
            digests.append(row.former_address_digest)
        # Every one is looked at, so that the time tells nothing.
        return any([hmac.compare_digest(digest, one) for one in digests])

    def signing(self, row: Integration, now: datetime) -> list[str]:
        """Return the secrets that may sign now, that in use first; none if no key opens them."""
        former = row.former_secret_sealed if counts(row.former_until, now) else None
        return opened_secrets(self._secrets, row.id, row.secret_sealed, former)

    def seal_body(self, body: bytes, event_id: IntegrationEventId) -> bytes:
        """Return what was sent as it is kept."""
        return self._bodies.seal(body, event_id)

    def body_of(self, event: IntegrationEvent) -> bytes | None:
        """Return what was sent, None once it is forgotten or no key opens it."""
        if event.body_sealed is None:
            return None
        return self._bodies.open(event.body_sealed, event.id)
