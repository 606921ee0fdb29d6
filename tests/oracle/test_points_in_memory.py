"""Any life of a card goes by the rules as the second opinion says, to the fraction and the day."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from fractions import Fraction

from hypothesis import given, seed, settings

from punchcard.kit.errors import DomainError
from punchcard.kit.ids import EntryId
from punchcard.loyalty.operations import Operation
from punchcard.loyalty.rules.carry import carried
from punchcard.loyalty.tables import EntryRow
from tests.oracle.asks import HOURS, PROGRAMS, STARTS, Hour
from tests.oracle.lives import Answer, Held, Life
from tests.oracle.memory import PointsShop
from tests.oracle.points import Program
from tests.support.books import check_chain
from tests.support.draw import DRAW

OPENED_BEFORE = timedelta(days=4)


class InMemory:
    """A counter over the rules, without a database."""

    def __init__(self, program: Program, now: datetime) -> None:
        self.shop = PointsShop(program, now - OPENED_BEFORE)
        self.card_id, self.vendor_id = self.shop.card.id, self.shop.program.vendor_id

    def answers(self, operations: Sequence[Operation], now: datetime) -> list[Answer]:
        outcomes = [self.shop.do(operation, now) for operation in operations]
        return [o if isinstance(o, DomainError) else EntryId(o["id"]) for o in outcomes]

    def held(self) -> Held:
        card = self.shop.card
        lots = {(lot.expires_on, lot.activates_on): lot.amount for lot in card.kept_standing.lots}
        carry: Fraction = carried(self.shop.program, card)
        pending = card.kept_standing.points_pending
        return Held(card.points, pending, carry, card.lifetime_points, lots)

    def entries(self) -> list[EntryRow]:
        return self.shop.entries


@seed(DRAW)
@settings(max_examples=100)
@given(program=PROGRAMS, hours=HOURS, now=STARTS)
def test_any_life_of_a_card_is_what_the_second_opinion_says(
    program: Program, hours: list[Hour], now: datetime
) -> None:
    counter = InMemory(program, now)
    life = Life(program, counter)
    life.live(hours, now)
    life.check_entries()
    check_chain(counter.shop.entries)
