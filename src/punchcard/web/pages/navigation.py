"""What the signed-in pages offer, in the order of a shop's day, and who may open what."""

from typing import Final, NamedTuple

from punchcard.accounts.subjects import (
    LOYALTY_MANAGE,
    LOYALTY_READ,
    PLATFORM_ADMIN,
    VENDOR_MANAGE,
    VENDOR_OWN,
    Subject,
)
from punchcard.kit.i18n import N_


class Entry(NamedTuple):
    """One page of the navigation."""

    path: str
    icon: str
    label: str
    permission: str


CONSOLE: Final = (
    Entry("/console", "house", N_("Overview"), LOYALTY_READ),
    Entry("/console/members", "users", N_("Members"), LOYALTY_READ),
    Entry("/console/programs", "layers", N_("Programs"), LOYALTY_READ),
    Entry("/console/ledger", "receipt", N_("Ledger"), LOYALTY_READ),
    Entry("/console/pins", "key-round", N_("Staff PINs"), LOYALTY_MANAGE),
    Entry("/console/staff-report", "chart-column", N_("Staff report"), LOYALTY_MANAGE),
    Entry("/console/terminals", "tablet-smartphone", N_("Terminals"), VENDOR_MANAGE),
    Entry("/console/locations", "map-pin", N_("Locations"), VENDOR_MANAGE),
    Entry("/console/wallets", "wallet", N_("Wallets"), LOYALTY_MANAGE),
    Entry("/console/people", "shield-check", N_("People"), VENDOR_OWN),
    Entry("/console/api-keys", "plug", N_("API keys"), VENDOR_OWN),
    Entry("/console/settings", "settings", N_("Settings"), VENDOR_MANAGE),
    Entry("/console/account", "lock", N_("Your account"), LOYALTY_READ),
)
ADMIN: Final = (
    Entry("/admin", "house", N_("Overview"), PLATFORM_ADMIN),
    Entry("/admin/vendors", "store", N_("Vendors"), PLATFORM_ADMIN),
    Entry("/admin/programs", "layers", N_("Programs"), PLATFORM_ADMIN),
    Entry("/admin/health", "bell", N_("Queue and wallets"), PLATFORM_ADMIN),
    Entry("/admin/audit", "history", N_("Audit events"), PLATFORM_ADMIN),
    Entry("/admin/account", "lock", N_("Your account"), PLATFORM_ADMIN),
)


def entries(subject: Subject) -> list[Entry]:
    """Return what this person may open."""
    offered = ADMIN if subject.kind == "admin" else CONSOLE
    return [entry for entry in offered if subject.may(entry.permission)]


def is_current(entry: Entry, path: str) -> bool:
    """Tell whether `path` is the entry's page or lies below it."""
    if entry in (CONSOLE[0], ADMIN[0]):
        return path == entry.path
    return path == entry.path or path.startswith(entry.path + "/")
