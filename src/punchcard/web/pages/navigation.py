"""What the signed-in pages offer, in the order of a shop's day."""

from typing import Final, NamedTuple

from punchcard.accounts.subjects import Subject
from punchcard.accounts.vocabulary import SubjectKind
from punchcard.kit.i18n import N_
from punchcard.web.permissions import ACCESS


class Entry(NamedTuple):
    """One page of the navigation; those of one `group` stand together under its name."""

    path: str
    icon: str
    label: str
    group: str = ""


class Group(NamedTuple):
    """Pages that belong together: what they are called, and each with whether it is open."""

    label: str
    entries: list[tuple[Entry, bool]]


_LOYALTY: Final = N_("Loyalty")
_COUNTER: Final = N_("Counter")
_REPORTS: Final = N_("Reports")
_SHOP: Final = N_("Shop")
_YOU: Final = N_("You")

CONSOLE: Final = (
    Entry("/console", "house", N_("Overview")),
    Entry("/console/members", "users", N_("Members"), _LOYALTY),
    Entry("/console/programs", "layers", N_("Programs"), _LOYALTY),
    Entry("/console/ledger", "receipt", N_("Ledger"), _LOYALTY),
    Entry("/console/wallets", "wallet", N_("Wallets"), _LOYALTY),
    Entry("/console/pins", "key-round", N_("Staff PINs"), _COUNTER),
    Entry("/console/terminals", "tablet-smartphone", N_("Terminals"), _COUNTER),
    Entry("/console/locations", "map-pin", N_("Locations"), _COUNTER),
    Entry("/console/month-report", "file-text", N_("Monthly report"), _REPORTS),
    Entry("/console/staff-report", "chart-column", N_("Staff report"), _REPORTS),
    Entry("/console/exports", "download", N_("Exports"), _REPORTS),
    Entry("/console/imports", "id-card", N_("Imports"), _SHOP),
    Entry("/console/people", "shield-check", N_("Team"), _SHOP),
    Entry("/console/api-keys", "plug", N_("API keys"), _SHOP),
    Entry("/console/integrations", "store", N_("Integrations"), _SHOP),
    Entry("/console/webhooks", "bell", N_("Webhooks"), _SHOP),
    Entry("/console/receipts", "receipt", N_("Receipts"), _SHOP),
    Entry("/console/settings", "settings", N_("Settings"), _SHOP),
    Entry("/console/account", "lock", N_("Your account"), _YOU),
)
ADMIN: Final = (
    Entry("/admin", "house", N_("Overview")),
    Entry("/admin/vendors", "store", N_("Vendors")),
    Entry("/admin/programs", "layers", N_("Programs")),
    Entry("/admin/plans", "file-text", N_("Plans")),
    Entry("/admin/usage", "chart-column", N_("Usage")),
    Entry("/admin/health", "bell", N_("Queue and wallets")),
    Entry("/admin/audit", "history", N_("Audit events")),
    Entry("/admin/account", "lock", N_("Your account"), _YOU),
)


def home_of(subject: Subject) -> str:
    """Return the page someone starts from."""
    return "/admin" if subject.kind == SubjectKind.ADMIN else "/console"


def account_path(subject: Subject) -> str:
    """Return the page of a person's own account."""
    return "/admin/account" if subject.kind == SubjectKind.ADMIN else "/console/account"


def groups(subject: Subject, path: str) -> list[Group]:
    """Return what this person may open, by group; the page at `path` is marked as open."""
    found: dict[str, Group] = {}
    for entry in entries(subject):
        group = found.setdefault(entry.group, Group(entry.group, []))
        group.entries.append((entry, is_current(entry, path)))
    return list(found.values())


def entries(subject: Subject) -> list[Entry]:
    """Return what this person may open."""
    offered = ADMIN if subject.kind == SubjectKind.ADMIN else CONSOLE
    return [entry for entry in offered if ACCESS["GET", entry.path].allows(subject)]


def is_current(entry: Entry, path: str) -> bool:
    """Return whether `path` is the entry's page or lies below it."""
    if entry in (CONSOLE[0], ADMIN[0]):
        return path == entry.path
    return path == entry.path or path.startswith(entry.path + "/")
