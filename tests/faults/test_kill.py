"""Kill a server at any moment: what it answered is in the ledger once, a retry settles the rest."""

from collections import Counter as Tally
from itertools import islice

import pytest
from sqlalchemy import select

from punchcard.db.database import Database
from punchcard.loyalty.cards.models import CardMerge
from punchcard.loyalty.models import LoyaltyCard, Reward
from punchcard.loyalty.till.receipt import Receipt
from punchcard.loyalty.vocabulary import CardStatus
from tests.support.books import audited
from tests.support.drivers.till import till_driver_at
from tests.support.till_process import Answer, Plan, answers, operation, running

ROUNDS, THREADS, MERGES = 5, 6, 16


def kill_after(plan: Plan, number: int) -> list[Answer]:
    """Run a server, kill it when it has answered `number` times; returns all it answered."""
    with running(plan) as process:
        told = list(islice(answers(process), number))
        process.kill()
        return told + list(answers(process))


@pytest.mark.one_in(1)
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


def test_a_killed_server_keeps_every_promise(database_url: str) -> None:
    with till_driver_at(database_url) as alice:
        program = alice.program(type="points", welcome_points=1000)
        cake = alice.reward(program, points_required=5, stock_left=20)
        coffee = alice.reward(program, points_required=None)
        cards = alice.cards(program, 4)
        mistakes = [alice.till.submit(alice.earn(cards[0], 990)).entry["id"] for _ in range(5)]
    answered: list[Answer] = []
    settled: list[Receipt] = []
    for number in range(ROUNDS):
        plan = Plan(
            name=f"round-{number}",
            url=database_url,
            vendor_id=alice.vendor_id,
            cards=cards,
            kind="promises",
            threads=THREADS,
            reward_id=cake,
            given_id=coffee,
            mistakes=tuple(mistakes),
        )
        told = kill_after(plan, 11 + 43 * number)
        answered += told
        settled += retry(plan, told)
    assert {answer.code for answer in answered} <= {
        None,
        "reservation_not_found",
        "reward_not_available",
        "refund_exceeds_purchase",
    }
    check(database_url, answered, settled)
    with till_driver_at(database_url, alice.vendor_id) as alice:
        chains = audited(alice.database)
        with alice.database.read() as session:
            left = session.get_one(Reward, cake).stock_left
    entries = [entry for chain in chains.values() for entry in chain]
    cakes = [e for e in entries if e["type"] == "points_reserved" and e["reward_id"] == cake]
    assert left == 20 - len(cakes)
    refunded = Tally(e["details"]["refunds"] for e in entries if e["type"] == "points_refunded")
    assert max(refunded.values()) <= 990 // 30


def test_a_killed_server_merges_cards_wholly_or_not_at_all(database_url: str) -> None:
    with till_driver_at(database_url) as alice:
        program = alice.program(type="points", welcome_points=7)
        every = alice.cards(program, ROUNDS * THREADS * MERGES)
    answered: list[Answer] = []
    settled: list[Receipt] = []
    for number in range(ROUNDS):
        begins = number * THREADS * MERGES
        plan = Plan(
            name=f"round-{number}",
            url=database_url,
            vendor_id=alice.vendor_id,
            cards=every[begins : begins + THREADS * MERGES],
            kind="merges",
            threads=THREADS,
            operations=MERGES,
        )
        told = kill_after(plan, 5 + 9 * number)
        assert {answer.code for answer in told} == {None}
        answered += told
        settled += retry(plan, told)
    check(database_url, answered, settled)
    with till_driver_at(database_url, alice.vendor_id) as alice, alice.database.read() as session:
        cards = session.scalars(select(LoyaltyCard)).all()
        made = session.scalars(select(CardMerge)).all()
    replaced = {card.id for card in cards if card.status == CardStatus.REPLACED}
    assert replaced == {merge.from_card_id for merge in made}
    assert {card.points for card in cards if card.id in replaced} == {0}
    done = [int(answer.key.split("-")[-1]) for answer in answered]
    done += [int(r.entry["idempotency_key"].split("-")[-1]) for r in settled]
    assert len(made) == len([number for number in done if number % 2 == 0])
    purchases = len(done) - len(made)
    whole = sum(card.points * 100 + card.points_carry for card in cards)
    assert whole == len(every) * 700 + purchases * 130


def retry(plan: Plan, told: list[Answer]) -> list[Receipt]:
    """Ask again, as callers do, for what each thread was never answered; returns what was done."""
    with till_driver_at(plan.url, plan.vendor_id) as alice:
        left = [sum(answer.thread == thread for answer in told) for thread in range(THREADS)]
        outcomes = alice.till.submit_all(
            [
                operation(plan, alice, thread, number)
                for thread, number in enumerate(left)
                if plan.operations is None or number < plan.operations
            ]
        )
    return [outcome for outcome in outcomes if isinstance(outcome, Receipt)]


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
    known = [(answer.key, answer.hash) for answer in answered if answer.hash]
    known += [(r.entry["idempotency_key"], r.entry["hash"].hex()) for r in settled]
    assert sorted(written) == sorted(known)
