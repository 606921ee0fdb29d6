"""The answer that an idempotency key was given before, from the entry that it stands for."""

from datetime import datetime

from sqlalchemy import Connection

from punchcard.kit.ids import EntryId
from punchcard.loyalty.cards.card_queries import card_query
from punchcard.loyalty.tables import CARDS
from punchcard.loyalty.till.batch_locks import programs_of
from punchcard.loyalty.till.enrolment import TillDependencies
from punchcard.loyalty.till.held_card import held_card
from punchcard.loyalty.till.looks.till_queries import entry_by_id
from punchcard.loyalty.till.receipt import Receipt, as_answered


def replayed(
    connection: Connection, dependencies: TillDependencies, entry_id: EntryId, now: datetime
) -> Receipt:
    """Return the receipt of an entry as it was first answered."""
    row = entry_by_id(connection, entry_id)
    entry = dict(row._mapping)
    wallets = dependencies.wallet_columns()
    card_row = connection.execute(card_query(wallets).where(CARDS.c.id == row.card_id)).one()
    program = programs_of(connection, dependencies, [card_row])[card_row.program_id]
    card = held_card(card_row, program, has_wallets=bool(wallets))
    view = as_answered(card.view(now), entry)
    return Receipt(entry=entry, staff_name=entry.pop("staff_name"), card=view, is_replay=True)
