"""What the ledger's entries are called on pages."""

from typing import Final

from punchcard.kit.i18n import N_

NAMES: Final[dict[str, str]] = {
    "card_opened": N_("Card opened"),
    "welcome_bonus": N_("Welcome bonus"),
    "stamp_earned": N_("Stamp"),
    "stamps_redeemed": N_("Reward collected"),
    "points_earned": N_("Points collected"),
    "points_redeemed": N_("Points redeemed"),
    "points_adjusted": N_("Points corrected"),
    "voided": N_("Taken back"),
}
"""By type; a type that is not here is shown as it is."""
