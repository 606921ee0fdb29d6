"""What the signed-in pages offer, in the order of a shop's day."""

from typing import Final, NamedTuple

from punchcard.accounts.subjects import Subject
from punchcard.accounts.vocabulary import SubjectKind
from punchcard.kit.i18n import N_
from punchcard.web.permissions import ACCESS


class Entry(NamedTuple):
    """One page of the navigation."""

    path: str
    icon: str
    label: str


CONSOLE: Final = (
    Entry("/console", "house", N_("Overview")),
    Entry("/console/members", "users", N_("Members")),
    Entry("/console/programs", "layers", N_("Programs")),
    Entry("/console/ledger", "receipt", N_("Ledger")),
    Entry("/console/pins", "key-round", N_("Staff PINs")),
    Entry("/console/staff-report", "chart-column", N_("Staff report")),
    Entry("/console/terminals", "tablet-smartphone", N_("Terminals")),
    Entry("/console/locations", "map-pin", N_("Locations")),
    Entry("/console/wallets", "wallet", N_("Wallets")),
    Entry("/console/people", "shield-check", N_("Team")),
    Entry("/console/api-keys", "plug", N_("API keys")),
    Entry("/console/settings", "settings", N_("Settings")),
    Entry("/console/account", "lock", N_("Your account")),
)
ADMIN: Final = (
    Entry("/admin", "house", N_("Overview")),
    Entry("/admin/vendors", "store", N_("Vendors")),
    Entry("/admin/programs", "layers", N_("Programs")),
    Entry("/admin/health", "bell", N_("Queue and wallets")),
    Entry("/admin/audit", "history", N_("Audit events")),
    Entry("/admin/account", "lock", N_("Your account")),
)


def entries(subject: Subject) -> list[Entry]:
    """Return what this person may open."""
    offered = ADMIN if subject.kind == SubjectKind.ADMIN else CONSOLE
    return [entry for entry in offered if ACCESS["GET", entry.path].allows(subject)]


def is_current(entry: Entry, path: str) -> bool:
    """Return whether `path` is the entry's page or lies below it."""
    if entry in (CONSOLE[0], ADMIN[0]):
        return path == entry.path
    return path == entry.path or path.startswith(entry.path + "/")
