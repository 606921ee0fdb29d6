"""Routes of the API that tell of customers: whoever is let through is counted.

The table says what a granted request of a route is. What moves balances is not in it: a till that
stamps reads a name, and pays nothing for that.
"""

from collections.abc import Mapping
from typing import Final

from punchcard.accounts.vocabulary import SecurityEvent

_LOYALTY: Final = "/api/v1/vendor/loyalty"

OBSERVED_ROUTES: Final[Mapping[tuple[str, str], SecurityEvent]] = {
    ("GET", f"{_LOYALTY}/cards"): SecurityEvent.PERSONAL_DATA_READ,
    ("GET", f"{_LOYALTY}/cards/lookup"): SecurityEvent.PERSONAL_DATA_READ,
    ("POST", f"{_LOYALTY}/cards/lookup"): SecurityEvent.PERSONAL_DATA_READ,
    ("GET", f"{_LOYALTY}/cards/{{card_id}}"): SecurityEvent.PERSONAL_DATA_READ,
    ("GET", f"{_LOYALTY}/imports/{{import_id}}"): SecurityEvent.PERSONAL_DATA_READ,
    ("GET", f"{_LOYALTY}/imports/{{import_id}}/errors.csv"): SecurityEvent.EXPORT_TAKEN,
    ("GET", "/api/v1/loyalty/cards/{token}/export"): SecurityEvent.EXPORT_TAKEN,
}
