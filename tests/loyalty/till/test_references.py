"""A receipt number stands for one purchase at a time; the void of a purchase frees it."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Barrier

import pytest

from punchcard.db.database import Database
from punchcard.kit.clock import ManualClock
from punchcard.kit.errors import DomainError
from punchcard.kit.ids import CardId, EntryId, SystemIds
from punchcard.loyalty.errors.till import AlreadyVoided, NotVoidable, ReferenceAlreadyUsed
from punchcard.loyalty.operations import Operation
from punchcard.loyalty.till.batch import Outcome
from punchcard.loyalty.till.receipt import Receipt
from punchcard.loyalty.till.till import Till
from tests.support.audited_till_driver import audited_till_driver
from tests.support.drivers.till import TillDriver, open_till

TILLS, ROUNDS = 4, 6


@pytest.fixture
def alice(database: Database, clock: ManualClock, ids: SystemIds) -> Iterator[TillDriver]:
    """Open Café Alice's counter; afterwards the books must be right, whatever was done."""
    with audited_till_driver(database, clock, ids) as counter:
        yield counter


def entry_of(outcome: Outcome) -> EntryId:
    assert isinstance(outcome, Receipt), outcome
    return EntryId(outcome.entry["id"])


def told(outcomes: Sequence[Outcome]) -> list[str]:
    """Return the type of entry each was answered with, or the code of its refusal."""
    return [o.entry["type"] if isinstance(o, Receipt) else o.code for o in outcomes]


def earned(alice: TillDriver, card: CardId, reference: str = "R-2") -> EntryId:
    return entry_of(alice.till.submit(alice.earn(card, 99_900, reference=reference)))


def test_a_void_frees_the_receipt_number(alice: TillDriver) -> None:
    card = alice.card(alice.program(type="points"))
    alice.till.submit(alice.void(earned(alice, card)))
    second = alice.till.submit(alice.earn(card, 9_990, reference="R-2"))
    assert second.card.points == 99
    with pytest.raises(ReferenceAlreadyUsed) as refusal:
        alice.till.submit(alice.earn(card, 9_990, reference="R-2"))
    assert refusal.value.facts == {"transaction_id": second.entry["id"]}


def test_a_number_can_be_freed_again_and_again(alice: TillDriver) -> None:
    one, other = alice.cards(alice.program(type="points"), 2)
    for card in (one, other, one):
        alice.till.submit(alice.void(earned(alice, card)))
    earned(alice, other)


def test_only_the_void_of_the_purchase_that_holds_the_number_frees_it(alice: TillDriver) -> None:
    card = alice.card(alice.program(type="points"))
    first = earned(alice, card)
    alice.till.submit(alice.void(first))
    second = earned(alice, card)
    with pytest.raises(AlreadyVoided):
        alice.till.submit(alice.void(first))
    with pytest.raises(ReferenceAlreadyUsed) as refusal:
        earned(alice, card)
    assert refusal.value.facts == {"transaction_id": second}


def test_a_void_cannot_be_voided_and_so_takes_no_number_back(alice: TillDriver) -> None:
    card = alice.card(alice.program(type="points"))
    void = entry_of(alice.till.submit(alice.void(earned(alice, card))))
    with pytest.raises(NotVoidable):
        alice.till.submit(alice.void(void))
    earned(alice, card)


def test_a_void_that_is_refused_frees_nothing(alice: TillDriver) -> None:
    card = alice.card(alice.program(type="points", void_policy="refuse"))
    purchase = earned(alice, card)
    alice.till.submit(alice.redeem_points(card, 500))
    with pytest.raises(DomainError):
        alice.till.submit(alice.void(purchase))
    with pytest.raises(ReferenceAlreadyUsed):
        earned(alice, card)


def test_numbers_of_other_purchases_and_programs_stay_taken(alice: TillDriver) -> None:
    card = alice.card(alice.program(type="points"))
    elsewhere = alice.card(alice.program(type="points"))
    purchase = earned(alice, card)
    earned(alice, card, "R-3")
    earned(alice, elsewhere)
    alice.till.submit(alice.void(purchase))
    for taken in ((card, "R-3"), (elsewhere, "R-2")):
        with pytest.raises(ReferenceAlreadyUsed):
            earned(alice, *taken)


@pytest.mark.parametrize("cards", [1, 2, 3])
def test_a_list_is_done_in_its_order(alice: TillDriver, cards: int) -> None:
    """Earn, void and earn stand together, on one card and on several."""
    held = alice.cards(alice.program(type="points"), cards)
    purchase = earned(alice, held[0])
    outcomes = alice.till.submit_all(
        [
            alice.earn(held[-1], 100, reference="R-2"),
            alice.void(purchase),
            alice.earn(held[-1], 200, reference="R-2"),
            alice.earn(held[0], 300, reference="R-2"),
        ]
    )
    assert told(outcomes) == [
        "reference_already_used",
        "voided",
        "points_earned",
        "reference_already_used",
    ]


