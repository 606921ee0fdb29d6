"""Two server processes, each with its own till, on one PostgreSQL."""

from collections import Counter as Tally
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta

import pytest

from punchcard.db.database import Database
from punchcard.kit.clock import ManualClock, SystemClock
from punchcard.kit.ids import SystemIds
from punchcard.loyalty.models import Reward
from tests.support.books import audited, check_day_limits, standing
from tests.support.drivers.till import open_till, open_till_driver
from tests.support.till_process import Plan, answers, running

THREADS, OPERATIONS, CAKES, MISTAKES = 4, 40, 3, 5


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_two_servers_lose_and_double_nothing(database: Database, database_url: str) -> None:
    # The cards are old enough for all that comes late.
    clock = ManualClock(SystemClock().now() - timedelta(days=4))
    ids = SystemIds(SystemClock())
    with open_till(database, clock=clock, ids=ids) as till:
        alice = open_till_driver(database, till, clock=clock, ids=ids)
        program = alice.program(
            type="hybrid",
            cooldown_minutes=0,
            stamps_target=3,
            stamp_rewards=[{"at": 1, "name": "A cookie"}, {"at": 3, "name": "A coffee"}],
            welcome_points=900,
        )
        cake = alice.reward(program, stock_left=CAKES)
        cards = alice.cards(program, 5)
        mistakes = [till.submit(alice.earn(cards[0], 990)).entry["id"] for _ in range(MISTAKES)]
    plan = Plan(
        name="one",
        url=database_url,
        vendor_id=alice.vendor_id,
        cards=cards,
        kind="rush",
        threads=THREADS,
        operations=OPERATIONS,
        reward_id=cake,
        mistakes=tuple(mistakes),
    )
    with ExitStack() as stack:
        servers = [
            stack.enter_context(running(replace(plan, name=name))) for name in ("one", "two")
        ]
        told = [list(answers(server)) for server in servers]
        assert [server.wait() for server in servers] == [0, 0]
    assert [len(lines) for lines in told] == [THREADS * OPERATIONS] * 2
    both = told[0] + told[1]

    chains = audited(database)
    check_day_limits(chains)
    entries = [entry for chain in chains.values() for entry in chain]
    written = {entry["hash"].hex(): entry["idempotency_key"] for entry in entries}
    assert {a.hash: a.key for a in both if a.hash}.items() <= written.items()
    firsts = [a.hash for a in both if a.hash and not a.is_replay]
    assert len(firsts) == len(set(firsts))
    keys = [entry["idempotency_key"] for entry in entries if entry["idempotency_key"]]
    assert sorted(keys) == sorted(a.key for a in both if a.hash and not a.is_replay)

    shared = Tally(a.key for a in both if a.key.startswith("everybody") and a.hash)
    assert set(shared.values()) == {2}
    sold = [entry for entry in standing(entries) if entry["reward_id"] == cake]
    with database.read() as session:
        assert session.get_one(Reward, cake).stock_left == CAKES - len(sold) == 0
    voids = Tally(entry["voids"] for entry in entries if entry["voids"])
    assert voids == dict.fromkeys(mistakes, 1)
    refused = {a.code for a in both if a.code}
    assert refused <= {
        "reference_already_used",
        "reward_not_available",
        "already_voided",
        "daily_stamp_limit_reached",
        "not_enough_stamps",
        "milestone_already_claimed",
        "not_enough_points",
    }
    assert {"reference_already_used", "already_voided"} <= refused


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_two_servers_keep_every_promise_once(database: Database, database_url: str) -> None:
    clock = SystemClock()
    ids = SystemIds(clock)
    with open_till(database, clock=clock, ids=ids) as till:
        alice = open_till_driver(database, till, clock=clock, ids=ids)
        program = alice.program(type="points", welcome_points=900)
        cake = alice.reward(program, points_required=5, stock_left=CAKES)
        coffee = alice.reward(program, points_required=None)
        cards = alice.cards(program, 3)
        mistakes = [till.submit(alice.earn(cards[0], 100)).entry["id"] for _ in range(MISTAKES)]
    plan = Plan(
        name="one",
        url=database_url,
        vendor_id=alice.vendor_id,
        cards=cards,
        kind="promises",
        threads=THREADS,
        operations=OPERATIONS,
        reward_id=cake,
        given_id=coffee,
        mistakes=tuple(mistakes),
    )
    with ExitStack() as stack:
        servers = [
            stack.enter_context(running(replace(plan, name=name))) for name in ("one", "two")
        ]
        told = [answer for server in servers for answer in answers(server)]
        assert [server.wait() for server in servers] == [0, 0]
    assert len(told) == 2 * THREADS * OPERATIONS
    chains = audited(database)
    entries = [entry for chain in chains.values() for entry in chain]
    assert Tally(a.hash for a in told if a.hash) == Tally(
        entry["hash"].hex() for entry in entries if entry["idempotency_key"]
    )
    turns = 2 * THREADS * OPERATIONS // 8
    done = Tally(entry["type"] for entry in entries)
    assert done["reward_granted"] == done["grant_redeemed"] == turns
    assert done["reservation_confirmed"] == CAKES
    assert done["points_reserved"] == CAKES + turns
    # Of each mistake of 100 three parts of 30 can be paid back.
    assert done["points_refunded"] == 3 * MISTAKES
    assert Tally(a.code for a in told if a.code) == {
        "reward_not_available": turns - CAKES,
        "reservation_not_found": turns - CAKES,
        "refund_exceeds_purchase": turns - 3 * MISTAKES,
    }
    with database.read() as session:
        assert session.get_one(Reward, cake).stock_left == 0
