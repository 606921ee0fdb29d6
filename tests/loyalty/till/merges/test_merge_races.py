"""Merges against merges, stamps, redemptions and separations, from many threads and two tills."""

import random
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from sqlalchemy import select

from punchcard.kit.errors import DomainError
from punchcard.kit.ids import CardId
from punchcard.loyalty.errors.cards import CardWasReplaced
from punchcard.loyalty.merge_operation import MergeCards
from punchcard.loyalty.models import LoyaltyCard
from punchcard.loyalty.operations import CardKey, CardRef, Operation
from punchcard.loyalty.till.batch import Outcome
from punchcard.loyalty.till.receipt import Receipt
from punchcard.loyalty.vocabulary import CardStatus
from tests.loyalty.till.merges.counter import HYBRID, card_of
from tests.support.books import audited, standing
from tests.support.drivers.till import TillDriver


def at_once(counters: Sequence[TillDriver], operations: Sequence[Operation]) -> list[Outcome]:
    """Do each operation from a thread of its own, at the tills by turns."""

    def one(numbered: tuple[int, Operation]) -> Outcome:
        number, operation = numbered
        try:
            return counters[number % len(counters)].till.submit(operation)
        except DomainError as refusal:
            return refusal

    with ThreadPoolExecutor(len(operations)) as threads:
        return list(threads.map(one, enumerate(operations)))


def test_two_cards_merged_into_each_other_at_once_are_merged_once(
    counters: list[TillDriver],
) -> None:
    alice = counters[0]
    program = alice.program(**HYBRID)
    one, other = alice.cards(program, 2)
    alice.till.submit_all([alice.stamp(one, 3), alice.stamp(other, 4)])
    pairs = [(one, other), (other, one)] * 4
    outcomes = at_once(counters, [alice.merge(*pair) for pair in pairs])
    assert sum(isinstance(one, Receipt) for one in outcomes) == 1
    assert {type(one) for one in outcomes} == {Receipt, CardWasReplaced}
    assert sorted(card_of(alice, card).stamps for card in (one, other)) == [0, 7]


def test_stamps_by_the_code_of_a_card_that_is_merged_are_never_lost(
    counters: list[TillDriver],
) -> None:
    alice = counters[0]
    program = alice.program(**HYBRID)
    mine, found = alice.cards(program, 2)
    code = CardRef(CardKey.NUMBER, card_of(alice, found).number)
    stamps: list[Operation] = [replace(alice.stamp(found), card=code) for _ in range(12)]
    stamps.insert(6, alice.merge(mine, found))
    outcomes = at_once(counters, stamps)
    assert [one for one in outcomes if not isinstance(one, Receipt)] == []
    assert (card_of(alice, mine).stamps, card_of(alice, found).stamps) == (12, 0)


def busy_hour(counter: TillDriver, cards: Sequence[CardId], numbers: dict[CardId, str], seed: int):  # type: ignore[no-untyped-def]
    """Do what one till does in an hour in which everybody finds old cards."""
    chance = random.Random(seed)  # noqa: S311
    merges: list[str] = []

    def coded(operation: Operation, card: CardId) -> Operation:
        return replace(operation, card=CardRef(CardKey.NUMBER, numbers[card]))  # type: ignore[call-arg]

    verbs: list[Callable[[CardId], Operation]] = [
        lambda card: coded(counter.stamp(card, 2), card),
        lambda card: coded(counter.earn(card, chance.randint(0, 20_000)), card),
        lambda card: coded(counter.redeem_points(card, chance.randint(1, 30)), card),
        lambda card: coded(counter.redeem_stamps(card), card),
        lambda card: counter.merge(card, chance.choice(cards)),
    ]
    for _ in range(8):
        operations = [chance.choice(verbs)(chance.choice(cards)) for _ in range(4)]
        if merges and chance.random() < 0.7:
            operations.append(counter.void(merges.pop()))  # type: ignore[arg-type]
        outcomes = counter.till.submit_all(operations)
        for operation, outcome in zip(operations, outcomes, strict=True):
            if isinstance(operation, MergeCards) and isinstance(outcome, Receipt):
                merges.append(outcome.entry["id"])


def test_an_hour_of_merges_and_separations_loses_and_doubles_nothing(
    counters: list[TillDriver],
) -> None:
    alice = counters[0]
    program = alice.program(**HYBRID, void_policy="clamp", points_per_amount_minor=300)
    cards = alice.cards(program, 5)
    numbers = {card: card_of(alice, card).number for card in cards}
    with ThreadPoolExecutor(6) as threads:
        hours = [
            threads.submit(busy_hour, counters[seed % 2], cards, numbers, seed) for seed in range(6)
        ]
        for hour in hours:
            hour.result()
    entries = [entry for chain in audited(alice.database).values() for entry in chain]
    moved = {entry["id"] for entry in entries if entry["type"] in ("merged_in", "merged_out")}
    others = [e for e in entries if e["id"] not in moved and e["voids"] not in moved]
    with alice.database.read() as session:
        rows = session.scalars(select(LoyaltyCard)).all()
    assert moved
    assert sum(row.stamps for row in rows) == sum(entry["stamps_delta"] for entry in others)
    # Parts of a point that met have become whole ones, and whole ones parts again where cards went
    # their own ways: at most one a merge.
    points = sum(row.points for row in rows) - sum(entry["points_delta"] for entry in others)
    undone = sum(entry["voids"] in moved for entry in entries) // 2
    assert -undone <= points <= len(standing(entries))
    replaced = [row for row in rows if row.status == CardStatus.REPLACED]
    assert all((row.stamps, row.points, row.points_carry) == (0, 0, 0) for row in replaced)
