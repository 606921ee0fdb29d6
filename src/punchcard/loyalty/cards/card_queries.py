"""Queries of cards and of the customers they belong to."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    func,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.orm import Session

from punchcard.db.types import RawJson
from punchcard.kit.ids import CardId, CustomerId, ProgramId, RewardId, VendorId
from punchcard.loyalty.cards.merges.merged_cards import led_on
from punchcard.loyalty.programs.handed_out import had_for_points
from punchcard.loyalty.rules.values import CardState
from punchcard.loyalty.tables import CARDS, CUSTOMERS, ENTRIES, PROGRAMS, VENDORS
from punchcard.loyalty.vocabulary import HELD_STATUSES, CardStatus

_CARD_COLUMNS = (
    *(
        column if name != "standing" else type_coerce(column, RawJson).label(name)
        for name, column in ((name, CARDS.c[name]) for name in CardState._fields)
    ),
    *(CARDS.c[name] for name in ("vendor_id", "program_id", "customer_id", "number")),
    *(CARDS.c[name] for name in ("token_hash", "token_sealed", "locale", "location_id")),
    CARDS.c.external_code,
    *(CARDS.c[name] for name in ("sequence", "head_hash")),
)


WalletColumns = tuple[ColumnElement[str], ...]
"""`wallet_apple` and `wallet_google`, for readers of a card; empty while there is no wallet."""


def card_query(wallets: WalletColumns = ()) -> Select[Any]:
    """Return the query that fills a HeldCard: card, customer, and the program's stamp.

    It begins with the fields of a CardState, in their order.
    """
    return (
        select(
            *_CARD_COLUMNS,
            CUSTOMERS.c.name.label("customer_name"),
            CUSTOMERS.c.email.label("customer_email"),
            CUSTOMERS.c.phone.label("customer_phone"),
            CUSTOMERS.c.birthday.label("customer_birthday"),
            CUSTOMERS.c.locale.label("customer_locale"),
            CUSTOMERS.c.marketing_consent.label("customer_marketing_consent"),
            PROGRAMS.c.version.label("program_version"),
            PROGRAMS.c.updated_at.label("program_updated_at"),
            VENDORS.c.keeps_origins,
            VENDORS.c.status.label("vendor_status"),
            *wallets,
        )
        .join(PROGRAMS, PROGRAMS.c.id == CARDS.c.program_id)
        .join(VENDORS, VENDORS.c.id == CARDS.c.vendor_id)
        .outerjoin(CUSTOMERS, CUSTOMERS.c.id == CARDS.c.customer_id)
    )


def times_redeemed(
    connection: Connection, card_ids: Collection[CardId], reward_ids: Collection[RewardId]
) -> dict[CardId, dict[RewardId, int]]:
    """Return how often each card had each of these rewards for points, without what was voided.

    What a card was given counts towards no limit.
    """
    if not card_ids or not reward_ids:
        return {}
    query = (
        select(ENTRIES.c.card_id, ENTRIES.c.reward_id, func.count())
        .where(
            ENTRIES.c.card_id.in_(card_ids),
            ENTRIES.c.reward_id.in_(reward_ids),
            had_for_points(),
        )
        .group_by(ENTRIES.c.card_id, ENTRIES.c.reward_id)
    )
    found: dict[CardId, dict[RewardId, int]] = {}
    for card_id, reward_id, times in connection.execute(query):
        found.setdefault(card_id, {})[reward_id] = int(times)
    return found


def in_tier(session: Session, vendor_id: VendorId, key: str) -> ColumnElement[bool]:
    """Return the condition that a card's last entry about its tier put it into the tier `key`.

    Cards that never left the lowest of their program tell none.
    """
    programs = session.execute(
        select(PROGRAMS.c.id, PROGRAMS.c.tiers).where(
            PROGRAMS.c.vendor_id == vendor_id, PROGRAMS.c.tiers.is_not(None)
        )
    )
    lowest = [row.id for row in programs if row.tiers[0]["key"] == key]
    own = CARDS.c.standing["tier"]["key"].as_string()
    return or_(own == key, and_(own.is_(None), CARDS.c.program_id.in_(lowest)))


def customers_with(
    connection: Connection, vendor_id: VendorId, *, email: str | None, phone: str | None
) -> Sequence[Row[Any]]:
    """Lock and return the vendor's verified customers with this e-mail address or phone number.

    Locked, so that an erasure that is under way at this moment is waited for and then seen.
    """
    if email is None and phone is None:
        return []
    query = named_customers(select(CUSTOMERS), vendor_id, email, phone)
    return connection.execute(query.order_by(CUSTOMERS.c.id).with_for_update()).all()


def named_customers(
    query: Select[Any], vendor_id: VendorId, email: str | None, phone: str | None
) -> Select[Any]:
    """Narrow a query of customers to a vendor's verified ones with one of these contacts."""
    given = ((CUSTOMERS.c.email, email), (CUSTOMERS.c.phone, phone))
    # The vendor stands beside each contact: SQLite takes an index for either side of an OR only
    # if that side names all of the index's columns; otherwise it reads all the vendor's customers.
    contacts = [
        and_(CUSTOMERS.c.vendor_id == vendor_id, column == value)
        for column, value in given
        if value is not None
    ]
    return query.where(CUSTOMERS.c.is_verified, CUSTOMERS.c.erased_at.is_(None), or_(*contacts))


def card_held(connection: Connection, program_id: ProgramId, customer_id: CustomerId) -> str | None:
    """Return the card a customer holds in a program, also one that theirs was merged into."""
    query = select(CARDS.c.id, CARDS.c.status).where(
        CARDS.c.program_id == program_id,
        CARDS.c.customer_id == customer_id,
        CARDS.c.status.in_((*HELD_STATUSES, CardStatus.REPLACED)),
    )
    rows = connection.execute(query).all()
    held = next((row.id for row in rows if row.status in HELD_STATUSES), None)
    return held or next(iter(led_on(connection, rows).values()), None)
