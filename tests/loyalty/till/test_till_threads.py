"""Many tills of a shop at once, on the same cards and on different ones."""

import random
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from punchcard.db.database import Database
from punchcard.kit.clock import SystemClock
from punchcard.kit.errors import DomainError
from punchcard.kit.ids import CardId, EntryId, RewardId, SystemIds
from punchcard.loyalty.errors.balances import DailyStampLimitReached
from punchcard.loyalty.errors.programs import RewardNotAvailable
from punchcard.loyalty.errors.till import AlreadyVoided, IdempotencyKeyReused, ReferenceAlreadyUsed
from punchcard.loyalty.models import Reward
from punchcard.loyalty.operations import NewCustomer, Operation
from punchcard.loyalty.till.batch import Outcome
from punchcard.loyalty.till.receipt import Receipt
from tests.support.audited_till_driver import audited_till_driver
from tests.support.books import audited, check_day_limits, standing
from tests.support.drivers.till import TillDriver


@pytest.fixture
def alice(database: Database) -> Iterator[TillDriver]:
    """Open Café Alice's counter by the machine's clock; afterwards the books must be right."""
    clock = SystemClock()
    with audited_till_driver(database, clock, SystemIds(clock)) as counter:
        yield counter


def at_once(counter: TillDriver, operations: Sequence[Operation]) -> list[Outcome]:
    """Do each operation from a thread of its own."""

    def one(operation: Operation) -> Outcome:
        try:
            return counter.till.submit(operation)
        except DomainError as refusal:
            return refusal

    with ThreadPoolExecutor(len(operations)) as threads:
        return list(threads.map(one, operations))


def receipts(outcomes: Sequence[Outcome]) -> list[Receipt]:
    return [outcome for outcome in outcomes if isinstance(outcome, Receipt)]


def refusals(outcomes: Sequence[Outcome]) -> set[type[DomainError]]:
    return {type(outcome) for outcome in outcomes if isinstance(outcome, DomainError)}


def test_fifty_buyers_get_the_three_cakes_there_are(alice: TillDriver) -> None:
    program = alice.program(type="points", welcome_points=150)
    cake = alice.reward(program, stock_left=3)
    cards = alice.cards(program, 50)
    outcomes = at_once(alice, [alice.redeem(card, cake) for card in cards])
    assert len(receipts(outcomes)) == 3
    assert refusals(outcomes) == {RewardNotAvailable}
    with alice.database.read() as session:
        assert session.get_one(Reward, cake).stock_left == 0


def test_a_receipt_shown_at_ten_tills_is_credited_once(alice: TillDriver) -> None:
    cards = alice.cards(alice.program(type="points"), 10)
    outcomes = at_once(alice, [alice.earn(card, 500, reference="R-1") for card in cards])
    assert len(receipts(outcomes)) == 1
    assert refusals(outcomes) == {ReferenceAlreadyUsed}


def test_the_same_request_ten_times_at_once_gives_one_stamp_and_nine_replays(
    alice: TillDriver,
) -> None:
    card = alice.card(alice.program(cooldown_minutes=0))
    outcomes = at_once(alice, [alice.stamp(card, idempotency_key="k-1")] * 10)
    answers = receipts(outcomes)
    assert sorted(answer.is_replay for answer in answers) == [False] + [True] * 9
    assert all(replace(answer, is_replay=True) == answers[1] for answer in answers[1:])
    assert len({answer.entry["hash"] for answer in answers}) == 1


def test_the_same_enrolment_ten_times_at_once_gives_one_card(alice: TillDriver) -> None:
    noe = NewCustomer(name="Noé", email="noe@example.com")
    enrol = alice.enrol(alice.program(welcome_stamps=2), customer=noe, idempotency_key="k-1")
    answers = receipts(at_once(alice, [enrol] * 10))
    assert len(answers) == 10
    assert {(answer.card.id, answer.card.stamps) for answer in answers} == {(answers[0].card.id, 2)}


