"""Any life of a whole shop goes at the till, in either database, as the second opinion says."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import pytest
from hypothesis import given

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


class Life:
    """A shop's events, told to the second opinion and asked for at the counter."""

    def __init__(self, shop: Shop, counter: Counter) -> None:
        self.shop, self.counter = shop, counter
        self.told: list[tuple[Event, str]] = []

    def live(self, rushes: Sequence[Rush], now: datetime) -> None:
        """Live through everything that is wished for, and compare after each moment."""
        for rush in rushes:
            now += timedelta(minutes=rush.minutes_later)
            for wish in rush.wishes:
                number = len(self.told)
                if wish.ask == "nothing":
                    continue
                event = event_of(wish, number, self.shop, now)
                said = self.shop.live(number, event)
                self.told.append((event, said))
                code = self.counter.ask(number, event)
                assert code == said, f"{code} at the counter, not {said}: {self}"
            self._compare()

    def _compare(self) -> None:
        for card, held in zip(self.shop.cards, self.counter.held(), strict=True):
            said = held_by(self.shop, card)
            other = {name: (held[name], said[name]) for name in held if held[name] != said[name]}
            assert not other, (
                f"card {card.number} at the counter, in the second opinion: {other}: {self}"
            )
        assert self.counter.shelf() == shelf_of(self.shop), str(self)

    def __str__(self) -> str:
        lines = [f"{number}: {event} {said}" for number, (event, said) in enumerate(self.told)]
        return "\n".join([str(self.shop.program), *lines])


@pytest.fixture
def alice(database: Database, clock: ManualClock) -> Iterator[TillDriver]:
    """Open Café Alice's counter; afterwards the books must be right."""
    with audited_till_driver(database, clock, SystemIds(clock)) as counter:
        yield counter


@effort(12)
@given(program=PROGRAMS, rushes=RUSHES, now=STARTS)
def test_any_life_of_a_shop_is_what_the_second_opinion_says(
    alice: TillDriver, clock: ManualClock, program: Program, rushes: list[Rush], now: datetime
) -> None:
    live(alice, clock, program, rushes, now)


@effort(8)
@given(program=PROGRAMS_OF_DEBTS, rushes=RUSHES_OF_DEBTS, now=STARTS)
def test_cards_that_owe_are_put_together_and_apart_as_it_says(
    alice: TillDriver, clock: ManualClock, program: Program, rushes: list[Rush], now: datetime
) -> None:
    live(alice, clock, program, rushes, now)


def live(
    alice: TillDriver, clock: ManualClock, program: Program, rushes: list[Rush], now: datetime
) -> None:
    clock.set(now)
    shop = Shop(program, CARDS, now - timedelta(days=4))
    Life(shop, Counter(alice, clock, program, CARDS)).live(rushes, now)
