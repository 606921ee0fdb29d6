"""Quotes: what a purchase would earn, told without writing anything."""

from collections.abc import Iterator
from typing import Any

import pytest

from punchcard.db.database import Database
from punchcard.kit.clock import ManualClock
from punchcard.kit.ids import SystemIds
from punchcard.loyalty.errors.cards import CardNotFound
from punchcard.loyalty.operations import CardOperation
from punchcard.loyalty.till.quotes import Quote, quote
from tests.support.audited_till_driver import audited_till_driver
from tests.support.drivers.till import TillDriver


@pytest.fixture
def counter(database: Database, clock: ManualClock) -> Iterator[TillDriver]:
    """Open Café Alice's counter; afterwards the books must be right."""
    with audited_till_driver(database, clock, SystemIds(clock)) as driver:
        yield driver


def asked(counter: TillDriver, operation: CardOperation) -> Quote:
    return quote(counter.database, counter.till.programs, operation, counter.clock.now())


def test_a_quote_is_what_the_purchase_then_earns(counter: TillDriver) -> None:
    program = counter.program(type="points")
    half = {"kind": "multiply", "factor": "1.500"}
    counter.promotion(program, effect=half, budget={"points": 8}, limit={"times": 9, "per": "day"})
    card = counter.card(program)
    for amount_minor in (130, 270, 130, 999, 450, 110, 240):
        told = asked(counter, counter.earn(card, amount_minor))
        entry = counter.till.submit(counter.earn(card, amount_minor)).entry
        assert (told.points, told.stamps) == (entry["points_delta"], 0)
        assert sum(part["points"] for part in told.parts) == told.points
        assert told.parts == (entry["details"] or {}).get("parts", told.parts)


def test_a_quote_says_what_would_refuse_the_purchase(counter: TillDriver) -> None:
    program = counter.program(type="points", minimum_purchase_minor=500)
    card = counter.card(program)
    assert asked(counter, counter.earn(card, 499)) == Quote(refused_by="purchase_below_minimum")
    counter.till.submit(counter.earn(card, 500, reference="R-1"))
    again = asked(counter, counter.earn(card, 500, reference="R-1"))
    assert again.refused_by == "reference_already_used"


def test_a_quote_asks_nobody_who_stands_at_the_till(counter: TillDriver) -> None:
    card = counter.card(counter.program(type="points", pin_policy="required"))
    assert asked(counter, counter.earn(card, 1200)).points == 12


def test_a_card_that_is_none_is_no_quote(counter: TillDriver) -> None:
    with pytest.raises(CardNotFound):
        asked(counter, counter.earn(counter.ids.new_id(), 100))  # type: ignore[arg-type]


def test_pending_points_are_quoted(counter: TillDriver) -> None:
    card = counter.card(counter.program(type="points", points_activation_days=14))
    assert asked(counter, counter.earn(card, 1200)).points == 12


def test_a_visit_is_quoted_with_its_stamps_and_its_points(counter: TillDriver) -> None:
    rules: dict[str, Any] = {"cooldown_minutes": 0, "max_daily_stamps": 50}
    program = counter.program(type="hybrid", **rules)
    counter.promotion(program, effect={"kind": "add_stamps", "stamps": 2})
    counter.promotion(program)
    card = counter.card(program)
    visit = counter.visit(card, amount_minor=700, stamps=1)
    told = asked(counter, visit)
    assert (told.points, told.stamps) == (14, 3)
    entry = counter.till.submit(visit).entry
    assert (entry["points_delta"], entry["stamps_delta"]) == (14, 3)


def test_a_stamp_gets_what_a_promotion_adds_and_a_void_takes_both(counter: TillDriver) -> None:
    program = counter.program(cooldown_minutes=0, max_daily_stamps=2)
    counter.promotion(program, effect={"kind": "add_stamps", "stamps": 1})
    card = counter.card(program)
    first = counter.till.submit(counter.stamp(card))
    # The day's limit counts what was bought, and not what came on top.
    second = counter.till.submit(counter.stamp(card))
    assert (first.card.stamps, second.card.stamps) == (2, 4)
    assert counter.till.submit(counter.void(second.entry["id"])).card.stamps == 2
