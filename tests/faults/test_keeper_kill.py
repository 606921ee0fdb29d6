"""Kill a worker in the middle of its work: the next one goes on, and nothing happens twice."""

import signal
from collections import Counter
from collections.abc import Iterator

import pytest

from punchcard.context import Context
from punchcard.db.database import Database
from punchcard.kit.clock import ManualClock, SystemClock
from punchcard.kit.ids import CardId, SystemIds
from punchcard.kit.settings import Settings
from punchcard.loyalty.jobs.due_keeper import DueKeeper
from punchcard.loyalty.jobs.parts import CARDS_AT_ONCE
from punchcard.loyalty.jobs.reservation_keeper import ReservationKeeper
from tests.engage import engaged
from tests.engage.brought import friend, shop_with, told, work_on_friends
from tests.support.audited_till_driver import audited_till_driver
from tests.support.books import audited, read_chains
from tests.support.cast import Shop
from tests.support.doomed_keeper import Duty, dies_keeping
from tests.support.drivers.till import TillDriver

CARDS = 3 * CARDS_AT_ONCE - 4


@pytest.fixture
def counter(database: Database, clock: ManualClock) -> Iterator[TillDriver]:
    """Open Café Alice's counter; afterwards the books must be right."""
    with audited_till_driver(database, clock, SystemIds(SystemClock())) as counter:
        yield counter


def killed(url: str, keeper: str, clock: ManualClock, batches: int) -> None:
    duty = Duty(url, keeper, clock.now().isoformat(), batches)
    assert dies_keeping(duty) == -signal.SIGKILL


def types_of(database: Database) -> Counter[str]:
    chains = read_chains(database)
    return Counter(entry["type"] for chain in chains.values() for entry in chain)


@pytest.mark.parametrize("batches", [1, 2])
def test_what_was_set_aside_comes_back_once(
    counter: TillDriver, clock: ManualClock, database_url: str, batches: int
) -> None:
    cards = counter.cards(counter.program(type="points", welcome_points=5), CARDS)
    counter.till.submit_all([counter.reserve(card, points=3) for card in cards])
    clock.advance(hours=1)
    killed(database_url, "reservations", clock, batches)
    assert types_of(counter.database)["reservation_released"] == batches * CARDS_AT_ONCE
    ReservationKeeper(counter.database, clock, counter.till).take_turn()
    assert types_of(counter.database)["reservation_released"] == CARDS


@pytest.mark.parametrize("batches", [1, 2])
def test_points_end_once(
    counter: TillDriver,
    clock: ManualClock,
    database_url: str,
    batches: int,
    settings: Settings,
) -> None:
    ends = {"kind": "fixed", "months": 1, "round_to": "day"}
    program = counter.program(type="points", welcome_points=5, points_expiry=ends)
    counter.cards(program, CARDS)
    clock.advance(days=40)
    killed(database_url, "due", clock, batches)
    assert types_of(counter.database)["points_expired"] == batches * CARDS_AT_ONCE
    DueKeeper(counter.database, clock, counter.till, settings).take_turn()
    assert types_of(counter.database)["points_expired"] == CARDS


@pytest.mark.both_databases
def test_a_birthday_is_given_once(
    context: Context, alice: Shop, clock: ManualClock, database_url: str
) -> None:
    program = engaged.coffee_shop(alice)
    cards = [engaged.guest(alice, program, birthday="05-17") for _ in range(CARDS)]
    engaged.automation(alice, program.id)
    clock.set(engaged.at("2026-05-17T10:00+02:00"))
    killed(database_url, "automations", clock, 1)
    engaged.work(context)
    assert {engaged.points(context, card) for card in cards} == {5}
    assert engaged.states(context) == ["acted"] * CARDS
    audited(context.database)


@pytest.mark.both_databases
@pytest.mark.parametrize("batches", [1, 2, 3])
def test_friends_are_paid_once(
    context: Context, alice: Shop, clock: ManualClock, database_url: str, batches: int
) -> None:
    program = shop_with(alice, referral={"hold_days": 2})
    anna = engaged.guest(alice, program)
    friends: list[CardId] = [friend(alice, program, anna) for _ in range(2)]
    for card in friends:
        engaged.stamp(alice, card)
    work_on_friends(context)
    assert told(context) == [("held", None)] * 2
    clock.advance(days=3)
    killed(database_url, "referrals", clock, batches)
    work_on_friends(context)
    assert told(context) == [("paid", None)] * 2
    assert engaged.points(context, anna) == 100
    assert [engaged.points(context, card) for card in friends] == [20, 20]
    audited(context.database)
