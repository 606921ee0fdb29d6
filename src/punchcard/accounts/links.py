"""The secret part of a mail's link: sealed facts with an end, readable by this server alone."""

import json
from datetime import datetime
from typing import Any, Final

from punchcard.accounts.errors import LinkInvalid
from punchcard.kit.clock import Clock
from punchcard.kit.secrets import Keyring, Sealer
from punchcard.kit.security.url_base64 import from_url_base64, to_url_base64

_LONGEST: Final = 1500


class LinkTokens:
    """Issues and reads the tokens of one purpose; nothing is kept, and no address is readable."""

    def __init__(self, ring: Keyring, purpose: str, clock: Clock) -> None:
        self._sealer = Sealer(ring, f"link {purpose}")
        self._purpose = purpose
        self._clock = clock

    def issue(self, facts: dict[str, Any], *, expires_at: datetime) -> str:
        """Return a token that carries `facts` until `expires_at`."""
        content = json.dumps([int(expires_at.timestamp()), facts], separators=(",", ":")).encode()
        sealed = self._sealer.seal(content, self._purpose)
        return to_url_base64(sealed)

    def read(self, token: str) -> dict[str, Any]:
        """Return the facts of a token. Raises LinkInvalid when it is forged or too old."""
        sealed = from_url_base64(token) if len(token) <= _LONGEST else None
        content = self._sealer.open(sealed, self._purpose) if sealed is not None else None
        if content is None:
            raise LinkInvalid
        expires_at, facts = json.loads(content)
        if self._clock.now().timestamp() >= expires_at or not isinstance(facts, dict):
            raise LinkInvalid
        return facts
