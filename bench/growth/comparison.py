"""What a program shows, owes and would have given, compared with the books."""

from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from math import ceil, floor
from typing import Any

from sqlalchemy import select

from bench.growth.books import DOUBLED, LAST_DAY, ONE_DAY, REWARD_CENTS, REWARD_POINTS, Books
from bench.growth.counter import ProgramCounter
from punchcard.loyalty.cards import card_service
from punchcard.loyalty.ledger.ledger_verify import verify_ledger
from punchcard.loyalty.models import LoyaltyProgram
from punchcard.loyalty.promotion_models import Promotion
from punchcard.loyalty.reports import stats_rebuild
from punchcard.loyalty.reports.liability_service import Liability, liability
from punchcard.loyalty.reports.simulation_service import Simulated, simulate
from punchcard.loyalty.tables import CARDS

CARDS_AT_ONCE = 500
SPANS = [date(year, month, 1) for year in (1997, 1998) for month in (1, 7)]
"""The first days of the spans over which what is owed is compared; the last ends with LAST_DAY."""
EVERYTHING = 1_000_000_000


def differing_cards(counter: ProgramCounter, day: date) -> Iterator[str]:
    """Give a line for every card that does not show what its customer's account has on `day`."""
    shown = dict(_cards_shown(counter))
    carried = _carried(counter)
    if len(shown) != len(counter.cards):
        yield f"{day}: {len(shown)} cards, and not {len(counter.cards)}"
    for customer, card_id in counter.cards.items():
        account = counter.books.shown(customer, day)
        expected = (account.points, account.lifetime, account.lots, account.tier, account.carry)
        found = (*shown[card_id], carried[card_id])
        if found != expected:
            yield f"{day}: customer {customer} has {found}, and not {expected}"


def differing_at_the_end(doubled: ProgramCounter, plain: ProgramCounter) -> Iterator[str]:
    """Give a line for everything about programs that is not as in the books."""
    for counter in (doubled, plain):
        yield from _differing_liability(counter)
    yield from _differing_promotion(doubled, plain)
    with plain.context.database.snapshot() as connection:
        if damages := verify_ledger(connection).damages:
            yield f"the ledger is damaged: {damages[:3]}"
        for one in stats_rebuild.compare(connection, lambda rows: None).differences:
            yield f"the statistics differ: {one}"


def _cards_shown(counter: ProgramCounter) -> Iterator[tuple[str, tuple[Any, ...]]]:
    last: str | None = None
    while True:
        with counter.context.database.read() as session:
            views = card_service.list_cards(
                session,
                counter.vendor_id,
                now=counter.context.clock.now(),
                limit=CARDS_AT_ONCE,
                before_id=last,
                program_id=counter.program_id,
            )
        for view in views:
            assert view.tier is not None
            tier = (view.tier.key, view.tier.until, view.tier.progress)
            yield view.id, (view.points, view.lifetime_points, view.expiring, tier)
        if not views:
            return
        last = views[-1].id


def _carried(counter: ProgramCounter) -> dict[str, Fraction]:
    columns = (CARDS.c.id, CARDS.c.points_carry, CARDS.c.carry_parts)
    query = select(*columns).where(CARDS.c.program_id == counter.program_id)
    with counter.context.database.read_connection() as connection:
        return {
            row.id: Fraction(row.points_carry, row.carry_parts or 100)
            for row in connection.execute(query)
        }


def _differing_liability(counter: ProgramCounter) -> Iterator[str]:
    ends = [*(first - ONE_DAY for first in SPANS[1:]), LAST_DAY]
    for first, last in zip(SPANS, ends, strict=True):
        with counter.context.database.read() as session:
            program = session.get_one(LoyaltyProgram, counter.program_id)
            found = _told(liability(session, program, first=first, last=last))
        expected = _owed(counter.books, first, last)
        for name, value in expected.items():
            if found[name] != value:
                yield f"owed {first} to {last}: {name} is {found[name]}, and not {value}"


def _told(found: Liability) -> dict[str, Any]:
    movements = {name.removeprefix("points_"): n for name, n in found.movements.items() if n}
    return {
        "opening": found.opening,
        "movements": movements,
        "closing": found.closing,
        "ending": {one.month: one.points for one in found.ending},
        "imported": found.imported,
        "pending": found.pending,
        "gross": found.gross_minor,
        "expected": found.expected_minor,
    }


def _owed(books: Books, first: date, last: date) -> dict[str, Any]:
    sums = books.sums(first, last)
    redeemed, expired = sums.ever.get("redeemed", 0), sums.ever.get("expired", 0)
    gross = sums.closing * REWARD_CENTS // REWARD_POINTS
    gone = redeemed + expired
    return {
        "opening": sums.opening,
        "movements": {name: points for name, points in sums.moved.items() if points},
        "closing": sums.closing,
        "ending": dict(sums.ending),
        "imported": 0,
        "pending": 0,
        "gross": gross,
        "expected": floor(Fraction(gross * redeemed, gone)) if gone else None,
    }


def _differing_promotion(doubled: ProgramCounter, plain: ProgramCounter) -> Iterator[str]:
    """Compare what the promotion gave, and what it would have given where it was not."""
    books = doubled.books
    cards = +books.doubled_cards
    gave = (books.doubled_points, len(cards), cards.total())
    cost = ceil(Fraction(books.doubled_points * REWARD_CENTS, REWARD_POINTS))
    for counter, came_anyway in ((doubled, 0), (plain, cards.total())):
        told = _simulated(counter)
        one = told.simulation
        found = (one.points, one.cards, one.touched, one.came_anyway, told.cost_minor)
        expected = (*gave, came_anyway, cost)
        if found != expected:
            yield f"simulated: {found}, and not {expected}"
    with doubled.context.database.read() as session:
        row = session.get_one(Promotion, doubled.promotion_id)
        if (row.points_given, row.uses) != (gave[0], gave[2]):
            yield f"the promotion gave {row.points_given} in {row.uses} purchases, and not {gave}"


def _simulated(counter: ProgramCounter) -> Simulated:
    with counter.context.database.read() as session:
        promotion = session.get_one(Promotion, counter.promotion_id)
        session.expunge(promotion)
    first, last = DOUBLED
    with counter.context.database.snapshot() as connection:
        return simulate(connection, promotion, first=first, last=last, limit_entries=EVERYTHING)
