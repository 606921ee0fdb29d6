"""The words that receipts are kept in; the HTTP contract has the same."""

from enum import StrEnum
from typing import Final


class ClaimSource(StrEnum):
    """Where a receipt came from: the API, a till's own signature, or an order of a web shop."""

    API = "api"
    SIGNED = "signed"
    ORDER = "order"


class ClaimState(StrEnum):
    """What became of a receipt; TAKING is on its way onto a card at this moment."""

    OPEN = "open"
    TAKING = "taking"
    CLAIMED = "claimed"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


LIVE_STATES: Final = (ClaimState.OPEN, ClaimState.TAKING, ClaimState.CLAIMED)
"""Those in which a receipt's number is nobody else's."""
ON_CARD: Final = (ClaimState.TAKING, ClaimState.CLAIMED)
"""Those that count towards how many a card gets a day."""

CLAIM_CODE_LENGTH: Final = 10
KEY_CODE_LENGTH: Final = 8
REFERENCE_CHARACTERS: Final = 128
"""As long as the number of a purchase may be; a signed receipt's is shorter."""
