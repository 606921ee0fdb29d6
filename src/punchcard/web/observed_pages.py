"""Pages that tell of customers: whoever they are opened for is counted."""

from collections.abc import Mapping
from typing import Final

from punchcard.accounts.vocabulary import SecurityEvent

OBSERVED_PAGES: Final[Mapping[tuple[str, str], SecurityEvent]] = {
    ("GET", "/console/members"): SecurityEvent.PERSONAL_DATA_READ,
    ("GET", "/console/members/{card_id}"): SecurityEvent.PERSONAL_DATA_READ,
    ("GET", "/console/members/{card_id}/edit"): SecurityEvent.PERSONAL_DATA_READ,
    ("GET", "/console/members/{card_id}/hand-over"): SecurityEvent.PERSONAL_DATA_READ,
    ("GET", "/console/members/{card_id}/merge"): SecurityEvent.PERSONAL_DATA_READ,
    ("GET", "/console/contacts"): SecurityEvent.PERSONAL_DATA_READ,
    ("GET", "/console/search"): SecurityEvent.PERSONAL_DATA_READ,
    ("GET", "/console/imports/{import_id}"): SecurityEvent.PERSONAL_DATA_READ,
    ("GET", "/console/imports/{import_id}/errors.csv"): SecurityEvent.EXPORT_TAKEN,
    ("GET", "/c/{token}/yours/{secret}/data.html"): SecurityEvent.EXPORT_TAKEN,
    ("GET", "/c/{token}/yours/{secret}/data.json"): SecurityEvent.EXPORT_TAKEN,
}