def test_a_void_that_waits_for_the_next_batch_keeps_its_place_before_a_purchase(
    alice: TillDriver,
) -> None:
    """The void must see the card as the first operation left it; the purchases stay behind it."""
    one, other, third = alice.cards(alice.program(type="points"), 3)
    purchase = earned(alice, one)
    outcomes = alice.till.submit_all(
        [
            alice.earn(one, 100),
            alice.void(purchase),
            alice.earn(other, 200, reference="R-2"),
            alice.earn(third, 300, reference="R-2"),
            alice.earn(other, 400),
        ]
    )
    assert told(outcomes) == [
        "points_earned",
        "voided",
        "points_earned",
        "reference_already_used",
        "points_earned",
    ]
    sequences = [o.entry["sequence"] for o in outcomes if isinstance(o, Receipt)]
    assert sequences == [3, 4, 2, 3]


def test_a_repeated_list_is_answered_as_the_first_time(alice: TillDriver) -> None:
    """As a till's offline queue does, whose answer got lost on the way."""
    card = alice.card(alice.program(type="points"))
    purchase = earned(alice, card)
    queue: list[Operation] = [
        alice.void(purchase, idempotency_key="void"),
        alice.earn(card, 9_990, reference="R-2", idempotency_key="earn"),
    ]
    first = alice.till.submit_all(queue)
    again = alice.till.submit_all(queue)
    assert [entry_of(outcome) for outcome in again] == [entry_of(outcome) for outcome in first]


@pytest.fixture
def tills(
    alice: TillDriver, database: Database, clock: ManualClock, ids: SystemIds
) -> Iterator[list[Till]]:
    """Open tills beside Alice's: on PostgreSQL each writes on its own."""
    with ExitStack() as stack:
        others = [open_till(database, clock=clock, ids=ids) for _ in range(TILLS - 1)]
        yield [alice.till, *map(stack.enter_context, others)]


def at_once(tills: Sequence[Till], operations: Sequence[Sequence[Operation]]) -> list[Outcome]:
    """Hand each till its operations at the same moment."""
    barrier = Barrier(len(operations))

    def one(till: Till, asked: Sequence[Operation]) -> list[Outcome]:
        barrier.wait()
        return till.submit_all(asked)

    with ThreadPoolExecutor(len(operations)) as threads:
        return [o for outcomes in threads.map(one, tills, operations) for o in outcomes]


def test_of_many_at_once_after_a_void_one_is_credited(alice: TillDriver, tills: list[Till]) -> None:
    cards = alice.cards(alice.program(type="points"), TILLS)
    alice.till.submit(alice.void(earned(alice, cards[0])))
    for number in range(ROUNDS):
        operations = [[alice.earn(card, 100, reference="R-2")] for card in cards]
        outcomes = at_once(tills, operations)
        assert sorted(told(outcomes)) == ["points_earned"] + ["reference_already_used"] * 3, number
        [credited] = [o for o in outcomes if isinstance(o, Receipt)]
        alice.till.submit(alice.void(credited.entry["id"]))


def test_lists_with_the_same_numbers_in_any_order_credit_each_once(
    alice: TillDriver, tills: list[Till]
) -> None:
    numbers = [f"R-{number}" for number in range(20)]
    cards = alice.cards(alice.program(type="points"), TILLS)
    for number in range(ROUNDS):
        lists = [
            [alice.earn(card, 100, reference=r) for r in (numbers, numbers[::-1])[place % 2]]
            for place, card in enumerate(cards)
        ]
        credited = [o for o in at_once(tills, lists) if isinstance(o, Receipt)]
        assert sorted(o.entry["reference"] for o in credited) == sorted(numbers), number
        voids = [alice.void(o.entry["id"]) for o in credited]
        assert set(told(alice.till.submit_all(voids))) == {"voided"}


def test_a_void_at_one_till_and_the_number_again_at_another(
    alice: TillDriver, tills: list[Till]
) -> None:
    """Either the number was still held, or it was free: the books tell, and agree."""
    one, other, third = alice.cards(alice.program(type="points"), 3)
    for _ in range(ROUNDS):
        purchase = earned(alice, one)
        void, *outcomes = at_once(
            tills,
            [
                [alice.void(purchase)],
                [alice.earn(other, 100, reference="R-2")],
                [alice.earn(third, 100, reference="R-2")],
            ],
        )
        assert isinstance(void, Receipt)
        credited = [o for o in outcomes if isinstance(o, Receipt)]
        assert len(credited) <= 1
        assert {o.code for o in outcomes if isinstance(o, DomainError)} <= {
            "reference_already_used"
        }
        for outcome in credited:
            alice.till.submit(alice.void(outcome.entry["id"]))
