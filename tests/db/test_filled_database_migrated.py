"""A shop's database of long ago is migrated with all that is in it, and the shop goes on."""

import signal
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from sqlalchemy import Column, Connection, MetaData, Table, inspect, select, text

from punchcard.db import migrate
from punchcard.db.database import Database
from punchcard.kit.clock import ManualClock
from punchcard.kit.ids import CardId, EntryId, SystemIds, VendorId
from punchcard.loyalty.operations import NewCustomer
from punchcard.loyalty.till.receipt import Receipt
from tests.support.books import audited
from tests.support.doomed_migration import dies_migrating
from tests.support.drivers.till import TillDriver, open_till, open_till_driver
from tests.support.old_databases import database_at

OLD = "0025"
FIGURES = {
    "cards": "SELECT count(*), sum(stamps), sum(points), sum(points_carry) FROM loyalty_cards",
    "lifetimes": "SELECT sum(lifetime_stamps), sum(lifetime_points), sum(lifetime_rewards)"
    " FROM loyalty_cards",
    "entries": "SELECT count(*), sum(stamps_delta), sum(points_delta), sum(amount_minor)"
    " FROM loyalty_transactions",
    "hashes": "SELECT hash FROM loyalty_transactions ORDER BY hash",
    "days": "SELECT sum(stamps_earned), sum(points_earned), sum(points_redeemed), sum(purchases),"
    " sum(purchase_amount_minor), sum(rewards_redeemed), sum(cards_opened)"
    " FROM loyalty_daily_rollup",
    "receipts": "SELECT program_id, reference FROM reference_claims ORDER BY reference",
    "shelf": "SELECT name, stock_left FROM rewards ORDER BY name",
}


class OldShop(NamedTuple):
    """A database of before with a shop in it: where it is, whose, and a purchase."""

    url: str
    vendor_id: VendorId
    card: CardId
    purchase: EntryId


@pytest.fixture
def clock() -> ManualClock:
    """Stop the clock on a Monday morning."""
    from tests.support.drivers.rules import MONDAY

    return ManualClock(MONDAY)


@pytest.fixture(params=["sqlite", "postgresql"])
def old_shop(
    request: pytest.FixtureRequest, tmp_path: Path, clock: ManualClock
) -> Iterator[OldShop]:
    """Keep a shop for some weeks by the rules of then, in the tables of then."""
    template = request.getfixturevalue(f"{request.param}_template")
    with template.lend() as url, closing(Database(url)) as today:
        vendor_id, card, purchase = _weeks_of(today, clock)
        with database_at(OLD, request, tmp_path) as old_url, closing(Database(old_url)) as old:
            with today.read_connection() as source, old.write_connection() as target:
                _copy(source, target)
            yield OldShop(old_url, vendor_id, card, purchase)


def _weeks_of(database: Database, clock: ManualClock) -> tuple[VendorId, CardId, EntryId]:
    ids = SystemIds(clock)
    with open_till(database, clock=clock, ids=ids) as till:
        alice = open_till_driver(database, till, clock=clock, ids=ids)
        program = alice.program(
            type="hybrid", stamps_target=4, points_per_amount_minor=300, welcome_points=5
        )
        cake = alice.reward(program, points_required=4, stock_left=9)
        anna = NewCustomer(name="Anna", email="anna@example.com")
        cards = [alice.card(program, customer=anna), *alice.cards(program, 5)]
        answered: list[EntryId] = []
        for week in range(4):
            clock.advance(days=7)
            for place, card in enumerate(cards):
                asked = [
                    alice.stamp(card),
                    alice.earn(card, 700 + 90 * place, reference=f"R-{week}-{place}"),
                    alice.redeem(card, cake) if week == place else alice.redeem_points(card, 1),
                ]
                outcomes = till.submit_all(asked)
                answered += [EntryId(o.entry["id"]) for o in outcomes if isinstance(o, Receipt)]
        till.submit_all([alice.redeem_stamps(cards[0]), alice.adjust(cards[1], 40)])
        for mistake in answered[::7]:
            till.submit(alice.void(mistake))
        kept = next(n for n, _ in enumerate(answered) if n % 7 and n % 3 == 1)
    audited(database)
    return alice.vendor_id, cards[0], answered[kept]


def _copy(source: Connection, target: Connection) -> None:
    """Copy every table that there was then, by the columns that it had."""
    names = [name for name, _ in inspect(target).get_sorted_table_and_fkc_names() if name]
    for name in names:
        if name == "alembic_version" or not inspect(source).has_table(name):
            continue
        there, then = _table(source, name), _table(target, name)
        query = select(*(there.c[one.name] for one in then.c if one.name in there.c))
        if "id" in there.c:
            # Oldest first: an entry names the one that it voids.
            query = query.order_by(there.c.id)
        for row in source.execute(query).mappings():
            # Nothing at all is not the word for it that JSON has.
            told = {column: value for column, value in row.items() if value is not None}
            target.execute(then.insert().values(**told))


def _table(connection: Connection, name: str) -> Table:
    columns = inspect(connection).get_columns(name)
    return Table(name, MetaData(), *(Column(one["name"], one["type"]) for one in columns))


def figures(url: str) -> dict[str, list[Any]]:
    """Return what the shop's books add up to, by the columns of then."""
    with closing(Database(url)) as database, database.read_connection() as connection:
        return {
            name: [tuple(row) for row in connection.execute(text(query))]
            for name, query in FIGURES.items()
        }


def goes_on(shop: OldShop, clock: ManualClock) -> None:
    """Check that the books are right, and that the shop goes on from where it was."""
    ids = SystemIds(clock)
    with closing(Database(shop.url)) as database:
        audited(database)
        with open_till(database, clock=clock, ids=ids) as till:
            alice = TillDriver(database, till, clock, ids, shop.vendor_id)
            clock.advance(days=1)
            before = till.submit(alice.stamp(shop.card)).card
            assert till.submit(alice.earn(shop.card, 600)).card.points == before.points + 2
            refund = alice.refund(shop.purchase, 350, refund_reference="B-1")
            assert till.submit(refund).entry["points_delta"] < 0
        audited(database)


def test_all_of_a_shop_is_there_after_the_migration(old_shop: OldShop, clock: ManualClock) -> None:
    before = figures(old_shop.url)
    assert before["cards"][0][0] == 6
    migrate.upgrade(old_shop.url)
    assert figures(old_shop.url) == before
    goes_on(old_shop, clock)


@pytest.mark.parametrize("revisions", [1, 6])
def test_a_migration_that_is_killed_leaves_everything_as_it_was(
    old_shop: OldShop, clock: ManualClock, revisions: int
) -> None:
    before = figures(old_shop.url)
    assert dies_migrating(old_shop.url, revisions) == -signal.SIGKILL
    with closing(Database(old_shop.url)) as database:
        assert migrate.current(database) == OLD
    assert figures(old_shop.url) == before
    migrate.upgrade(old_shop.url)
    assert figures(old_shop.url) == before
    goes_on(old_shop, clock)