def test_one_key_for_ten_cards_at_once_stamps_one_of_them(alice: TillDriver) -> None:
    cards = alice.cards(alice.program(), 10)
    outcomes = at_once(
        alice,
        [
            alice.stamp(card, idempotency_key="k-1", fingerprint=card.encode()[-32:])
            for card in cards
        ],
    )
    assert len(receipts(outcomes)) == 1
    assert refusals(outcomes) == {IdempotencyKeyReused}


def test_a_mistake_voided_at_ten_tills_is_voided_once(alice: TillDriver) -> None:
    card = alice.card(alice.program(cooldown_minutes=0))
    mistake = alice.till.submit(alice.stamp(card)).entry["id"]
    outcomes = at_once(alice, [alice.void(mistake)] * 10)
    assert [answer.card.stamps for answer in receipts(outcomes)] == [0]
    assert refusals(outcomes) == {AlreadyVoided}


def test_the_day_holds_when_twenty_tills_stamp_one_card(alice: TillDriver) -> None:
    card = alice.card(alice.program(cooldown_minutes=0, max_daily_stamps=5))
    now = alice.clock.now()
    late = [alice.stamp(card, occurred_at=now - timedelta(seconds=n)) for n in range(10)]
    outcomes = at_once(alice, [*late, *[alice.stamp(card)] * 10])
    assert len(receipts(outcomes)) >= 5
    assert refusals(outcomes) == {DailyStampLimitReached}
    check_day_limits(audited(alice.database))


def test_one_customer_enrolled_at_ten_tills_holds_one_card(alice: TillDriver) -> None:
    program = alice.program()
    noe = NewCustomer(name="Noé", email="noe@example.com")
    outcomes = at_once(alice, [alice.enrol(program, customer=noe)] * 10)
    assert len(receipts(outcomes)) == 1
    assert {code.code for code in refusals(outcomes)} == {"card_already_exists"}


def busy_hour(counter: TillDriver, cards: Sequence[CardId], cake: RewardId, seed: int) -> None:
    """Do what one till does in a busy hour: anything, to any card."""
    chance = random.Random(seed)  # noqa: S311
    answered: list[str] = []
    verbs: list[Callable[[CardId], Operation]] = [
        lambda card: counter.stamp(card, chance.randint(1, 2)),
        lambda card: counter.stamp(
            card, occurred_at=counter.clock.now() - timedelta(hours=chance.randint(1, 60))
        ),
        counter.redeem_stamps,
        lambda card: counter.earn(card, chance.randint(0, 20_000)),
        lambda card: counter.redeem(card, cake),
        lambda card: counter.redeem_points(card, chance.randint(1, 30)),
        lambda card: counter.adjust(card, chance.randint(1, 9)),
    ]
    for _ in range(8):
        operations = [chance.choice(verbs)(chance.choice(cards)) for _ in range(4)]
        if answered:
            operations.append(counter.void(EntryId(chance.choice(answered))))
        for outcome in counter.till.submit_all(operations):
            if isinstance(outcome, Receipt):
                answered.append(outcome.entry["id"])


def test_a_busy_hour_at_eight_tills_loses_and_doubles_nothing(alice: TillDriver) -> None:
    program = alice.program(type="hybrid", cooldown_minutes=0, stamps_target=3, welcome_stamps=1)
    cake = alice.reward(program, stock_left=6, points_required=5)
    cards = alice.cards(program, 6)
    with ThreadPoolExecutor(8) as threads:
        hours = [threads.submit(busy_hour, alice, cards, cake, seed) for seed in range(8)]
        for hour in hours:
            hour.result()
    chains = audited(alice.database)
    check_day_limits(chains)
    sold = [e for chain in chains.values() for e in standing(chain) if e["reward_id"] == cake]
    with alice.database.read() as session:
        assert session.get_one(Reward, cake).stock_left == 6 - len(sold) >= 0
