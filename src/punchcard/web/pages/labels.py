"""What roles, scopes and the statuses of cards are called on pages."""

from typing import Final

from punchcard.accounts.subjects import (
    LOYALTY_MANAGE,
    LOYALTY_OPERATE,
    LOYALTY_READ,
)
from punchcard.kit.i18n import N_

ROLES: Final = (
    ("owner", N_("Owner"), N_("Everything, including the team, API keys and closing the shop.")),
    ("manager", N_("Manager"), N_("Everything except people, API keys and closing the shop.")),
    ("staff", N_("Staff"), N_("Looks things up and works at the till.")),
)
"""Each role: its name, what it is called, what it may do."""


SCOPES: Final = (
    (LOYALTY_READ, N_("Read programs, cards and the ledger")),
    (LOYALTY_OPERATE, N_("Work at the till: enrol, stamp, earn, redeem, void")),
    (LOYALTY_MANAGE, N_("Manage programs, rewards and PINs, and correct points")),
)
"""What a key may do, in words."""


CARD_STATUSES: Final = (
    ("active", N_("Active")),
    ("blocked", N_("Blocked")),
    ("replaced", N_("Replaced")),
    ("closed", N_("Closed")),
)
"""Each status of a card and what it is called."""
