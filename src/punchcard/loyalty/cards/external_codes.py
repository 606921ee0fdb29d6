"""Codes of cards that moved in from elsewhere: what is printed on them still names them here."""

from collections.abc import Collection

from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from punchcard.kit.ids import CardId, VendorId
from punchcard.loyalty.cards.merges.merged_cards import led_on
from punchcard.loyalty.operations import CardRef
from punchcard.loyalty.tables import CARDS
from punchcard.loyalty.vocabulary import HELD_STATUSES

Coded = tuple[VendorId, str]
"""A vendor, and a code as `external_code` writes it."""


def external_code(text: str) -> str | None:
    """Return `text` as a code is kept and looked for; None if it can be none."""
    ref = CardRef.parse_any(text)
    return None if ref is None else ref.value


def cards_by_code(
    connection: Connection | Session, wanted: Collection[Coded]
) -> dict[Coded, list[CardId]]:
    """Return the ids of the cards that have each of these codes, one a program at most.

    A merged card stands for the one that it became. Cards that are over count only where nobody
    holds one with the code.
    """
    query = select(CARDS.c.vendor_id, CARDS.c.external_code, CARDS.c.id, CARDS.c.status)
    codes = {code for _, code in wanted}
    found: dict[Coded, dict[bool, list[CardId]]] = {}
    rows = connection.execute(query.where(CARDS.c.external_code.in_(codes))).all()
    leads = led_on(connection, rows)
    for row in rows:
        coded = (row.vendor_id, row.external_code)
        if coded in wanted:
            is_held = row.status in HELD_STATUSES or row.id in leads
            cards = found.setdefault(coded, {}).setdefault(is_held, [])
            if (card_id := leads.get(row.id, row.id)) not in cards:
                cards.append(card_id)
    return {coded: cards.get(True) or cards[False] for coded, cards in found.items()}
