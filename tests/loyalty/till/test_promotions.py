"""Promotions at the till: what entries tell, what is counted, and budgets and limits in races."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest

from punchcard.db.database import Database
from punchcard.kit.clock import ManualClock, SystemClock
from punchcard.kit.ids import PromotionId, SystemIds
from punchcard.loyalty.operations import Operation
from punchcard.loyalty.promotion_models import Promotion
from punchcard.loyalty.till.receipt import Receipt
from tests.support.audited_till_driver import audited_till_driver
from tests.support.books import audited
from tests.support.drivers.till import TillDriver, open_till, open_till_driver
from tests.support.till_process import Plan, answers, running

GIFT: dict[str, Any] = {"effect": {"kind": "add_points", "points": 10}}


@pytest.fixture
def counter(database: Database, clock: ManualClock) -> Iterator[TillDriver]:
    """Open Café Alice's counter; afterwards the books must be right."""
    with audited_till_driver(database, clock, SystemIds(clock)) as driver:
        yield driver


def given(counter: TillDriver, promotion_id: PromotionId) -> tuple[int, int]:
    """Return the points that a promotion gave, and in how many purchases."""
    with counter.database.read() as session:
        row = session.get_one(Promotion, promotion_id)
        return row.points_given, row.uses


def at_once(counter: TillDriver, operations: Sequence[Operation]) -> list[Receipt]:
    with ThreadPoolExecutor(len(operations)) as threads:
        return list(threads.map(counter.till.submit, operations))


def test_a_purchase_is_one_entry_that_tells_its_parts(counter: TillDriver) -> None:
    program = counter.program(type="points")
    double = counter.promotion(program)
    card = counter.card(program)
    receipt = counter.till.submit(counter.earn(card, 1500))
    assert (receipt.entry["points_delta"], receipt.card.points) == (30, 30)
    parts = receipt.entry["details"]["parts"]
    assert [(part["kind"], part["points"]) for part in parts] == [("base", 15), ("promotion", 15)]
    assert given(counter, double) == (15, 1)


def test_a_void_frees_the_budget_and_the_use(counter: TillDriver) -> None:
    program = counter.program(type="points")
    limit = {"times": 1, "per": "card"}
    gift = counter.promotion(program, **GIFT, budget={"points": 10}, limit=limit)
    one, other = counter.cards(program, 2)
    first = counter.till.submit(counter.earn(one, 500))
    assert first.card.points == 15
    assert counter.till.submit(counter.earn(other, 500)).card.points == 5
    assert counter.till.submit(counter.void(first.entry["id"])).card.points == 0
    assert given(counter, gift) == (0, 0)
    assert counter.till.submit(counter.earn(other, 500)).card.points == 20
    assert counter.till.submit(counter.earn(one, 500)).card.points == 5
    assert given(counter, gift) == (10, 1)


def test_in_one_list_each_purchase_sees_what_the_one_before_left(counter: TillDriver) -> None:
    program = counter.program(type="points")
    gift = counter.promotion(program, **GIFT, budget={"points": 25})
    cards = counter.cards(program, 4)
    outcomes = counter.till.submit_all([counter.earn(card, 100) for card in cards])
    points = [outcome.card.points for outcome in outcomes if isinstance(outcome, Receipt)]
    assert points == [11, 11, 1, 1]
    assert given(counter, gift) == (20, 2)


def test_a_promotion_that_is_paused_or_ended_gives_nothing(counter: TillDriver) -> None:
    program = counter.program(type="points")
    counter.promotion(program, status="paused")
    counter.promotion(program, status="draft")
    counter.promotion(program, status="ended", ended_at=counter.clock.now())
    assert counter.till.submit(counter.earn(counter.card(program), 500)).card.points == 5


def test_the_same_request_again_is_given_the_same_answer(counter: TillDriver) -> None:
    program = counter.program(type="points")
    gift = counter.promotion(program, **GIFT, budget={"points": 10})
    asked = counter.earn(counter.card(program), 500, idempotency_key="k-1")
    first, again = counter.till.submit(asked), counter.till.submit(asked)
    assert again.is_replay
    assert (first.card.points, again.card.points) == (15, 15)
    assert given(counter, gift) == (10, 1)


def test_a_hundred_buyers_share_a_budget_to_the_point(database: Database) -> None:
    clock = SystemClock()
    with audited_till_driver(database, clock, SystemIds(clock)) as alice:
        program = alice.program(type="points")
        gift = alice.promotion(program, **GIFT, budget={"points": 73})
        cards = alice.cards(program, 50)
        receipts = at_once(alice, [alice.earn(card, 100) for card in cards])
        assert sorted(receipt.card.points for receipt in receipts) == [1] * 43 + [11] * 7
        assert given(alice, gift) == (70, 7)


def test_one_card_at_ten_tills_gets_its_limit_and_no_more(database: Database) -> None:
    clock = SystemClock()
    with audited_till_driver(database, clock, SystemIds(clock)) as alice:
        program = alice.program(type="points")
        gift = alice.promotion(program, **GIFT, limit={"times": 3, "per": "card"})
        card = alice.card(program)
        at_once(alice, [alice.earn(card, 100) for _ in range(10)])
        assert given(alice, gift) == (30, 3)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_two_servers_share_a_budget_and_a_limit_to_the_point(
    database: Database, database_url: str
) -> None:
    clock = SystemClock()
    ids = SystemIds(clock)
    with open_till(database, clock=clock, ids=ids) as till:
        alice = open_till_driver(database, till, clock=clock, ids=ids)
        program = alice.program(type="points")
        gift = alice.promotion(program, **GIFT, budget={"points": 155}, stacking="add")
        limit = {"times": 4, "per": "card"}
        half = {"kind": "multiply", "factor": "1.500"}
        more = alice.promotion(program, effect=half, limit=limit, stacking="add")
        cards = alice.cards(program, 5)
    plan = Plan(
        name="one",
        url=database_url,
        vendor_id=alice.vendor_id,
        cards=cards,
        kind="steady",
        threads=4,
        operations=30,
    )
    with ExitStack() as stack:
        servers = [
            stack.enter_context(running(replace(plan, name=name))) for name in ("one", "two")
        ]
        told = [list(answers(server)) for server in servers]
        assert [server.wait() for server in servers] == [0, 0]
    assert {answer.code for lines in told for answer in lines} <= {None, "not_enough_points"}
    audited(database)
    with database.read() as session:
        row = session.get_one(Promotion, gift)
        assert (row.points_given, row.uses) == (150, 15)
        assert session.get_one(Promotion, more).uses == 20
