"""Any life of a whole shop goes at the till, in either database, as the second opinion says."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from punchcard.db.database import Database
from punchcard.kit.clock import ManualClock
from punchcard.kit.ids import SystemIds
from tests.fuzz.effort import effort
from tests.oracle.whole.cards import Event, Program
from tests.oracle.whole.counter import Counter, held_by, shelf_of
from tests.oracle.whole.shop import Shop
from tests.oracle.whole.wishes import (
    CARDS,
    PROGRAMS,
    PROGRAMS_OF_DEBTS,
    RUSHES,
    RUSHES_OF_DEBTS,
    STARTS,
    Rush,
    event_of,
)
from tests.support.audited_till_driver import audited_till_driver
from tests.support.drivers.till import TillDriver

# Money: on both databases in every run.
pytestmark = pytest.mark.both_databases


class Life:
    """The events of programs, told to the second opinion and asked for at their counters."""

    def __init__(self, driver: TillDriver, places: Sequence[tuple[Shop, Counter]]) -> None:
        self.driver, self.places = driver, places
        self.told: list[tuple[int, Event, str]] = []
        self.asked = 0

    def live(self, rushes: Sequence[Rush], now: datetime, clock: ManualClock) -> None:
        """Live through everything that is wished for, and compare after each moment."""
        for rush in rushes:
            now += timedelta(minutes=rush.minutes_later)
            clock.set(now)
            for wish in rush.wishes:
                if wish.ask == "nothing":
                    continue
                number, place = len(self.told), wish.shop % len(self.places)
                shop = self.places[place][0]
                event = event_of(wish, number, shop, now)
                if event.get("of", -1) >= self.asked:
                    # What it is about is only known once the list before it is done.
                    self._ask()
                self.told.append((place, event, shop.live(number, event)))
                if not rush.at_once:
                    self._ask()
            self._ask()
            self._compare()

    def _ask(self) -> None:
        """Ask for everything that was not asked for yet, in one list."""
        waiting = list(enumerate(self.told))[self.asked :]
        counters = [self.places[place][1] for _, (place, _, _) in waiting]
        operations = [
            counter.operation(number, event)
            for counter, (number, (_, event, _)) in zip(counters, waiting, strict=True)
        ]
        outcomes = self.driver.till.submit_all(operations) if operations else []
        for counter, (number, (_, _, said)), outcome in zip(
            counters, waiting, outcomes, strict=True
        ):
            code = counter.code(number, outcome)
            assert code == said, f"{number}: {code} at the counter, not {said}: {self}"
        self.asked = len(self.told)

    def _compare(self) -> None:
        for shop, counter in self.places:
            for card, held in zip(shop.cards, counter.held(), strict=True):
                said = held_by(shop, card)
                other = {
                    name: (held[name], said[name]) for name in held if held[name] != said[name]
                }
                assert not other, (
                    f"card {card.number} at the counter, in the second opinion: {other}: {self}"
                )
            assert counter.shelf() == shelf_of(shop), str(self)

    def __str__(self) -> str:
        programs = [
            f"program {place}: {shop.program}" for place, (shop, _) in enumerate(self.places)
        ]
        lines = [
            f"{n}: in {place} {event} {said}" for n, (place, event, said) in enumerate(self.told)
        ]
        return "\n".join([*programs, *lines])


@pytest.fixture
def alice(database: Database, clock: ManualClock) -> Iterator[TillDriver]:
    """Open Café Alice's counter; afterwards the books must be right."""
    with audited_till_driver(database, clock, SystemIds(clock)) as counter:
        yield counter


Programs = list[Program]


@effort(12)
@given(programs=st.lists(PROGRAMS, min_size=1, max_size=2), rushes=RUSHES, now=STARTS)
def test_any_life_of_a_shop_is_what_the_second_opinion_says(
    alice: TillDriver, clock: ManualClock, programs: Programs, rushes: list[Rush], now: datetime
) -> None:
    live(alice, clock, programs, rushes, now)


@effort(8)
@given(
    programs=st.lists(PROGRAMS_OF_DEBTS, min_size=1, max_size=1), rushes=RUSHES_OF_DEBTS, now=STARTS
)
def test_cards_that_owe_are_put_together_and_apart_as_it_says(
    alice: TillDriver, clock: ManualClock, programs: Programs, rushes: list[Rush], now: datetime
) -> None:
    live(alice, clock, programs, rushes, now)


def live(
    alice: TillDriver, clock: ManualClock, programs: Programs, rushes: list[Rush], now: datetime
) -> None:
    clock.set(now)
    places = [
        (Shop(program, CARDS, now - timedelta(days=4)), Counter(alice, clock, program, CARDS))
        for program in programs
    ]
    Life(alice, places).live(rushes, now, clock)
