"""Receipts at the till: outside the counter's limits, taken back like any entry, sound books."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from punchcard.db.database import Database
from punchcard.kit.clock import ManualClock
from punchcard.kit.errors import DomainError
from punchcard.kit.ids import SystemIds
from punchcard.loyalty.errors.balances import StampTooSoon
from punchcard.loyalty.ledger.ledger_reader import was_late
from punchcard.loyalty.operations import Actor
from punchcard.loyalty.rules.time_rules import LATE_PURCHASES
from punchcard.loyalty.tables import ENTRIES
from punchcard.loyalty.vocabulary import ActorKind
from tests.support.audited_till_driver import audited_till_driver
from tests.support.drivers.till import TillDriver

BY_CLAIM = Actor(ActorKind.CLAIM, "claim 1")


@pytest.fixture
def alice(database: Database, clock: ManualClock, ids: SystemIds) -> Iterator[TillDriver]:
    """Open Café Alice's counter; afterwards the books must be right, whatever was done."""
    with audited_till_driver(database, clock, ids) as counter:
        yield counter


def test_receipts_fill_no_day_of_late_stamps(alice: TillDriver, clock: ManualClock) -> None:
    card = alice.card_of_before(alice.program(max_daily_stamps=2, cooldown_minutes=0))
    for hours in (26, 50, 51):
        alice.till.submit(
            alice.stamp(card, 2, actor=BY_CLAIM, occurred_at=clock.now() - timedelta(hours=hours))
        )
    late = [
        alice.stamp(card, 2, occurred_at=clock.now() - timedelta(hours=hours)) for hours in (26, 50)
    ]
    stamps = [alice.till.submit(one).card.stamps for one in late]
    assert stamps == [8, 10]


def test_receipts_are_none_of_the_late_purchases(alice: TillDriver, clock: ManualClock) -> None:
    card = alice.card_of_before(alice.program(type="points"))
    before = clock.now() - timedelta(hours=1)
    for _ in range(LATE_PURCHASES + 1):
        alice.till.submit(alice.earn(card, 100, actor=BY_CLAIM, occurred_at=before))
    assert alice.till.submit(alice.earn(card, 100, occurred_at=before)).card.points == 22
    with alice.database.read_connection() as connection:
        late = ENTRIES.select().where(was_late(connection.dialect))
        assert len(connection.execute(late).all()) == 1


@pytest.mark.parametrize("type", ["stamps", "hybrid"])
def test_a_receipt_that_is_taken_back_leaves_the_clock_of_the_counter(
    alice: TillDriver, clock: ManualClock, type: str
) -> None:
    card = alice.card_of_before(alice.program(type=type, cooldown_minutes=60))
    stamped = alice.till.submit(alice.stamp(card)).card
    clock.advance(minutes=10)
    ask = alice.visit if type == "hybrid" else alice.stamp
    given = alice.till.submit(
        ask(card, actor=BY_CLAIM, reference="R-1", occurred_at=clock.now() - timedelta(minutes=5))
    )
    assert given.card.next_stamp_at == stamped.next_stamp_at
    back = alice.till.submit(alice.void(given.entry["id"])).card
    assert (back.stamps, back.next_stamp_at) == (1, stamped.next_stamp_at)
    with pytest.raises(StampTooSoon):
        alice.till.submit(alice.stamp(card))


def test_the_void_of_the_counters_stamp_sees_no_receipt(
    alice: TillDriver, clock: ManualClock
) -> None:
    card = alice.card_of_before(alice.program(cooldown_minutes=60))
    counted = alice.till.submit(alice.stamp(card))
    alice.till.submit(alice.stamp(card, actor=BY_CLAIM, occurred_at=clock.now()))
    back = alice.till.submit(alice.void(counted.entry["id"])).card
    assert (back.stamps, back.next_stamp_at) == (1, None)


def test_a_stamp_told_late_is_not_held_against_a_receipt_beside_it(
    alice: TillDriver, clock: ManualClock
) -> None:
    card = alice.card_of_before(alice.program(cooldown_minutes=60))
    then = clock.now() - timedelta(hours=3)
    alice.till.submit(alice.stamp(card, actor=BY_CLAIM, occurred_at=then))
    alice.till.submit(alice.stamp(card))
    [outcome] = alice.till.submit_all([alice.stamp(card, occurred_at=then)])
    assert not isinstance(outcome, DomainError)
    assert outcome.card.stamps == 3
