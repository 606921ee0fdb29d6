"""Places are given once, densely, to everything, however late it is committed and whoever dies."""

import itertools
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import func, insert, select

from punchcard.context import Context
from punchcard.db.database import Database
from punchcard.kit.clock import ManualClock
from punchcard.loyalty.ledger.ledger_reader import id_at
from punchcard.loyalty.tables import ENTRIES
from punchcard.loyalty.transparency import sequencer
from punchcard.loyalty.transparency.log_keeper import LOG_SEQUENCE, LogKeeper
from punchcard.loyalty.transparency.models import HEADS, LEAVES, NODES, SALTS
from punchcard.loyalty.transparency.sequencer import LEAVES_AT_ONCE, sequence
from punchcard.loyalty.transparency.tree_reader import TreeReader, read_leaf_data, tree_size
from punchcard.loyalty.transparency.vocabulary import LogTree
from tests.loyalty.transparency.test_merkle import slow_root
from tests.loyalty.transparency.world import World
from tests.support.warm_module import talking


def copies(world: World, count: int) -> None:
    """Fill the ledger with as many entries as a long life leaves, not all of them sound."""
    write_copies(world, [world.context.ids.new_id() for _ in range(count)])


def write_copies(world: World, ids: Sequence[str]) -> None:
    """Write entries with these ids, in this order."""
    with world.context.database.write() as session:
        connection = session.connection()
        row = dict(connection.execute(select(ENTRIES).limit(1)).one()._mapping)
        sequences = itertools.count(1000)
        rows = [{**row, "id": one, "sequence": next(sequences)} for one in ids]
        connection.execute(insert(ENTRIES), rows)


def with_leaf(database: Database, *ids: str) -> set[str]:
    """Return those of `ids` that have their place."""
    with database.read_connection() as connection:
        query = select(LEAVES.c.subject_id).where(LEAVES.c.subject_id.in_(ids))
        return set(connection.execute(query).scalars())


def check(database: Database) -> int:
    """Hold leaves, nodes and heads against the entries; return how many there are."""
    with database.read_connection() as connection:
        size = tree_size(connection, LogTree.LEDGER)
        entries = connection.execute(select(func.count()).select_from(ENTRIES)).scalar_one()
        query = select(LEAVES.c.position, LEAVES.c.subject_id).where(LEAVES.c.tree == "ledger")
        rows = connection.execute(query.order_by(LEAVES.c.position)).all()
        assert [row.position for row in rows] == list(range(size))
        assert len({row.subject_id for row in rows}) == size == entries
        assert connection.execute(select(func.count()).select_from(SALTS)).scalar_one() == size
        for tree in LogTree:
            count = tree_size(connection, tree)
            leaves = read_leaf_data(connection, tree, 0, count)
            assert TreeReader(connection, tree).root(count) == slow_root(leaves)
            expected = count // 256 + count // 65536
            nodes = select(func.count()).select_from(NODES).where(NODES.c.tree == tree)
            assert connection.execute(nodes).scalar_one() == expected
    return size


def test_every_entry_and_every_event_gets_one_place(world: World) -> None:
    assert sequence(world.context.database, now=world.clock.now())
    assert check(world.context.database) == 12
    assert sequence(world.context.database, now=world.clock.now())
    assert check(world.context.database) == 12


def test_a_long_ledger_is_taken_up_part_by_part(world: World) -> None:
    copies(world, 3 * LEAVES_AT_ONCE)
    told: list[int] = []
    assert sequence(world.context.database, now=world.clock.now(), progress=told.append)
    assert check(world.context.database) == 12 + 3 * LEAVES_AT_ONCE
    assert told[:3] == [LEAVES_AT_ONCE, 2 * LEAVES_AT_ONCE, 3 * LEAVES_AT_ONCE]


def test_what_a_killed_worker_left_is_gone_on_with(world: World) -> None:
    copies(world, 3 * LEAVES_AT_ONCE)

    class Killed(BaseException):
        pass

    def die(_leaves: int) -> None:
        raise Killed

    for _ in range(2):
        with pytest.raises(Killed):
            sequence(world.context.database, now=world.clock.now(), progress=die)
    with world.context.database.read_connection() as connection:
        assert tree_size(connection, LogTree.LEDGER) == 2 * LEAVES_AT_ONCE
    assert sequence(world.context.database, now=world.clock.now())
    check(world.context.database)


def test_several_workers_at_once_take_nothing_twice(world: World) -> None:
    copies(world, 4 * LEAVES_AT_ONCE)
    start = threading.Barrier(4)

    def work() -> None:
        start.wait()
        sequence(world.context.database, now=world.clock.now())

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(work) for _ in range(4)]:
            done.result()
    assert check(world.context.database) == 12 + 4 * LEAVES_AT_ONCE


def test_two_processes_beside_a_busy_till_leave_nothing_out(
    world: World, database_url: str
) -> None:
    with ExitStack() as stack:
        workers = [
            stack.enter_context(talking("tests.support.sequencer_process", database_url))
            for _ in range(2)
        ]
        for worker in workers:
            assert worker.stdout.readline() == "working\n"
        for number in range(60):
            world.buy(world.cards[number % 3])
        for worker in workers:
            worker.stdin.close()
            assert worker.wait(60) == 0
    sequence(world.context.database, now=world.clock.now())
    assert check(world.context.database) == 72


