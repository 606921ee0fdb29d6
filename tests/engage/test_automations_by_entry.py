"""Automations that something on a card sets off, and what that costs everybody else."""

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from punchcard.context import Context
from punchcard.db.outbox import OutboxRow
from punchcard.kit.clock import ManualClock
from punchcard.loyalty.events import CARD_FOLLOWED
from punchcard.loyalty.models import LoyaltyProgram
from punchcard.loyalty.till import points_service
from tests.engage.engaged import (
    automation,
    by_shop,
    change,
    coffee_shop,
    entries,
    guest,
    points,
    runs,
    stamp,
    states,
    work,
)
from tests.support.books import audited
from tests.support.cast import Shop
from tests.support.statements import statements_of


@pytest.fixture(autouse=True)
def books(context: Context) -> Iterator[None]:
    """Look through the books once a test is done."""
    yield
    audited(context.database)


def test_who_joins_is_welcomed_once(context: Context, alice: Shop, clock: ManualClock) -> None:
    program = coffee_shop(alice)
    before = guest(alice, program)
    clock.advance(minutes=1)
    automation(alice, program.id, trigger="joined")
    anna = guest(alice, program)
    work(context)
    stamp(alice, before)
    stamp(alice, anna)
    work(context)
    assert (points(context, before), points(context, anna)) == (0, 5)


def test_the_tenth_visit_is_met_and_every_tenth(context: Context, alice: Shop) -> None:
    program = coffee_shop(alice)
    anna = guest(alice, program)
    given = {"trigger": "nth_visit", "when": {"visits": 3, "every": True}, "limit_per_year": None}
    automation(alice, program.id, **given)
    for _ in range(7):
        stamp(alice, anna)
    work(context)
    assert [run.occasion for run in runs(context)] == ["visit:3", "visit:6"]
    assert points(context, anna) == 10


def test_a_first_visit_that_is_voided_and_made_again_is_met_once(
    context: Context, alice: Shop
) -> None:
    program = coffee_shop(alice)
    anna = guest(alice, program)
    automation(alice, program.id, trigger="first_visit", action="stamps", points=None, stamps=2)
    first = stamp(alice, anna)
    work(context)
    points_service.void(
        context.loyalty.till, first.entry["id"], reason="A mistake", **by_shop(alice)
    )
    stamp(alice, anna)
    work(context)
    assert entries(context, anna).count("automation_bonus") == 1


def test_a_bonus_is_no_visit_and_asks_after_no_limit(context: Context, alice: Shop) -> None:
    program = coffee_shop(alice, max_daily_stamps=1, cooldown_minutes=60)
    anna = guest(alice, program)
    automation(alice, program.id, trigger="first_visit", action="stamps", points=None, stamps=5)
    stamp(alice, anna)
    work(context)
    assert entries(context, anna) == ["card_opened", "stamp_earned", "automation_bonus"]
    assert len(runs(context)) == 1


def test_a_condition_that_does_not_hold_keeps_it_back(context: Context, alice: Shop) -> None:
    program = coffee_shop(alice)
    has_many = {"field": "stamps", "op": "gte", "value": 5}
    automation(alice, program.id, trigger="first_visit", conditions=[has_many])
    few, many = guest(alice, program), guest(alice, program)
    stamp(alice, few)
    points_service.earn_points(context.loyalty.till, many, amount_minor=1, **by_shop(alice))
    work(context)
    assert states(context) == []


def test_word_is_left_in_the_entrys_own_transaction_and_outlives_the_process(
    context: Context, alice: Shop
) -> None:
    program = coffee_shop(alice)
    automation(alice, program.id, trigger="first_visit")
    anna = guest(alice, program)
    assert waiting(context) == []
    stamp(alice, anna)
    assert waiting(context) == [anna]
    work(context)
    assert (waiting(context), points(context, anna)) == ([], 5)


def waiting(context: Context) -> list[str]:
    with context.database.read() as session:
        query = select(OutboxRow.key).where(OutboxRow.topic == CARD_FOLLOWED)
        return list(session.scalars(query))


def test_a_program_that_waits_for_nothing_pays_nothing(
    context: Context, alice: Shop, clock: ManualClock
) -> None:
    plain, waits = coffee_shop(alice), coffee_shop(alice, name="Tea")
    row = automation(alice, waits.id, trigger="first_visit")
    one, other = guest(alice, plain), guest(alice, waits)
    told: list[str] = []
    with statements_of(context.database, told):
        stamp(alice, one)
    assert waiting(context) == []
    plain_cost, told[:] = len(told), []
    with statements_of(context.database, told):
        stamp(alice, other)
    assert len(told) == plain_cost
    change(alice, row, status="paused")
    clock.advance(minutes=1)
    work(context)
    stamp(alice, other)
    assert waiting(context) == []
    with context.database.read() as session:
        assert session.get_one(LoyaltyProgram, waits.id).followed is None


def test_a_tier_that_is_reached_brings_something_once_a_year(
    context: Context, alice: Shop, clock: ManualClock
) -> None:
    tiers = [
        {"key": "basic", "name": "Basic", "threshold": 0},
        {"key": "gold", "name": "Gold", "threshold": 3},
    ]
    program = coffee_shop(alice, tiers=tiers, tier_basis="visits")
    automation(alice, program.id, trigger="tier_reached", when={"tier": "gold"})
    anna = guest(alice, program)
    stamp(alice, anna)
    work(context)
    assert points(context, anna) == 0
    for _ in range(3):
        stamp(alice, anna)
    work(context)
    work(context)
    assert points(context, anna) == 5
    assert [run.occasion for run in runs(context)] == ["tier:gold:2026"]
