"""A shop with dates, tiers and a promotion is, after two years, what a bookkeeper says it is."""

from contextlib import closing
from datetime import date

from bench.growth.books import DOUBLED, LAST_DAY, is_offline
from bench.growth.refunds import paid_back
from bench.growth.replay import differences, first_moment, open_counters
from bench.purchases import Purchases, read_purchases
from punchcard.context import build_context
from punchcard.db.database import Database
from punchcard.kit.clock import ManualClock
from punchcard.kit.ids import SystemIds
from punchcard.kit.settings import Settings

REGULARS = 12


def regulars() -> Purchases:
    """Return what some of those bought who bought in the month that counts double.

    Of as many more of them something came back.
    """
    every = read_purchases()
    first, last = (day.isoformat() for day in DOUBLED)
    came = sorted({one.customer for one in every.bought if first <= one.day <= last})
    back = {one.customer for one in every.bought if any(paid_back(one))}
    chosen = [*came[:REGULARS], *[customer for customer in came if customer in back][:REGULARS]]
    first_days = {customer: every.first_days[customer] for customer in chosen}
    return Purchases(first_days, [one for one in every.bought if one.customer in first_days], 0)


def test_two_years_of_real_purchases_are_what_the_books_say(
    database: Database, settings: Settings
) -> None:
    purchases = regulars()
    clock = ManualClock(first_moment(purchases))
    ids = SystemIds(clock)
    with closing(build_context(settings, clock=clock, ids=ids, database=database)) as context:
        doubled, plain = open_counters(context, purchases)
        assert list(differences(clock, doubled, plain)) == []
    books, accounts = doubled.books, list(doubled.books.accounts.values())
    moved = books.sums(date(1997, 1, 1), LAST_DAY).moved
    assert min(moved[name] for name in ("earned", "bonus", "redeemed", "expired")) > 1000
    assert moved["refunded"] > 500
    assert books.doubled_points > 1000
    mistakes = [one for account in accounts for one in account.member.bought if one.is_voided]
    assert len(mistakes) > 5
    assert any(DOUBLED[0] <= one.day <= DOUBLED[1] for one in mistakes)
    paid = [one for account in accounts for one in account.bought if one.cents < one.paid]
    assert {one.cents > 0 for one in paid} == {True, False}
    assert len([one for one in paid if one.last < LAST_DAY]) > 5
    assert {account.member.place for account in accounts} == {0, 1, 2}
    assert any(is_offline(customer) for customer in books.accounts)
