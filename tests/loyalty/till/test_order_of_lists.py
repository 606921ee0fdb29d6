"""What cards share is taken and freed in the order of a list, also by what waits for a batch."""

from collections.abc import Iterator
from typing import Any

import pytest

from punchcard.db.database import Database
from punchcard.kit.clock import ManualClock
from punchcard.kit.errors import DomainError
from punchcard.kit.ids import CardId, EntryId, ProgramId, SystemIds
from punchcard.loyalty.operations import Operation
from punchcard.loyalty.promotion_models import Promotion
from punchcard.loyalty.till.receipt import Receipt
from tests.support.audited_till_driver import audited_till_driver
from tests.support.drivers.till import TillDriver


@pytest.fixture
def alice(database: Database, clock: ManualClock, ids: SystemIds) -> Iterator[TillDriver]:
    """Open Café Alice's counter; afterwards the books must be right."""
    with audited_till_driver(database, clock, ids) as counter:
        yield counter


def told(alice: TillDriver, *operations: Operation) -> list[str]:
    """Ask for all in one list; returns "done" or the code of the refusal for each."""
    codes = []
    for outcome in alice.till.submit_all(operations):
        assert isinstance(outcome, Receipt | DomainError), outcome
        codes.append("done" if isinstance(outcome, Receipt) else outcome.code)
    return codes


def done(alice: TillDriver, operation: Operation) -> EntryId:
    """Do one thing; returns its entry."""
    return EntryId(alice.till.submit(operation).entry["id"])


def guests(alice: TillDriver, **program: Any) -> tuple[ProgramId, CardId, CardId]:
    """Open a program of points, and two cards with ten on each."""
    program_id = alice.program(type="points", **program)
    anna, ben = alice.cards(program_id, 2)
    for card in (anna, ben):
        alice.till.submit(alice.adjust(card, 10))
    return program_id, anna, ben


def test_the_last_one_that_a_void_gives_back_is_there_for_the_next_of_the_list(
    alice: TillDriver,
) -> None:
    program_id, anna, ben = guests(alice)
    cake = alice.reward(program_id, points_required=5, stock_left=1)
    taken = done(alice, alice.redeem(anna, cake))

    # The void looks back at a card that the list has moved, so it waits for the next batch.
    codes = told(alice, alice.earn(anna, 100), alice.void(taken), alice.redeem(ben, cake))

    assert codes == ["done", "done", "done"]


def test_who_is_first_in_the_list_gets_the_last_one(alice: TillDriver) -> None:
    program_id, anna, ben = guests(alice)
    cake = alice.reward(program_id, points_required=5, stock_left=1, per_card_limit=3)

    codes = told(alice, alice.earn(anna, 100), alice.redeem(anna, cake), alice.redeem(ben, cake))

    assert codes == ["done", "done", "reward_not_available"]


def test_the_last_gift_goes_to_who_is_first_in_the_list(alice: TillDriver) -> None:
    program_id, anna, ben = guests(alice)
    coffee = alice.reward(program_id, points_required=None, stock_left=1)
    for card in (anna, ben):
        alice.till.submit(alice.grant(card, coffee))
    taken = done(alice, alice.redeem_grant(anna))

    codes = told(alice, alice.earn(anna, 100), alice.void(taken), alice.redeem_grant(ben))

    assert codes == ["done", "done", "done"]


def test_the_budget_that_a_void_frees_is_there_for_the_next_of_the_list(alice: TillDriver) -> None:
    rate = {"points_per_currency_unit": 1, "points_per_amount_minor": 100}
    program_id, anna, ben = guests(alice, **rate)
    double = alice.promotion(program_id, budget={"points": 10})
    bought = done(alice, alice.earn(anna, 1000))

    codes = told(alice, alice.adjust(anna, 1), alice.void(bought), alice.earn(ben, 1000))

    assert codes == ["done", "done", "done"]
    with alice.database.read() as session:
        row = session.get_one(Promotion, double)
        assert (row.points_given, row.uses) == (10, 1)
        assert alice.till.submit(alice.adjust(ben, 1)).card.points == 31


def test_a_merge_that_came_too_early_is_not_done_after_the_separation_behind_it(
    alice: TillDriver,
) -> None:
    program_id, anna, ben = guests(alice)
    [chloe] = alice.cards(program_id, 1)
    moved = done(alice, alice.earn(ben, 100))
    merged = done(alice, alice.merge(chloe, anna))

    codes = told(alice, alice.void(moved), alice.merge(ben, anna), alice.void(merged))

    assert codes == ["done", "card_replaced", "done"]


def test_who_is_merged_in_this_list_is_merged_no_second_time(alice: TillDriver) -> None:
    program_id, anna, ben = guests(alice)
    [chloe] = alice.cards(program_id, 1)

    codes = told(alice, alice.merge(chloe, anna), alice.merge(ben, anna), alice.earn(ben, 100))

    assert codes == ["done", "card_replaced", "done"]


def test_what_follows_on_the_card_of_who_waits_for_the_last_one_waits_too(
    alice: TillDriver,
) -> None:
    program_id, anna, ben = guests(alice)
    cake = alice.reward(program_id, points_required=5, stock_left=1)
    taken = done(alice, alice.redeem(anna, cake))

    codes = told(
        alice,
        alice.earn(anna, 100),
        alice.void(taken),
        alice.redeem(ben, cake),
        alice.redeem_points(ben, 6),
    )

    assert codes == ["done", "done", "done", "not_enough_points"]
