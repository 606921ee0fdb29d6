"""A server process of its own: a till under load from several threads, that tells what it answers.

Run with `python -m tests.support.till_process` and a JSON of `Plan`. Each answer is a line on
standard output, written before the next operation of that thread is asked for.
"""

import json
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from punchcard.db.database import Database
from punchcard.kit.clock import SystemClock
from punchcard.kit.errors import DomainError
from punchcard.kit.ids import (
    CardId,
    EntryId,
    GrantId,
    ReservationId,
    RewardId,
    SystemIds,
    VendorId,
    derived_id,
)
from punchcard.loyalty.operations import Operation
from tests.support.drivers.till import TillDriver, open_till
from tests.support.warm_module import TalkingProcess, talking

NO_REWARD = RewardId("")
_BEGUN_AT = datetime(2026, 3, 2, tzinfo=UTC)


@dataclass(frozen=True)
class Plan:
    """What a process is to do; `operations` is how many each thread asks for, None for ever."""

    name: str
    url: str
    vendor_id: VendorId
    cards: list[CardId]
    kind: str
    threads: int
    operations: int | None = None
    reward_id: RewardId = NO_REWARD
    given_id: RewardId = NO_REWARD
    mistakes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Answer:
    """What became of the operation `number` of a thread: a hash, or the code of a refusal."""

    thread: int
    number: int
    key: str
    hash: str | None
    code: str | None
    is_replay: bool


def operation(plan: Plan, counter: TillDriver, thread: int, number: int) -> Operation:
    """Return an operation of the plan, always the same one."""
    card = CardId(plan.cards[(thread + number) % len(plan.cards)])
    key: dict[str, Any] = {"idempotency_key": f"{plan.name}-{thread}-{number}"}
    if plan.kind == "steady":
        if number % 3 == 2:
            return counter.redeem_points(card, 1, **key)
        return counter.earn(card, 100 + number % 50, **key)
    if plan.kind == "promises":
        return _promise(plan, counter, thread, number)
    if plan.kind == "merges":
        return _merge(plan, counter, thread, number)
    late = counter.clock.now() - timedelta(hours=number)
    mistake = EntryId(plan.mistakes[number // 8 % len(plan.mistakes)])
    verbs: list[Callable[[], Operation]] = [
        lambda: counter.earn(card, 130, idempotency_key=f"everybody-{thread}-{number}"),
        lambda: counter.earn(card, 170, reference=f"R-{thread}-{number}", **key),
        lambda: counter.redeem(card, plan.reward_id, **key),
        lambda: counter.stamp(card, **key),
        lambda: counter.stamp(card, 2, occurred_at=late, **key),
        # Of a full card, and of one on the way to it, by turns.
        lambda: counter.redeem_stamps(card, milestone=(None, 1)[number // 8 % 2], **key),
        lambda: counter.redeem_points(card, 1, **key),
        lambda: counter.void(mistake, **key),
    ]
    return verbs[number % 8]()


def _promise(plan: Plan, counter: TillDriver, thread: int, number: int) -> Operation:
    """Return one of what is given, set aside and paid back, by turns on one card."""
    turn = number // 8
    card = plan.cards[(thread + turn) % len(plan.cards)]
    names = (plan.name, str(thread), str(turn))
    grant, held, points = (
        derived_id(_BEGUN_AT, what, *names) for what in ("grant", "cake", "points")
    )
    key: dict[str, Any] = {"idempotency_key": f"{plan.name}-{thread}-{number}"}
    mistake = EntryId(plan.mistakes[turn % len(plan.mistakes)])
    given = {"grant_id": grant, "once_key": "-".join(names), **key}
    verbs: list[Callable[[], Operation]] = [
        lambda: counter.grant(card, plan.given_id, **given),
        lambda: counter.redeem_grant(card, GrantId(grant), **key),
        lambda: counter.reserve(card, reservation_id=held, reward_id=plan.reward_id, **key),
        lambda: counter.confirm(card, ReservationId(held), **key),
        lambda: counter.reserve(card, reservation_id=points, points=2, **key),
        lambda: counter.release(card, ReservationId(points), **key),
        lambda: counter.refund(mistake, 30, refund_reference="-".join(names), **key),
        lambda: counter.earn(card, 130, **key),
    ]
    return verbs[number % 8]()


def _merge(plan: Plan, counter: TillDriver, thread: int, number: int) -> Operation:
    """Return a merge of two cards of the thread's own, or a purchase on the one that stayed."""
    key: dict[str, Any] = {"idempotency_key": f"{plan.name}-{thread}-{number}"}
    assert plan.operations is not None
    place = thread * plan.operations + number // 2 * 2
    mine, found = plan.cards[place : place + 2]
    return counter.earn(mine, 130, **key) if number % 2 else counter.merge(mine, found, **key)


@contextmanager
def running(plan: Plan) -> Iterator[TalkingProcess]:
    """Run a process with a till; it is killed, if it still runs, when the block ends."""
    with talking("tests.support.till_process", json.dumps(asdict(plan))) as process:
        yield process


def answers(process: TalkingProcess) -> Iterator[Answer]:
    """Give the answers of a process as they come, until its end; a torn line is none."""
    for line in process.stdout:
        if line.endswith("\n"):
            yield Answer(**json.loads(line))


def work(plan: Plan) -> None:
    """Do what the plan says."""
    clock = SystemClock()
    ids = SystemIds(clock)
    database = Database(plan.url)
    with open_till(database, clock=clock, ids=ids) as till:
        counter = TillDriver(database, till, clock, ids, plan.vendor_id)
        threads = [
            threading.Thread(target=_serve, args=(plan, counter, number))
            for number in range(plan.threads)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    database.close()


def _serve(plan: Plan, counter: TillDriver, thread: int) -> None:
    for number in count() if plan.operations is None else range(plan.operations):
        asked = operation(plan, counter, thread, number)
        assert asked.idempotency_key is not None
        fact: dict[str, object] = {"hash": None, "code": None, "is_replay": False}
        try:
            receipt = counter.till.submit(asked)
            fact |= {"hash": receipt.entry["hash"].hex(), "is_replay": receipt.is_replay}
        except DomainError as refusal:
            fact |= {"code": refusal.code}
        line = {"thread": thread, "number": number, "key": asked.idempotency_key, **fact}
        os.write(1, (json.dumps(line) + "\n").encode())


if __name__ == "__main__":
    work(Plan(**json.loads(sys.argv[1])))
