"""A shop that has been open for long: cards with histories, put in behind the till's back."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, insert, text

from punchcard.accounts.models import AuditEvent, Customer, IdempotencyRecord, Location, Vendor
from punchcard.db.base import table_of
from punchcard.db.dialects import is_sqlite
from punchcard.kit.ids import Ids, ProgramId, StaffPinId, VendorId
from punchcard.loyalty.models import (
    LoyaltyCard,
    LoyaltyProgram,
    LoyaltyTransaction,
    ReferenceClaim,
    Reward,
    StaffPin,
    TransactionOrigin,
)

ENTRIES_A_CARD = 20
TYPES = ("points_earned", "stamp_earned", "voided", "stamp_earned")
"""What follows the opening of a card, again and again; each void takes back the stamp before."""
STAFF_A_SHOP = 5

Rows = dict[Table, list[dict[str, Any]]]


def fill(
    connection: Connection,
    ids: Ids,
    now: datetime,
    *,
    vendor_id: VendorId,
    program_id: ProgramId,
    cards: int,
    shops: int = 0,
) -> None:
    """Write `cards` cards with customers and ENTRIES_A_CARD entries each; gather statistics.

    Beside them `shops` other shops, each with what it sets up, and people at the till. Every
    purchase has a receipt number, every entry a key. Hashes have the right size only.
    """
    rows: Rows = {table_of(model): [] for model in _MODELS}
    for number in range(shops):
        for model, row in _of_shop(ids, now, number):
            rows[table_of(model)].append(row)
    pins = [_pin(ids, now, vendor_id, number) for number in range(shops * STAFF_A_SHOP)]
    rows[table_of(StaffPin)] += pins
    for number in range(cards):
        pin_id = pins[number % len(pins)]["id"] if pins else None
        for model, row in _of_card(ids, now, vendor_id, program_id, pin_id):
            rows[table_of(model)].append(row)
    for table, of_table in rows.items():
        if of_table:
            connection.execute(insert(table), of_table)
    if not is_sqlite(connection):
        # Not of all: the tables that the databases of a server share would be everybody's wait.
        connection.execute(text(f"ANALYZE {', '.join(table.name for table in rows)}"))


# Each after those it refers to.
_MODELS = (
    Vendor,
    LoyaltyProgram,
    StaffPin,
    Location,
    Reward,
    Customer,
    LoyaltyCard,
    LoyaltyTransaction,
    ReferenceClaim,
    TransactionOrigin,
    AuditEvent,
    IdempotencyRecord,
)


def _of_shop(ids: Ids, now: datetime, number: int) -> Iterator[tuple[type, dict[str, Any]]]:
    """Give another shop with one program, one place and one reward."""
    shop_id, program_id = ids.new_id(), ids.new_id()
    at, money = {"created_at": now, "updated_at": now}, {"currency": "EUR", "timezone": "UTC"}
    name = {"name": f"Shop {number}"}
    slug = {"slug": shop_id}
    yield Vendor, {**at, **money, **name, **slug, "id": shop_id, "language": "fr"}
    kind = {"type": "stamps", "status": "active", "card_name": "Card"}
    shop = {"vendor_id": shop_id}
    yield LoyaltyProgram, {**shop, **at, **money, **name, **slug, **kind, "id": program_id}
    yield Location, {**shop, **name, "id": ids.new_id(), "created_at": now}
    reward = {"program_id": program_id, "points_required": 5, "id": ids.new_id()}
    yield Reward, {**shop, **at, **name, **reward}


def _pin(ids: Ids, now: datetime, vendor_id: VendorId, number: int) -> dict[str, Any]:
    pin_id = ids.new_id()
    return {
        "id": pin_id,
        "vendor_id": vendor_id,
        "name": f"Person {number}",
        "pin_hash": "$2b$",
        "pin_index": pin_id.encode()[-32:],
        "created_at": now,
        "updated_at": now,
    }


def _of_card(
    ids: Ids, now: datetime, vendor_id: VendorId, program_id: ProgramId, pin_id: StaffPinId | None
) -> Iterator[tuple[type, dict[str, Any]]]:
    card_id, customer_id = ids.new_id(), ids.new_id()
    shop = {"vendor_id": vendor_id}
    at = {"created_at": now, "updated_at": now}
    digits = f"{int(card_id[-12:], 16) % 10**11:011}"
    contact = {"email": f"{digits}@example.com", "phone": f"+35{digits}"}
    yield Customer, {**shop, **at, **contact, "id": customer_id, "is_verified": True}
    yield (
        LoyaltyCard,
        {
            **shop,
            "id": card_id,
            "program_id": program_id,
            "customer_id": customer_id,
            "number": f"9{digits}",
            "token_hash": card_id.encode()[:32],
            "token_sealed": b"",
            "head_hash": bytes(32),
            "sequence": ENTRIES_A_CARD,
            "enrolled_at": now,
            "last_activity_at": now,
            "updated_at": now,
        },
    )
    before = ""
    for sequence in range(1, ENTRIES_A_CARD + 1):
        entry_id = ids.new_id()
        kind = TYPES[sequence % len(TYPES)] if sequence > 1 else "card_opened"
        voids, before = (before if kind == "voided" else None), entry_id
        reference = f"old-{entry_id}" if kind == "points_earned" else None
        yield (
            LoyaltyTransaction,
            {
                **shop,
                "id": entry_id,
                "program_id": program_id,
                "card_id": card_id,
                "sequence": sequence,
                "type": kind,
                "reference": reference,
                "voids": voids,
                "idempotency_key": f"old-{entry_id}",
                "fingerprint": bytes(32),
                "stamps_delta": 0,
                "stamps_after": 0,
                "points_delta": 0,
                "points_after": 0,
                "points_carry_after": 0,
                "program_version": 1,
                "actor_kind": "device",
                "actor_id": "till-1",
                "staff_pin_id": pin_id,
                "occurred_at": now,
                "created_at": now,
                "previous_hash": bytes(32),
                "hash": bytes(32),
            },
        )
        yield TransactionOrigin, {"transaction_id": entry_id, "created_at": now}
        if reference:
            claim = {"program_id": program_id, "type": kind, "reference": reference}
            yield ReferenceClaim, {**claim, "transaction_id": entry_id}
    yield (
        AuditEvent,
        {
            **shop,
            "id": ids.new_id(),
            "actor_kind": "device",
            "action": "card.points_adjusted",
            "subject_kind": "card",
            "subject_id": card_id,
            "created_at": now,
        },
    )
    yield (
        IdempotencyRecord,
        {
            **shop,
            "key": f"other-{card_id}",
            "fingerprint": bytes(32),
            "status": 200,
            "body_sealed": b"",
            "created_at": now,
        },
    )
