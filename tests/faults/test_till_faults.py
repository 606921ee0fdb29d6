"""What the till does when it is full, when callers leave, when it closes, when one errs."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import pytest
from sqlalchemy import select

from punchcard.db.database import Database
from punchcard.kit.clock import SystemClock
from punchcard.kit.errors import DomainError
from punchcard.kit.ids import CardId, EntryId, LocationId, StaffPinId, SystemIds
from punchcard.kit.values import value
from punchcard.loyalty.errors.till import TillBusy
from punchcard.loyalty.models import LoyaltyCard
from punchcard.loyalty.operations import CardOperation, Operation, StaffIdentity
from punchcard.loyalty.till.batch import Outcome
from punchcard.loyalty.till.receipt import Receipt
from punchcard.loyalty.till.till import Till, TillClosed
from tests.faults.gate import DEADLINE_SECONDS, GateClock
from tests.support.audited_till_driver import audited_till_driver
from tests.support.books import audited
from tests.support.drivers.till import SEALER, TillDriver, open_till
from tests.support.waiting import wait_until


@pytest.fixture
def alice(database: Database) -> Iterator[TillDriver]:
    """Open Café Alice's counter with three cards; afterwards the books must be right."""
    clock = SystemClock()
    with audited_till_driver(database, clock, SystemIds(clock)) as counter:
        yield counter


@pytest.fixture
def cards(alice: TillDriver) -> list[CardId]:
    """Open three points cards."""
    return alice.cards(alice.program(type="points"), 3)


@dataclass
class Gated:
    """A till whose batches wait at a gate."""

    till: Till
    gate: GateClock


@pytest.fixture
def gated(alice: TillDriver) -> Iterator[Gated]:
    """Open a second till: one batch of two at a time, and room for three that wait."""
    gate = GateClock()
    till = Till(
        alice.database,
        clock=gate,
        ids=alice.ids,
        sealer=SEALER,
        queue_limit=3,
        batch_limit=2,
        list_limit=2,
        batches_in_flight=1,
    )
    till.start()
    yield Gated(till, gate)
    gate.open()
    till.close()


def purchases(counter: TillDriver) -> int:
    chains = audited(counter.database)
    return sum(e["type"] == "points_earned" for chain in chains.values() for e in chain)


def codes(outcomes: list[Outcome]) -> list[str]:
    return [o.code if isinstance(o, DomainError) else o.entry["type"] for o in outcomes]


def test_a_full_queue_refuses_at_once_and_writes_nothing(
    alice: TillDriver, cards: list[CardId], gated: Gated
) -> None:
    async def crowd() -> list[Receipt]:
        first = asyncio.create_task(gated.till.submit_async(alice.earn(cards[0], 100)))
        await asyncio.sleep(0)
        gated.gate.wait_for_batch()
        waiting = [
            asyncio.create_task(gated.till.submit_async(alice.earn(cards[0], 100)))
            for _ in range(3)
        ]
        await asyncio.sleep(0)
        assert gated.till.waiting == 3
        with pytest.raises(TillBusy) as busy:
            await gated.till.submit_async(alice.earn(cards[1], 100))
        assert busy.value.retry_after_seconds == 1
        gated.gate.open()
        return await asyncio.gather(first, *waiting)

    assert [receipt.card.points for receipt in asyncio.run(crowd())] == [1, 2, 3, 4]
    assert purchases(alice) == 4


def test_a_list_that_meets_a_full_queue_tells_what_was_done_and_what_was_not(
    alice: TillDriver, cards: list[CardId], gated: Gated
) -> None:
    async def meet() -> list[Outcome]:
        five = [alice.earn(cards[0], 100, idempotency_key=f"k-{n}") for n in range(5)]
        mine = asyncio.create_task(gated.till.submit_all_async(five))
        await asyncio.sleep(0)
        gated.gate.wait_for_batch()
        with ThreadPoolExecutor() as threads:
            threads.submit(gated.till.submit_all, [alice.earn(cards[1], 100)] * 2)
            wait_until(lambda: gated.till.waiting == 2)
            gated.gate.let_one_on()
            gated.gate.wait_for_batch()
            threads.submit(gated.till.submit_all, [alice.earn(cards[2], 100)] * 2)
            wait_until(lambda: gated.till.waiting == 2)
            outcomes = await asyncio.wait_for(mine, DEADLINE_SECONDS)
            gated.gate.open()
        return outcomes

    outcomes = asyncio.run(meet())
    assert codes(outcomes) == ["points_earned"] * 2 + ["busy"] * 3
    again = alice.till.submit_all(
        [alice.earn(cards[0], 100, idempotency_key=f"k-{n}") for n in range(5)]
    )
    assert [isinstance(o, Receipt) and o.is_replay for o in again] == [True] * 2 + [False] * 3


