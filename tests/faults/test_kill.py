"""Kill a server at any moment: what it answered is in the ledger once, a retry settles the rest."""

from itertools import islice

from punchcard.db.database import Database
from punchcard.loyalty.till.receipt import Receipt
from tests.support.books import audited
from tests.support.drivers.till import till_driver_at
from tests.support.till_process import Answer, Plan, answers, operation, running

ROUNDS, THREADS = 5, 6


def kill_after(plan: Plan, number: int) -> list[Answer]:
    """Run a server, kill it when it has answered `number` times; returns all it answered."""
    with running(plan) as process:
        told = list(islice(answers(process), number))
        process.kill()
        return told + list(answers(process))


def test_a_killed_server_loses_and_doubles_nothing(database_url: str) -> None:
    with till_driver_at(database_url) as alice:
        cards = alice.cards(alice.program(type="points", welcome_points=1000), 4)
    answered: list[Answer] = []
    settled: list[Receipt] = []
    for number in range(ROUNDS):
        plan = Plan(
            name=f"round-{number}",
            url=database_url,
            vendor_id=alice.vendor_id,
            cards=cards,
            kind="steady",
            threads=THREADS,
        )
        told = kill_after(plan, 7 + 31 * number)
        assert {answer.code for answer in told} == {None}
        answered += told
        settled += retry(plan, told)
    check(database_url, answered, settled)


def retry(plan: Plan, told: list[Answer]) -> list[Receipt]:
    """Ask again, as callers do, for what each thread was never answered."""
    with till_driver_at(plan.url, plan.vendor_id) as alice:
        left = [sum(answer.thread == thread for answer in told) for thread in range(THREADS)]
        return [
            alice.till.submit(operation(plan, alice, thread, number))
            for thread, number in enumerate(left)
        ]


def check(url: str, answered: list[Answer], settled: list[Receipt]) -> None:
    database = Database(url)
    chains = audited(database)
    database.close()
    written = [
        (entry["idempotency_key"], entry["hash"].hex())
        for chain in chains.values()
        for entry in chain
        if entry["idempotency_key"]
    ]
    known = [(answer.key, answer.hash) for answer in answered]
    known += [(r.entry["idempotency_key"], r.entry["hash"].hex()) for r in settled]
    assert sorted(written) == sorted(known)
