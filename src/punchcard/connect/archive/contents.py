"""What an archive of a vendor holds: which tables travel, whose rows, and what of a row does not.

Every table stands in one of the two lists: a test holds them against the tables there are.
"""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import ColumnElement, FromClause, Table, select

from punchcard.db.base import Base
from punchcard.kit.ids import VendorId

TRAVELLING: Final = frozenset(
    {
        # The shop, and who works there
        *("vendors", "locations", "members", "staff_pins", "devices", "api_keys", "retired_slugs"),
        *("audit_events", "webhook_endpoints", "receipt_keys"),
        # What it offers
        *("loyalty_programs", "rewards", "promotions", "automations", "pass_images"),
        # Its customers and their cards
        *("customers", "former_contacts", "contact_changes", "erasures", "loyalty_cards"),
        *("retired_card_codes", "card_merges", "grants", "reservations", "referrals"),
        *("automation_runs", "expiry_notices", "merge_offers", "receipt_claims"),
        # Web shops and tills, and what their orders came to
        *("integrations", "integration_orders", "integration_bookings", "integration_customers"),
        # The ledger, and what is counted of it
        *("loyalty_transactions", "reference_claims", "loyalty_daily_rollup", "history_imports"),
        *("card_imports", "card_import_parts"),
        # Passes on phones
        *("apple_passes", "apple_device_registrations", "google_classes", "google_objects"),
    }
)
"""The tables of which a vendor takes its rows along."""

STAYING: Final[Mapping[str, str]] = {
    "access_tokens": "sessions: everybody signs in anew",
    "second_factors": "secrets of people, and not of the shop",
    "passkeys": "belong to the server's address",
    "linked_identities": "people's accounts at the operator's provider",
    "recovery_codes": "go with second factors",
    "admins": "the operator's",
    "apple_update_tags": "the server's own count",
    "audit_origins": "addresses of people, kept for days",
    "transaction_origins": "addresses of people, kept for days",
    "device_presences": "when terminals were online, kept for days",
    "form_drafts": "lasts minutes",
    "google_nonces": "lasts minutes",
    "idempotency_records": "lasts a day",
    "integration_events": "kept for days; what was booked for them stands with their orders",
    "job_marks": "how far the server's own work has come",
    "log_checkpoints": "the server's log, which takes up what arrives",
    "log_heads": "the server's log",
    "log_leaves": "the server's log",
    "log_nodes": "the server's log",
    "log_salts": "the server's log",
    "outbox": "work that waits: it is left anew on arrival",
    "outgoing_mails": "on its way already",
    "pairing_codes": "lasts minutes",
    "person_proofs": "lasts minutes",
    "plans": "the operator's",
    "secret_checks": "the operator's",
    "throttles": "lasts minutes",
    "upgrade_floor": "the operator's",
    "used_links": "lasts days",
    "vendor_archive_parts": "files like this one",
    "vendor_archives": "files like this one",
    "vendor_domains": "leads to this server: it is proven anew where the shop goes",
    "vendor_events": "was told already, or is on its way",
    "vendor_month_counts": "what the operator counts",
    "vendor_months": "what the operator counted",
    "vendor_plans": "which of the operator's plans it has: the default one there",
    "wallet_fanouts": "work of the server",
    "webhook_deliveries": "on its way already",
}
"""The tables that stay, and why."""

SEALED: Final[Mapping[tuple[str, str], str]] = {
    ("integrations", "secret_sealed"): "integration secret",
    ("integrations", "former_secret_sealed"): "integration secret",
    ("loyalty_cards", "token_sealed"): "card token",
    ("receipt_keys", "secret_sealed"): "receipt key",
    ("webhook_endpoints", "secret_sealed"): "webhook secret",
    ("webhook_endpoints", "former_secret_sealed"): "webhook secret",
}
"""Sealed columns and the purposes of their seals, which are bound to the row's id.

They are opened into the archive, and sealed with the other server's key on arrival.
"""

PASSWORDS: Final = ("members", "password_hash")
"""Does not travel: whoever has the archive could guess at the passwords of all who work there."""

IMAGES: Final = ("pass_images", "content")
"""Stands in files of its own, so that pictures are pictures."""

_PARENTS: Final = (
    ("vendor_id", None),
    ("program_id", "loyalty_programs"),
    ("integration_id", "integrations"),
    ("order_id", "integration_orders"),
    ("card_id", "loyalty_cards"),
    ("import_id", "card_imports"),
)


def travelling_tables() -> list[Table]:
    """Return the tables that travel, what is referred to first."""
    return [table for table in Base.metadata.sorted_tables if table.name in TRAVELLING]


def of_vendor(
    table: Table, vendor_id: VendorId, rows: FromClause | None = None
) -> ColumnElement[bool]:
    """Return the condition that a row of a travelling table is the vendor's.

    `rows` are those that are asked about, where a query knows the table by another name.
    """
    columns = table.c if rows is None else rows.c
    if table.name == "vendors":
        return columns.id == vendor_id
    name, parent = next(pair for pair in _PARENTS if pair[0] in columns)
    if parent is None:
        return columns[name] == vendor_id
    owner = Base.metadata.tables[parent]
    return columns[name].in_(select(owner.c.id).where(of_vendor(owner, vendor_id)))