def test_a_caller_who_leaves_cancels_nothing(
    alice: TillDriver, cards: list[CardId], gated: Gated
) -> None:
    async def leave() -> None:
        asked = asyncio.create_task(gated.till.submit_async(alice.earn(cards[0], 100)))
        await asyncio.sleep(0)
        gated.gate.wait_for_batch()
        waiting = asyncio.create_task(gated.till.submit_async(alice.earn(cards[1], 100)))
        await asyncio.sleep(0)
        asked.cancel()
        waiting.cancel()
        outcomes = await asyncio.gather(asked, waiting, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [asyncio.CancelledError] * 2

    asyncio.run(leave())
    gated.gate.open()
    gated.till.close()
    assert purchases(alice) == 2


def test_a_closing_till_finishes_what_waits_and_takes_no_more(
    alice: TillDriver, cards: list[CardId], gated: Gated
) -> None:
    with ThreadPoolExecutor() as threads:
        first = threads.submit(gated.till.submit, alice.earn(cards[0], 100))
        gated.gate.wait_for_batch()
        waiting = threads.submit(gated.till.submit_all, [alice.earn(cards[1], 100)] * 2)
        wait_until(lambda: gated.till.waiting == 2)
        closing = threads.submit(gated.till.close)
        wait_until(lambda: not gated.till.is_running)
        with pytest.raises(TillClosed):
            gated.till.submit(alice.earn(cards[2], 100))
        gated.gate.open()
        closing.result(DEADLINE_SECONDS)
        assert first.result(DEADLINE_SECONDS).card.points == 1
        assert codes(waiting.result(DEADLINE_SECONDS)) == ["points_earned"] * 2
    assert purchases(alice) == 3


@value
class Juggle(CardOperation):
    """An operation that no rule knows."""


def faulty(alice: TillDriver, card: CardId) -> list[Operation]:
    nobody = StaffIdentity(
        pin_id=StaffPinId(alice.ids.new_id()), staff_id=None, name="Nobody", program_id=None
    )
    earn = alice.earn(card, 100)
    return [
        replace(earn, staff=nobody),
        replace(earn, note="half a \ud83d smile"),
        replace(earn, location_id=LocationId("the one at the station")),
        Juggle(vendor_id=alice.vendor_id, actor=earn.actor, card=earn.card),
        replace(alice.void(EntryId(card)), transaction_id=EntryId("not an id")),
    ]


@pytest.mark.parametrize("number", range(5))
def test_one_bad_operation_never_harms_its_neighbours(
    alice: TillDriver, cards: list[CardId], number: int
) -> None:
    bad = faulty(alice, cards[1])[number]
    good = [alice.earn(card, 100) for card in cards]
    outcomes = alice.till.submit_all([*good, bad, *good])
    assert codes(outcomes[:3] + outcomes[4:]) == ["points_earned"] * 6
    assert isinstance(outcomes[3], DomainError)
    assert purchases(alice) == 6


def test_a_thread_that_leaves_its_loop_harms_nobody(alice: TillDriver, cards: list[CardId]) -> None:
    loop = asyncio.new_event_loop()
    asked = loop.create_task(alice.till.submit_async(alice.earn(cards[0], 100)))
    loop.run_until_complete(asyncio.sleep(0, None))
    asked.cancel()
    loop.run_until_complete(asyncio.gather(asked, return_exceptions=True))
    loop.close()
    assert alice.till.submit(alice.earn(cards[0], 100)).card.points == 2
    assert alice.till.is_running


def test_many_threads_and_loops_share_one_till(alice: TillDriver, cards: list[CardId]) -> None:
    async def few() -> None:
        await asyncio.gather(
            *(alice.till.submit_async(alice.earn(CardId(c), 100)) for c in cards * 3)
        )

    threads = [threading.Thread(target=asyncio.run, args=(few(),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert purchases(alice) == 36


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_long_list_keeps_nobody_at_a_till_waiting(alice: TillDriver, cards: list[CardId]) -> None:
    held, free = cards[:2]
    purchase, size = alice.earn(CardId(held), 100), alice.till.batch_limit + 1
    with (
        open_till(
            alice.database, clock=alice.clock, ids=alice.ids, locked_wait_seconds=DEADLINE_SECONDS
        ) as till,
        ThreadPoolExecutor() as threads,
    ):
        with alice.database.write_connection() as connection:
            connection.execute(
                select(LoyaltyCard.id).where(LoyaltyCard.id == held).with_for_update()
            ).one()
            lists = [threads.submit(till.submit_all, [purchase] * size) for _ in range(3)]
            wait_until(lambda: till.waiting == 3 * size)

            assert till.submit(alice.earn(CardId(free), 100)).card.points == 1

            assert not any(one.done() for one in lists)
        done = [one.result(DEADLINE_SECONDS) for one in lists]

    assert [code for outcomes in done for code in codes(outcomes)] == ["points_earned"] * (3 * size)
