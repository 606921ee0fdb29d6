"""Reservations whose time is over come back by themselves, whatever stood still in the meantime."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import count

import pytest
from sqlalchemy import func, select

from punchcard.db.base import table_of
from punchcard.db.database import Database
from punchcard.db.outbox import OutboxRow
from punchcard.kit.clock import ManualClock, SystemClock
from punchcard.kit.ids import CardId, RewardId, SystemIds
from punchcard.loyalty.grant_models import Reservation
from punchcard.loyalty.jobs.reservation_keeper import (
    RESERVATIONS_OVER,
    ReservationKeeper,
    enqueue_over,
)
from punchcard.loyalty.models import Reward
from punchcard.loyalty.tables import CARDS, ENTRIES
from tests.support.audited_till_driver import audited_till_driver
from tests.support.drivers.rules import MONDAY
from tests.support.drivers.till import TillDriver

RESERVATIONS = table_of(Reservation)
OUTBOX = table_of(OutboxRow)


@pytest.fixture
def clock() -> ManualClock:
    """Stop the clock on a Monday morning."""
    return ManualClock(MONDAY)


@pytest.fixture
def alice(database: Database, clock: ManualClock) -> Iterator[TillDriver]:
    """Open Café Alice's counter; afterwards the books must be right."""
    with audited_till_driver(database, clock, SystemIds(SystemClock())) as counter:
        yield counter


def keeper_of(alice: TillDriver) -> ReservationKeeper:
    # A watch that moves on by more than a turn whenever it is looked at.
    turns = count(0, 60)
    return ReservationKeeper(
        alice.database, alice.clock, alice.till, monotonic=lambda: float(next(turns))
    )


def states(alice: TillDriver) -> list[str]:
    with alice.database.read_connection() as connection:
        query = select(RESERVATIONS.c.state).order_by(RESERVATIONS.c.id)
        return [str(state) for state in connection.scalars(query)]


def points(alice: TillDriver, card: CardId) -> int:
    with alice.database.read_connection() as connection:
        return int(connection.scalars(select(CARDS.c.points).where(CARDS.c.id == card)).one())


def releases(alice: TillDriver) -> int:
    with alice.database.read_connection() as connection:
        released = ENTRIES.c.type == "reservation_released"
        return int(connection.scalar(select(func.count()).where(released)) or 0)


def waiting(alice: TillDriver) -> int:
    with alice.database.read_connection() as connection:
        left = OUTBOX.c.topic == RESERVATIONS_OVER
        return int(connection.scalar(select(func.count()).where(left)) or 0)


def test_what_is_over_comes_back_once_and_what_runs_stays(
    alice: TillDriver, clock: ManualClock
) -> None:
    program = alice.program(type="points", welcome_points=300)
    card, other = alice.card(program), alice.card(program)
    for holder, seconds in ((card, 60), (card, 90), (other, 86_400)):
        alice.till.submit(alice.reserve(holder, points=100, expires_in_seconds=seconds))
    clock.advance(minutes=5)
    keeper = keeper_of(alice)
    assert keeper.release(clock.now())
    assert (points(alice, card), points(alice, other)) == (300, 200)
    assert states(alice) == ["expired", "expired", "reserved"]
    assert keeper.release(clock.now())
    assert releases(alice) == 2


def test_the_last_one_on_the_shelf_is_back_though_nobody_comes(
    alice: TillDriver, clock: ManualClock
) -> None:
    program = alice.program(type="points", welcome_points=300)
    cake = alice.reward(program, stock_left=1)
    alice.till.submit(alice.reserve(alice.card(program), reward_id=cake, expires_in_seconds=60))
    assert stock(alice, cake) == 0
    clock.advance(minutes=2)
    assert keeper_of(alice).release(clock.now())
    assert stock(alice, cake) == 1


def test_after_a_week_of_standstill_all_come_back_part_by_part(
    alice: TillDriver, clock: ManualClock
) -> None:
    program = alice.program(type="points", welcome_points=300)
    cards = [alice.card(program) for _ in range(60)]
    for card in cards:
        alice.till.submit(alice.reserve(card, points=100))
    clock.advance(days=7)
    keeper = keeper_of(alice)
    parts = iter((True, False))
    assert not keeper.release(clock.now(), goes_on=lambda: next(parts))
    assert 0 < releases(alice) < 60
    assert keeper.release(clock.now())
    assert releases(alice) == 60
    assert {points(alice, card) for card in cards} == {300}


def test_word_is_left_when_something_is_over_and_while_there_is_more_to_do(
    alice: TillDriver, clock: ManualClock
) -> None:
    card = alice.card(alice.program(type="points", welcome_points=300))
    alice.till.submit(alice.reserve(card, points=100, expires_in_seconds=60))
    with alice.database.write() as session:
        assert enqueue_over(session, clock.now()) == 0
        assert enqueue_over(session, clock.now() + timedelta(minutes=2)) == 1
    assert waiting(alice) == 1
    clock.advance(minutes=2)
    keeper_of(alice).take_turn()
    assert (releases(alice), waiting(alice)) == (0, 1)
    ReservationKeeper(alice.database, clock, alice.till, monotonic=lambda: 0.0).take_turn()
    assert releases(alice) == 1
    with alice.database.write() as session:
        assert enqueue_over(session, clock.now()) == 0


def test_a_card_that_was_blocked_since_has_its_points_back_too(
    alice: TillDriver, clock: ManualClock
) -> None:
    card = alice.card(alice.program(type="points", welcome_points=300))
    alice.till.submit(alice.reserve(card, points=100, expires_in_seconds=60))
    with alice.database.write() as session:
        session.execute(CARDS.update().where(CARDS.c.id == card).values(status="blocked"))
    clock.advance(minutes=2)
    assert keeper_of(alice).release(clock.now())
    assert points(alice, card) == 300


def stock(alice: TillDriver, reward: RewardId) -> int | None:
    with alice.database.read() as session:
        return session.get_one(Reward, reward).stock_left
