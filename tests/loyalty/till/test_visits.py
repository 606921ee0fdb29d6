"""Visits at the till: one entry of stamps and points, held against all that was there before."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from punchcard.db.database import Database
from punchcard.kit.clock import ManualClock
from punchcard.kit.errors import DomainError
from punchcard.kit.ids import ProgramId, SystemIds
from punchcard.loyalty.errors.balances import DailyStampLimitReached, StampTooSoon
from punchcard.loyalty.errors.till import ReferenceAlreadyUsed
from punchcard.loyalty.operations import PurchaseItem
from tests.loyalty.till.submissions import refusal_of
from tests.support.audited_till_driver import audited_till_driver
from tests.support.drivers.till import TillDriver


@pytest.fixture
def alice(database: Database, clock: ManualClock, ids: SystemIds) -> Iterator[TillDriver]:
    """Open Café Alice's counter; afterwards the books must be right, whatever was done."""
    with audited_till_driver(database, clock, ids) as counter:
        yield counter


def hybrid(alice: TillDriver, **fields: object) -> ProgramId:
    return alice.program(**{"type": "hybrid", "cooldown_minutes": 0, **fields})


def test_a_visit_is_one_entry(alice: TillDriver) -> None:
    card = alice.card(hybrid(alice, stamps_per_item=[{"sku": "beans", "stamps": 2}]))
    receipt = alice.till.submit(
        alice.visit(card, amount_minor=1250, items=(PurchaseItem("beans"),), reference="R-1")
    )
    entry = receipt.entry
    assert (entry["type"], entry["stamps_delta"], entry["points_delta"]) == (
        "visit_recorded",
        2,
        12,
    )
    assert (entry["form"], entry["sequence"]) == (2, 2)
    assert entry["details"] == {"items": [{"quantity": 1, "sku": "beans"}]}
    assert (receipt.card.stamps, receipt.card.points) == (2, 12)


def test_a_voided_visit_gives_the_day_and_the_receipt_back(alice: TillDriver) -> None:
    card = alice.card(hybrid(alice, cooldown_minutes=60, max_daily_stamps=2))
    asked = alice.visit(card, amount_minor=500, stamps=2, reference="R-1")
    given = alice.till.submit(asked)
    assert isinstance(refusal_of(alice, alice.stamp(card)), StampTooSoon)
    back = alice.till.submit(alice.void(given.entry["id"])).card
    assert (back.stamps, back.points, back.next_stamp_at) == (0, 0, None)
    assert alice.till.submit(asked).card.stamps == 2


def test_stamps_and_visits_share_the_day(alice: TillDriver) -> None:
    card = alice.card(hybrid(alice, max_daily_stamps=3))
    alice.till.submit(alice.visit(card, amount_minor=500, stamps=2))
    alice.till.submit(alice.stamp(card))
    refused = refusal_of(alice, alice.visit(card, amount_minor=500))
    assert isinstance(refused, DailyStampLimitReached)


def test_a_late_stamp_is_held_against_the_visits_around_it(
    alice: TillDriver, clock: ManualClock
) -> None:
    card = alice.card_of_before(hybrid(alice, cooldown_minutes=60))
    alice.till.submit(alice.visit(card, amount_minor=500))
    first = clock.now()
    clock.advance(minutes=90)
    alice.till.submit(alice.visit(card, amount_minor=500))
    clock.advance(minutes=90)
    late = alice.stamp(card, occurred_at=first + timedelta(minutes=30))
    assert isinstance(refusal_of(alice, late), StampTooSoon)


def test_late_visits_fill_the_day_they_are_recorded_on(
    alice: TillDriver, clock: ManualClock
) -> None:
    card = alice.card_of_before(hybrid(alice, max_daily_stamps=2))
    told = []
    for hours in (26, 50, 51):
        late = alice.visit(card, stamps=2, occurred_at=clock.now() - timedelta(hours=hours))
        [outcome] = alice.till.submit_all([late])
        told.append(outcome.code if isinstance(outcome, DomainError) else outcome.card.stamps)
    assert told == [2, 4, "daily_stamp_limit_reached"]


@pytest.mark.parametrize("first", ["visit", "stamp", "earn"])
def test_a_receipt_is_recorded_once(alice: TillDriver, first: str) -> None:
    card = alice.card(hybrid(alice))
    ways = {
        "visit": alice.visit(card, amount_minor=500, reference="R-1"),
        "stamp": alice.stamp(card, reference="R-1"),
        "earn": alice.earn(card, 500, reference="R-1"),
    }
    used = alice.till.submit(ways[first]).entry["id"]
    refused = refusal_of(alice, ways["visit"])
    assert isinstance(refused, ReferenceAlreadyUsed)
    assert refused.facts == {"transaction_id": used}
    # Two calls of one purchase, its stamps and its points, are what they always were.
    others = {"visit": (), "stamp": ("earn",), "earn": ("stamp",)}[first]
    for way in ("stamp", "earn"):
        if way in others:
            alice.till.submit(ways[way])
        else:
            assert isinstance(refusal_of(alice, ways[way]), ReferenceAlreadyUsed)


def test_a_list_gives_a_receipt_to_the_first_of_two_cards(alice: TillDriver) -> None:
    one, other = alice.cards(hybrid(alice), 2)
    outcomes = alice.till.submit_all(
        [
            alice.stamp(one, reference="R-1"),
            alice.visit(other, amount_minor=500, reference="R-1"),
            alice.visit(other, amount_minor=500, reference="R-2"),
        ]
    )
    assert [o.code if isinstance(o, DomainError) else o.entry["type"] for o in outcomes] == [
        "stamp_earned",
        "reference_already_used",
        "visit_recorded",
    ]
