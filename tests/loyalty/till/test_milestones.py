"""Milestones at the till: given once a card and lap, whoever asks at the same moment."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Barrier

import pytest

from punchcard.db.database import Database
from punchcard.kit.clock import ManualClock
from punchcard.kit.errors import DomainError
from punchcard.kit.ids import CardId, EntryId, ProgramId, SystemIds
from punchcard.loyalty.errors.balances import MilestoneAlreadyClaimed
from punchcard.loyalty.till.batch import Outcome
from punchcard.loyalty.till.receipt import Receipt
from punchcard.loyalty.till.till import Till
from tests.support.audited_till_driver import audited_till_driver
from tests.support.drivers.till import TillDriver, open_till

TILLS, ROUNDS = 4, 5


@pytest.fixture
def alice(database: Database, clock: ManualClock, ids: SystemIds) -> Iterator[TillDriver]:
    """Open Café Alice's counter; afterwards the books must be right, whatever was done."""
    with audited_till_driver(database, clock, ids) as counter:
        yield counter


def ladder(alice: TillDriver) -> ProgramId:
    """Open a coffee card of ten with a cookie at three stamps and a croissant at six."""
    return alice.program(
        stamp_rewards=[
            {"at": 3, "name": "A cookie", "value_minor": 150},
            {"at": 6, "name": "A croissant"},
            {"at": 10, "name": "A coffee", "value_minor": 350},
        ],
        cooldown_minutes=0,
        max_daily_stamps=50,
    )


def stamped(alice: TillDriver, stamps: int) -> CardId:
    card = alice.card(ladder(alice))
    alice.till.submit(alice.stamp(card, stamps))
    return card


def entry_of(outcome: Outcome) -> EntryId:
    assert isinstance(outcome, Receipt), outcome
    return EntryId(outcome.entry["id"])


def test_a_card_goes_lap_by_lap(alice: TillDriver) -> None:
    card = stamped(alice, 13)
    cookie = alice.till.submit(alice.redeem_stamps(card, milestone=3))
    assert cookie.entry["reward"]["name"] == "A cookie"
    assert [(one.at, one.state) for one in cookie.card.milestones] == [
        (3, "claimed"),
        (6, "ready"),
        (10, "ready"),
    ]
    coffee = alice.till.submit(alice.redeem_stamps(card))
    assert (coffee.card.stamps, coffee.card.lap) == (3, 2)
    assert coffee.card.kept_milestones == ((1, 6),)
    assert [one.state for one in coffee.card.milestones] == ["ready", "ahead", "ahead"]
    assert coffee.card.rewards_ready == 2


def test_a_receipt_tells_the_same_again_after_others_came_between(alice: TillDriver) -> None:
    card = stamped(alice, 10)
    claim = alice.redeem_stamps(card, milestone=3, idempotency_key="cookie")
    first = alice.till.submit(claim)
    alice.till.submit(alice.redeem_stamps(card))
    again = alice.till.submit(claim)
    assert again.is_replay
    told = ("lap", "milestones", "kept_milestones", "ready", "rewards_ready")
    assert [getattr(again.card, name) for name in told] == [
        getattr(first.card, name) for name in told
    ]


def test_a_replayed_receipt_of_a_card_with_one_reward_tells_its_milestone(
    alice: TillDriver,
) -> None:
    card = alice.card(alice.program(stamps_target=2, cooldown_minutes=0))
    asked = alice.stamp(card, 2, idempotency_key="full")
    first = alice.till.submit(asked)
    alice.till.submit(alice.redeem_stamps(card))
    assert [tuple(one) for one in first.card.milestones] == [(2, "ready")]
    assert alice.till.submit(asked).card.milestones == first.card.milestones


def test_the_void_of_an_exchange_brings_back_the_lap_with_its_claims(alice: TillDriver) -> None:
    card = stamped(alice, 13)
    alice.till.submit(alice.redeem_stamps(card, milestone=3))
    coffee = entry_of(alice.till.submit(alice.redeem_stamps(card)))
    alice.till.submit(alice.redeem_stamps(card, milestone=3))
    back = alice.till.submit(alice.void(coffee)).card
    assert (back.stamps, back.lap, back.kept_milestones) == (13, 1, ())
    assert [one.state for one in back.milestones] == ["claimed", "ready", "ready"]
    second = alice.till.submit(alice.redeem_stamps(card)).card
    assert [one.state for one in second.milestones] == ["claimed", "ahead", "ahead"]


def test_a_list_claims_voids_and_claims_again(alice: TillDriver) -> None:
    card = stamped(alice, 4)
    cookie = entry_of(alice.till.submit(alice.redeem_stamps(card, milestone=3)))
    outcomes = alice.till.submit_all(
        [
            alice.redeem_stamps(card, milestone=3),
            alice.void(cookie),
            alice.redeem_stamps(card, milestone=3),
            alice.redeem_stamps(card, milestone=6),
        ]
    )
    assert [o.code if isinstance(o, DomainError) else o.entry["type"] for o in outcomes] == [
        "milestone_already_claimed",
        "voided",
        "stamps_redeemed",
        "not_enough_stamps",
    ]


def test_tills_that_give_one_milestone_at_once_give_it_once(
    alice: TillDriver, database: Database, clock: ManualClock, ids: SystemIds
) -> None:
    """As several servers on one database: nothing but the database knows of the others."""
    program = ladder(alice)
    cards = alice.cards(program, ROUNDS)
    alice.till.submit_all([alice.stamp(card, 3) for card in cards])
    with ExitStack() as opened, ThreadPoolExecutor(TILLS) as pool:
        tills = [
            opened.enter_context(open_till(database, clock=clock, ids=ids)) for _ in range(TILLS)
        ]
        together = Barrier(TILLS)

        def claim(till: Till, card: CardId) -> Outcome:
            together.wait(timeout=10)
            [outcome] = till.submit_all([alice.redeem_stamps(card, milestone=3)])
            return outcome

        for card in cards:
            outcomes = [ask.result() for ask in [pool.submit(claim, till, card) for till in tills]]
            refused = [o for o in outcomes if isinstance(o, MilestoneAlreadyClaimed)]
            assert len(refused) == TILLS - 1, outcomes


def test_stamps_with_an_end_are_booked_when_it_came(alice: TillDriver, clock: ManualClock) -> None:
    program = alice.program(
        stamps_target=3, stamps_expiry={"kind": "fixed", "months": 1}, cooldown_minutes=0
    )
    card = alice.card(program)
    alice.till.submit(alice.stamp(card, 2))
    clock.advance(days=20)
    alice.till.submit(alice.stamp(card))
    clock.advance(days=20)
    after = alice.till.submit(alice.stamp(card)).card
    assert after.stamps == 2
    clock.advance(days=60)
    assert alice.till.submit(alice.stamp(card)).card.stamps == 1
