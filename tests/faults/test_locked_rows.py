"""A row that someone else holds, or a process frozen with its locks: all others go on."""

import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import Select, select

from punchcard.accounts.models import Customer
from punchcard.db.database import Database
from punchcard.db.outbox import OutboxRow
from punchcard.kit.clock import SystemClock
from punchcard.kit.errors import DomainError
from punchcard.kit.ids import CardId, SystemIds
from punchcard.loyalty.errors.till import TillBusy
from punchcard.loyalty.models import DailyRollup, LoyaltyCard, Reward
from punchcard.loyalty.operations import NewCustomer, Operation
from punchcard.loyalty.till.receipt import Receipt
from punchcard.loyalty.till.till import LISTS_IN_FLIGHT
from tests.faults.gate import DEADLINE_SECONDS
from tests.support.books import audited
from tests.support.drivers.till import TillDriver, open_till, open_till_driver
from tests.support.halfway_process import Halfway, halfway

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@pytest.fixture
def other(database_url: str) -> Iterator[Database]:
    """Open what another process would: a database of its own."""
    with closing(Database(database_url)) as opened:
        yield opened


@pytest.fixture
def alice(database: Database) -> Iterator[TillDriver]:
    """Open Café Alice's counter, patient for half a second; afterwards its books must be right."""
    clock = SystemClock()
    ids = SystemIds(clock)
    with open_till(database, clock=clock, ids=ids, locked_wait_seconds=0.5) as till:
        yield open_till_driver(database, till, clock=clock, ids=ids)
    audited(database)


@dataclass
class Scene:
    """A row, `query`, an operation that needs it, and one that does not."""

    query: Select[Any]
    stuck: Operation
    free: Operation


def of_a_card(alice: TillDriver) -> Scene:
    card, neighbour = alice.cards(alice.program(type="points"), 2)
    query = select(LoyaltyCard.id).where(LoyaltyCard.id == card)
    return Scene(query, alice.earn(card, 100), alice.earn(neighbour, 100))


def of_a_reward(alice: TillDriver) -> Scene:
    program = alice.program(type="points", welcome_points=500)
    cake, coffee = alice.reward(program, stock_left=9), alice.reward(program)
    card, neighbour = alice.cards(program, 2)
    query = select(Reward.id).where(Reward.id == cake)
    return Scene(query, alice.redeem(card, cake), alice.redeem(neighbour, coffee))


def of_a_customer(alice: TillDriver) -> Scene:
    program, second = alice.program(), alice.program()
    noe = NewCustomer(name="Noé", email="noe@example.com")
    customer = alice.till.submit(alice.enrol(program, customer=noe)).card.customer
    assert customer is not None
    query = select(Customer.id).where(Customer.email == "noe@example.com")
    lea = NewCustomer(name="Léa", email="lea@example.com")
    return Scene(query, alice.enrol(second, customer=noe), alice.enrol(second, customer=lea))


def of_a_day(alice: TillDriver) -> Scene:
    program = alice.program(type="points")
    card = alice.card(program)
    neighbour = alice.card(alice.program(type="points"))
    query = select(DailyRollup.day).where(DailyRollup.program_id == program)
    return Scene(query, alice.earn(card, 100), alice.earn(neighbour, 100))


def of_waiting_work(alice: TillDriver) -> Scene:
    card, neighbour = alice.cards(alice.program(type="points"), 2)
    query = select(OutboxRow.id).where(OutboxRow.key == card)
    return Scene(query, alice.earn(card, 100), alice.earn(neighbour, 100))


@pytest.mark.parametrize(
    "scene_of", [of_a_card, of_a_reward, of_a_customer, of_a_day, of_waiting_work]
)
def test_a_held_row_holds_up_nobody_else(
    alice: TillDriver, other: Database, scene_of: Callable[[TillDriver], Scene]
) -> None:
    scene = scene_of(alice)
    with ThreadPoolExecutor() as threads, other.write_connection() as connection:
        assert connection.execute(scene.query.with_for_update()).all()
        stuck = threads.submit(alice.till.submit, scene.stuck)

        assert isinstance(alice.till.submit(scene.free), Receipt)

        with pytest.raises(TillBusy) as busy:
            stuck.result(DEADLINE_SECONDS)
        assert busy.value.retry_after_seconds == 1
        assert alice.till.waiting == 0
    assert isinstance(alice.till.submit(scene.stuck), Receipt)


def test_a_list_is_done_but_for_what_a_held_card_keeps_from_it(
    alice: TillDriver, other: Database
) -> None:
    held, free = alice.cards(alice.program(type="points"), 2)
    with other.write_connection() as connection:
        connection.execute(select(LoyaltyCard.id).where(LoyaltyCard.id == held).with_for_update())
        outcomes = alice.till.submit_all([alice.earn(held, 100), alice.earn(free, 100)] * 2)
    codes = [o.code if isinstance(o, DomainError) else o.card.points for o in outcomes]
    assert codes == ["busy", 1, "busy", 2]


def test_lists_over_the_same_cards_wait_for_each_other_and_none_is_refused(
    alice: TillDriver,
) -> None:
    cards = alice.cards(alice.program(type="points"), 5)
    size = alice.till.batch_limit + 1
    asked = [alice.earn(cards[n % 5], 100) for n in range(size)]
    lists = 3 * LISTS_IN_FLIGHT
    with ThreadPoolExecutor(lists + 1) as threads:
        done = [threads.submit(alice.till.submit_all, asked) for _ in range(lists)]
        singles = [alice.till.submit(alice.earn(card, 100)) for card in cards * 4]
        outcomes = [outcome for one in done for outcome in one.result(DEADLINE_SECONDS)]
    assert all(isinstance(outcome, Receipt) for outcome in outcomes)
    assert len(singles) == 20


def test_a_frozen_process_lets_the_others_on_when_its_silence_was_too_long(
    alice: TillDriver, database_url: str
) -> None:
    frozen, neighbour = alice.cards(alice.program(type="points"), 2)
    elsewhere = alice.card(alice.program(type="points"))
    plan = Halfway(database_url, alice.vendor_id, frozen, idle_seconds=3)
    with halfway(plan) as process:
        process.send_signal(signal.SIGSTOP)
        try:
            assert alice.till.submit(alice.earn(elsewhere, 100)).card.points == 1
            assert points_at_last(alice, neighbour) == 1
            assert points_at_last(alice, frozen) == 1, "what the frozen process wrote is undone"
        finally:
            process.send_signal(signal.SIGCONT)


def points_at_last(counter: TillDriver, card: CardId) -> int:
    """Return the points of a card after a purchase that is tried until it is taken."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline:
        with suppress(TillBusy):
            return counter.till.submit(counter.earn(card, 100)).card.points
    raise AssertionError("the till stands still")
