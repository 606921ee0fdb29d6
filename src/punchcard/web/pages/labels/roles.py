"""What roles and the scopes of keys are called on pages."""

from typing import Final

from punchcard.accounts.subjects import LOYALTY_MANAGE, LOYALTY_OPERATE, LOYALTY_READ
from punchcard.accounts.vocabulary import Role
from punchcard.accounts.words import ROLE_NAMES
from punchcard.kit.i18n import N_

ROLES: Final = (
    (
        Role.OWNER,
        ROLE_NAMES[Role.OWNER],
        N_("Everything, including the team, API keys and closing the shop."),
    ),
    (
        Role.MANAGER,
        ROLE_NAMES[Role.MANAGER],
        N_("Everything except people, API keys and closing the shop."),
    ),
    (Role.STAFF, ROLE_NAMES[Role.STAFF], N_("Looks things up and works at the till.")),
)
"""Each role: its name, what it is called, what it may do."""

SCOPES: Final = (
    (LOYALTY_READ, N_("Read programs, cards and the ledger")),
    (LOYALTY_OPERATE, N_("Work at the till: enrol, stamp, earn, redeem, void")),
    (LOYALTY_MANAGE, N_("Manage programs, rewards and PINs, and correct points")),
)
"""What a key may do, in words."""

SCOPE_NAMES: Final = {
    LOYALTY_READ: N_("Read"),
    LOYALTY_OPERATE: N_("Work at the till"),
    LOYALTY_MANAGE: N_("Manage"),
}
"""What a key may do, as short as a list wants it."""
