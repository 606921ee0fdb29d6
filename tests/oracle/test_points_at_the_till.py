"""Any life of a card goes at the till, in either database, as the second opinion says."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from fractions import Fraction

from hypothesis import given, seed, settings
from sqlalchemy import select

from punchcard.db.database import Database
from punchcard.kit.clock import ManualClock
from punchcard.kit.errors import DomainError
from punchcard.kit.ids import EntryId, SystemIds
from punchcard.loyalty.operations import Operation
from punchcard.loyalty.tables import CARDS, ENTRIES, EntryRow
from punchcard.loyalty.till.receipt import Receipt
from tests.oracle.asks import HOURS, PROGRAMS, STARTS, Hour, columns_of
from tests.oracle.lives import Answer, Held, Life
from tests.oracle.points import Program
from tests.support.books import audited
from tests.support.draw import DRAW
from tests.support.drivers.till import TillDriver, open_till, open_till_driver

OPENED_BEFORE = timedelta(days=4)


class AtTheTill:
    """A counter over a till: one card of a program of its own."""

    def __init__(self, driver: TillDriver, clock: ManualClock, program: Program) -> None:
        self.driver, self.clock = driver, clock
        self.parts = program["per_amount_minor"]
        clock.advance(seconds=-OPENED_BEFORE.total_seconds())
        self.card_id = driver.card(driver.program(**columns_of(program)))
        self.vendor_id = driver.vendor_id

    def answers(self, operations: Sequence[Operation], now: datetime) -> list[Answer]:
        self.clock.set(now)
        outcomes = self.driver.till.submit_all(list(operations))
        return [_answer(outcome) for outcome in outcomes]

    def held(self) -> Held:
        with self.driver.database.read_connection() as connection:
            row = connection.execute(select(CARDS).where(CARDS.c.id == self.card_id)).one()
        lots = [(*lot, "")[:3] for lot in (row.standing or {}).get("lots", ())]
        return Held(
            points=row.points,
            pending=sum(number for _, number, begins in lots if begins),
            carry=Fraction(row.points_carry, row.carry_parts or self.parts),
            lifetime_points=row.lifetime_points,
            lots={(ends, begins): number for ends, number, begins in lots},
        )

    def entries(self) -> list[EntryRow]:
        query = select(ENTRIES).where(ENTRIES.c.card_id == self.card_id)
        with self.driver.database.read_connection() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]


def _answer(outcome: Receipt | Exception) -> Answer:
    if isinstance(outcome, DomainError):
        return outcome
    assert isinstance(outcome, Receipt), outcome
    return EntryId(outcome.entry["id"])


def test_any_life_of_a_card_is_what_the_second_opinion_says(
    database: Database, clock: ManualClock, ids: SystemIds
) -> None:
    with open_till(database, clock=clock, ids=ids) as till:
        alice = open_till_driver(database, till, clock=clock, ids=ids)

        @seed(DRAW)
        @settings(max_examples=12, database=None)
        @given(program=PROGRAMS, hours=HOURS, now=STARTS)
        def compare(program: Program, hours: list[Hour], now: datetime) -> None:
            clock.set(now)
            life = Life(program, AtTheTill(alice, clock, program))
            life.live(hours, now)
            life.check_entries()

        compare()
    audited(database)