def test_a_writer_that_has_not_committed_keeps_the_log_from_saying_it_is_complete(
    world: World, database_url: str
) -> None:
    if world.context.database.is_sqlite:
        # SQLite has one writer: who signs is alone.
        assert world.checkpoint().complete_until == world.clock.now()
        return
    world.clock.set(datetime.now(UTC))
    with world.context.database.write_connection() as slow:
        row = dict(slow.execute(select(ENTRIES).limit(1)).one()._mapping)
        begun = world.clock.now()
        new = {"id": world.context.ids.new_id(), "sequence": 500, "created_at": begun}
        slow.execute(insert(ENTRIES).values({**row, **new}))
        world.clock.advance(minutes=5)
        meanwhile = world.checkpoint()
    assert meanwhile.complete_until < begun
    assert meanwhile.size == 12
    world.clock.advance(minutes=5)
    assert world.checkpoint().size == 13
    assert world.verify(meanwhile).is_sound


def test_an_entry_that_is_committed_late_is_taken_up_late(world: World) -> None:
    early = world.context.ids.new_id()
    world.clock.advance(minutes=1)
    world.buy(world.cards[0])
    sequence(world.context.database, now=world.clock.now())
    with world.context.database.write() as session:
        connection = session.connection()
        row = dict(connection.execute(select(ENTRIES).limit(1)).one()._mapping)
        connection.execute(insert(ENTRIES).values({**row, "id": early, "sequence": 500}))
    sequence(world.context.database, now=world.clock.now())
    assert check(world.context.database) == 14
    with world.context.database.read_connection() as connection:
        query = select(LEAVES.c.position).where(LEAVES.c.subject_id == early)
        assert connection.execute(query).scalar_one() == 13


def test_what_a_clock_left_behind_is_found_by_looking_at_all(world: World) -> None:
    early = world.context.ids.new_id()
    world.clock.advance(days=2)
    world.buy(world.cards[0])
    world.checkpoint()
    with world.context.database.write() as session:
        connection = session.connection()
        row = dict(connection.execute(select(ENTRIES).limit(1)).one()._mapping)
        connection.execute(insert(ENTRIES).values({**row, "id": early, "sequence": 500}))
    sequence(world.context.database, now=world.clock.now())
    with world.context.database.read_connection() as connection:
        assert sequencer.has_strays(connection)
    world.checkpoint()
    assert check(world.context.database) == 14


def test_a_worker_takes_turns(world: World) -> None:
    copies(world, 3 * LEAVES_AT_ONCE)
    ticks = itertools.count(0, 6)
    context = world.context
    keeper = LogKeeper(
        context.database,
        context.clock,
        context.loyalty.checkpoint_maker,
        monotonic=lambda: float(next(ticks)),
    )
    keeper.take_turn()
    with context.database.read_connection() as connection:
        assert tree_size(connection, LogTree.LEDGER) == LEAVES_AT_ONCE
        topics = connection.exec_driver_sql("SELECT topic FROM outbox").scalars().all()
        assert LOG_SEQUENCE in topics


def test_between_whole_looks_only_what_may_have_come_since_is_looked_at(world: World) -> None:
    context, clock = world.context, world.clock
    keeper = LogKeeper(context.database, clock, context.loyalty.checkpoint_maker)
    keeper.take_turn()
    clock.advance(minutes=5)
    now = clock.now()
    much_too_late, late, newest = (id_at(now - timedelta(minutes=m)) for m in (30, 9, 0))
    write_copies(world, [much_too_late, late, newest])
    keeper.take_turn()
    assert with_leaf(context.database, much_too_late, late, newest) == {late, newest}
    clock.advance(minutes=6)
    keeper.take_turn()
    check(context.database)


def test_nothing_old_is_looked_at_again(world: World) -> None:
    world.clock.advance(hours=3)
    last = world.buy(world.cards[0])
    world.clock.advance(hours=3)
    sequence(world.context.database, now=world.clock.now())
    with world.context.database.read_connection() as connection:
        query = select(HEADS.c.mark).where(HEADS.c.tree == "ledger")
        assert connection.execute(query).scalar_one() == last


@hypothesis_settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 40), st.booleans()), max_size=6))
def test_a_log_that_grows_in_any_steps_goes_on_from_every_step(
    world: World, steps: list[tuple[int, bool]]
) -> None:
    for count, signs in steps:
        world.clock.advance(minutes=7)
        copies_of_one(world, count)
        if signs:
            world.checkpoint()
        else:
            sequence(world.context.database, now=world.clock.now())
    sequence(world.context.database, now=world.clock.now())
    check(world.context.database)


_sequences = itertools.count(10_000)


def copies_of_one(world: World, count: int) -> None:
    with world.context.database.write() as session:
        connection = session.connection()
        row = dict(connection.execute(select(ENTRIES).limit(1)).one()._mapping)
        for _ in range(count):
            new = {"id": world.context.ids.new_id(), "sequence": next(_sequences)}
            connection.execute(insert(ENTRIES).values({**row, **new}))


def test_the_context_has_a_keeper(context: Context, clock: ManualClock) -> None:
    before = clock.now()
    context.loyalty.log_keeper.make_checkpoint()
    clock.set(before + timedelta(minutes=59))
    context.loyalty.log_keeper.make_checkpoint()
    with context.database.read_connection() as connection:
        query = "SELECT count(*) FROM log_checkpoints"
        assert connection.exec_driver_sql(query).scalar_one() == 1
