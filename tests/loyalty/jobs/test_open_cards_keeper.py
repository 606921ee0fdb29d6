"""What an older server opened beside the count is counted by the next day, part by part."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import delete, select, update

from punchcard.accounts.plans.errors import PlanLimitReached
from punchcard.accounts.plans.models import VendorPlan
from punchcard.context import Context
from punchcard.db.base import table_of
from punchcard.db.outbox import OutboxRow
from punchcard.kit.clock import ManualClock
from punchcard.loyalty.jobs.open_cards_keeper import (
    EVERY_VENDOR,
    OPEN_CARDS_COUNT,
    OpenCardsKeeper,
)
from punchcard.worker.handlers import LONG_WORK_LANE
from punchcard.worker.loop import Worker
from punchcard.worker.schedule import SHARED_TASKS
from tests.loyalty import shelf
from tests.support.cast import Shop, open_shop
from tests.support.plans import engines_of, recorded
from tests.support.plans_given import give_plan, open_cards

OUTBOX = table_of(OutboxRow)


def open_unseen(shop: Shop, cards: int) -> None:
    """Open cards as a server of an older version does, which knows nothing of the count."""
    program = shelf.program(shop, status="active")
    for _ in range(cards):
        shelf.card(shop, program)


def keys_left(context: Context) -> list[str]:
    with context.database.read_connection() as connection:
        return list(
            connection.scalars(select(OUTBOX.c.key).where(OUTBOX.c.topic == OPEN_CARDS_COUNT))
        )


def turns(context: Context, **bounds: int) -> list[int]:
    """Take turns until nothing is left; returns how many counts each of them mended."""
    keeper = OpenCardsKeeper(context.database, context.clock, **bounds)
    mended = [keeper.take_turn(EVERY_VENDOR)]
    while keys := keys_left(context):
        with context.database.write() as session:
            session.execute(delete(OutboxRow).where(OutboxRow.topic == OPEN_CARDS_COUNT))
        mended += [keeper.take_turn(key) for key in keys]
    return mended


def work_through(worker: Worker) -> None:
    while worker.do_work():
        pass


def test_the_worker_counts_each_day_what_an_older_server_left_out(
    alice: Shop, context: Context, clock: ManualClock
) -> None:
    give_plan(alice, cards=2)
    tasks = [task for task in SHARED_TASKS if task.name == "count_open_cards"]
    worker = Worker(context, [LONG_WORK_LANE], tasks)
    assert worker.run_tasks() == {"count_open_cards": 1}
    work_through(worker)
    open_unseen(alice, 2)
    clock.advance(hours=23)
    assert worker.run_tasks() == {}
    clock.advance(hours=1)
    assert worker.run_tasks() == {"count_open_cards": 1}
    work_through(worker)
    assert open_cards(alice) == 2
    with pytest.raises(PlanLimitReached):
        shelf.opened_card(alice, shelf.program(alice, name="Tea", status="active"))


def test_vendors_are_looked_at_some_at_a_time_and_each_once(alice: Shop, context: Context) -> None:
    shops = [alice, *(open_shop(context, f"shop-{n}", f"Shop {n}") for n in range(4))]
    for number, shop in enumerate(shops):
        open_unseen(shop, number)
    assert turns(context, vendors_at_once=2) == [1, 2, 1, 0]
    assert [open_cards(shop) for shop in shops] == [0, 1, 2, 3, 4]
    # By cards, as they are kept: a part is one shop at least, however many cards it has.
    for shop in shops:
        open_unseen(shop, 1)
    assert turns(context, cards_at_once=3) == [3, 1, 1, 0]
    assert [open_cards(shop) for shop in shops] == [1, 2, 3, 4, 5]
    assert turns(context) == [0, 0]


def test_closed_cards_are_not_counted_and_a_missing_row_is_made(
    alice: Shop, bob: Shop, context: Context
) -> None:
    open_unseen(alice, 1)
    program = shelf.program(bob, status="active", name="Bread")
    shelf.opened_card(bob, program)
    with context.database.write() as session:
        session.execute(delete(VendorPlan).where(VendorPlan.vendor_id == alice.id))
        session.execute(
            update(VendorPlan).where(VendorPlan.vendor_id == bob.id).values(open_cards=7)
        )
    assert sum(turns(context)) == 2
    assert (open_cards(alice), open_cards(bob)) == (1, 1)


def test_who_is_counted_right_is_not_held_and_nothing_is_written(
    alice: Shop, bob: Shop, context: Context
) -> None:
    shelf.opened_card(alice, shelf.program(alice, status="active"))
    with recorded(*engines_of(context.database)) as sent:
        assert turns(context) == [0, 0]
    told = " ".join(one.statement for one in sent)
    assert "loyalty_cards" in told
    assert "FOR UPDATE" not in told
    assert "UPDATE vendor_plans" not in told


def test_cards_that_are_opened_meanwhile_are_counted_once(alice: Shop, context: Context) -> None:
    """Whoever opens a card and whoever counts anew take the same row first."""
    program = shelf.program(alice, status="active")
    open_unseen(alice, 3)
    with ThreadPoolExecutor(4) as threads:
        opened = [threads.submit(shelf.opened_card, alice, program) for _ in range(12)]
        keeper = OpenCardsKeeper(context.database, context.clock)
        keeper.take_turn(EVERY_VENDOR)
        assert len({card.result() for card in opened}) == 12
    assert open_cards(alice) == 15
