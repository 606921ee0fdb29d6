"""What the ledger's entries are called on pages."""

from typing import Final

from punchcard.kit.i18n import N_
from punchcard.loyalty.vocabulary import EntryType

NAMES: Final[dict[str, str]] = {
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
