"""A card's entries stand in the order of its chain, and the card says what the till would do,
also after a clock that ran ahead.
"""

from datetime import timedelta

import pytest

from punchcard.db.database import Database
from punchcard.kit.clock import ManualClock
from punchcard.kit.ids import CardId, SystemIds
from punchcard.loyalty.cards import card_service
from punchcard.loyalty.ledger import ledger_reader
from punchcard.loyalty.ledger.ledger_reader import EntryFilter, ReadEntry
from punchcard.loyalty.ledger.ledger_verify import verify_ledger
from tests.support.drivers.till import TillDriver, open_till, open_till_driver


@pytest.fixture
def put_back(database: Database, clock: ManualClock) -> tuple[TillDriver, CardId]:
    """Stamp a card two days ahead, put the clock back, start anew, and stamp it once more."""
    right = clock.now()
    ahead = SystemIds(clock)
    with open_till(database, clock=clock, ids=ahead) as till:
        alice = open_till_driver(database, till, clock=clock, ids=ahead)
        card_id = alice.card(alice.program(cooldown_minutes=15))
        clock.advance(days=2)
        till.submit(alice.stamp(card_id))
    clock.set(right + timedelta(minutes=1))
    ids = SystemIds(clock)
    with open_till(database, clock=clock, ids=ids) as till:
        till.submit(alice.stamp(card_id))
    return alice, card_id


def sequences(entries: list[ReadEntry]) -> list[int]:
    return [entry.row["sequence"] for entry in entries]


def test_a_cards_entries_stand_in_the_order_of_its_chain(
    put_back: tuple[TillDriver, CardId], database: Database
) -> None:
    alice, card_id = put_back
    with database.read() as session:
        whole = ledger_reader.list_card_entries(session, card_id, limit=10)
        assert sequences(whole) == [3, 2, 1]
        assert [entry.id for entry in whole] != sorted((e.id for e in whole), reverse=True)

        # Page by page nothing is left out and nothing comes twice.
        paged, before = [], None
        while page := ledger_reader.list_card_entries(session, card_id, limit=1, before_id=before):
            paged += page
            before = page[-1].id
        assert sequences(paged) == [3, 2, 1]

        wanted = EntryFilter(card_id=card_id)
        assert sequences(
            ledger_reader.list_entries(session, alice.vendor_id, wanted, limit=10)
        ) == [3, 2, 1]
    with database.snapshot() as connection:
        assert verify_ledger(connection).is_sound


def test_the_card_opens_when_the_till_would_stamp_it(
    put_back: tuple[TillDriver, CardId], database: Database, clock: ManualClock
) -> None:
    alice, card_id = put_back
    clock.advance(minutes=15)
    with database.read() as session:
        card = card_service.get_card(session, alice.vendor_id, card_id, now=clock.now())
    assert card.next_stamp_at is None
    with open_till(database, clock=clock, ids=SystemIds(clock)) as till:
        till.submit(alice.stamp(card_id))
