"""What statuses of cards and types of entries are called, on pages and in files."""

from collections.abc import Mapping
from typing import Final

from punchcard.kit.i18n import N_
from punchcard.loyalty.vocabulary import CardStatus, EntryType

CARD_STATUSES: Final[Mapping[CardStatus, str]] = {
    CardStatus.ACTIVE: N_("Active"),
    CardStatus.BLOCKED: N_("Blocked"),
    CardStatus.REPLACED: N_("Replaced"),
    CardStatus.CLOSED: N_("Closed"),
}
"""By status."""

ENTRY_TYPES: Final[Mapping[str, str]] = {
    EntryType.CARD_OPENED: N_("Card opened"),
    EntryType.WELCOME_BONUS: N_("Welcome bonus"),
    EntryType.STAMP_EARNED: N_("Stamp"),
    EntryType.STAMPS_REDEEMED: N_("Reward collected"),
    EntryType.POINTS_EARNED: N_("Points collected"),
    EntryType.POINTS_REDEEMED: N_("Points redeemed"),
    EntryType.POINTS_ADJUSTED: N_("Points corrected"),
    EntryType.VOIDED: N_("Taken back"),
}
"""By type; a type that is not here is shown as it is."""

STAFF_FLAGS: Final[Mapping[str, str]] = {
    "one_card": N_("Most stamps went to one card"),
    "same_card_every_day": N_("The same card on each day"),
    "many_voids": N_("Took back more than colleagues"),
    "late_entries": N_("Recorded afterwards"),
}
"""What stands out in a staff report, by its flag."""
