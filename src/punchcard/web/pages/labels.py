"""What roles, scopes and the statuses of cards are called on pages."""

from typing import Final

from punchcard.accounts.subjects import (
    LOYALTY_MANAGE,
    LOYALTY_OPERATE,
    LOYALTY_READ,
)
from punchcard.accounts.vocabulary import Role
from punchcard.kit.i18n import N_
from punchcard.loyalty.vocabulary import HELD_STATUSES, CardStatus, EntryType

ROLES: Final = (
    (Role.OWNER, N_("Owner"), N_("Everything, including the team, API keys and closing the shop.")),
    (Role.MANAGER, N_("Manager"), N_("Everything except people, API keys and closing the shop.")),
    (Role.STAFF, N_("Staff"), N_("Looks things up and works at the till.")),
)
"""Each role: its name, what it is called, what it may do."""


SCOPES: Final = (
    (LOYALTY_READ, N_("Read programs, cards and the ledger")),
    (LOYALTY_OPERATE, N_("Work at the till: enrol, stamp, earn, redeem, void")),
    (LOYALTY_MANAGE, N_("Manage programs, rewards and PINs, and correct points")),
)
"""What a key may do, in words."""


CARD_STATUSES: Final = (
    (CardStatus.ACTIVE, N_("Active")),
    (CardStatus.BLOCKED, N_("Blocked")),
    (CardStatus.REPLACED, N_("Replaced")),
    (CardStatus.CLOSED, N_("Closed")),
)
"""Each status of a card and what it is called."""
HELD_CARD_STATUSES: Final = tuple(pair for pair in CARD_STATUSES if pair[0] in HELD_STATUSES)
"""Those that a card in a list can have."""
ENTRY_NAMES: Final[dict[str, str]] = {
    EntryType.CARD_OPENED: N_("Card opened"),
    EntryType.WELCOME_BONUS: N_("Welcome bonus"),
    EntryType.STAMP_EARNED: N_("Stamp"),
    EntryType.STAMPS_REDEEMED: N_("Reward collected"),
    EntryType.POINTS_EARNED: N_("Points collected"),
    EntryType.POINTS_REDEEMED: N_("Points redeemed"),
    EntryType.POINTS_ADJUSTED: N_("Points corrected"),
    EntryType.VOIDED: N_("Taken back"),
}
"""What the ledger's entries are called, by type; a type that is not here is shown as it is."""
