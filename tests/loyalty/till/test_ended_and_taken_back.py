"""What has ended is gone: no void and no refund takes it off again; visits are paid back whole."""

from collections.abc import Iterator
from typing import Any

import pytest

from punchcard.db.database import Database
from punchcard.kit.clock import ManualClock, SystemClock
from punchcard.kit.ids import SystemIds
from punchcard.loyalty.errors.balances import StampsAlreadySpent
from tests.loyalty.till.merges.counter import HYBRID, balances, card_of, refused, told
from tests.support.audited_till_driver import audited_till_driver
from tests.support.drivers.rules import MONDAY
from tests.support.drivers.till import TillDriver

MONTH: dict[str, Any] = {"kind": "fixed", "months": 1, "round_to": "day"}


@pytest.fixture
def clock() -> ManualClock:
    """Stop the clock on a Monday morning."""
    return ManualClock(MONDAY)


@pytest.fixture
def alice(database: Database, clock: ManualClock) -> Iterator[TillDriver]:
    """Open Café Alice's counter; afterwards the books must be right."""
    with audited_till_driver(database, clock, SystemIds(SystemClock())) as counter:
        yield counter


def test_the_void_of_a_purchase_whose_points_have_ended_takes_nothing_else(
    alice: TillDriver, clock: ManualClock
) -> None:
    card = alice.card(alice.program(**HYBRID, points_expiry=MONTH))
    old = alice.till.submit(alice.earn(card, 700)).entry["id"]
    clock.advance(days=20)
    alice.till.submit(alice.earn(card, 500))
    clock.advance(days=20)
    void = alice.till.submit(alice.void(old))
    assert (void.card.points, void.card.lifetime_points) == (5, 5)
    assert void.entry["details"]["ended"] == [0, "7"]


def test_what_was_spent_before_it_could_end_is_taken_back(
    alice: TillDriver, clock: ManualClock
) -> None:
    card = alice.card(alice.program(**HYBRID, points_expiry=MONTH, void_policy="allow_negative"))
    old = alice.till.submit(alice.earn(card, 700)).entry["id"]
    alice.till.submit(alice.redeem_points(card, 4))
    clock.advance(days=40)
    assert alice.till.submit(alice.void(old)).card.points == -4


def test_what_ended_is_held_against_no_reward_that_comes_back(
    alice: TillDriver, clock: ManualClock
) -> None:
    card = alice.card(alice.program(**HYBRID, points_expiry=MONTH))
    old = alice.till.submit(alice.earn(card, 700)).entry["id"]
    clock.advance(days=25)
    alice.till.submit(alice.earn(card, 900))
    clock.advance(days=15)
    spent = alice.till.submit(alice.redeem_points(card, 6)).entry["id"]
    alice.till.submit(alice.void(old))
    assert alice.till.submit(alice.void(spent)).card.points == 9


def test_a_visit_that_puts_off_the_end_keeps_points_alive_for_a_void(
    alice: TillDriver, clock: ManualClock
) -> None:
    card = alice.card(alice.program(**HYBRID, points_expiry={**MONTH, "kind": "inactivity"}))
    old = alice.till.submit(alice.earn(card, 700)).entry["id"]
    clock.advance(days=20)
    alice.till.submit(alice.earn(card, 500))
    clock.advance(days=20)
    assert alice.till.submit(alice.void(old)).card.points == 5


@pytest.mark.parametrize("parts", [(300, 400), (400, 300)])
def test_refunds_around_the_end_take_back_once_in_any_order(
    alice: TillDriver, clock: ManualClock, parts: tuple[int, int]
) -> None:
    card = alice.card(alice.program(**HYBRID, points_expiry=MONTH))
    old = alice.till.submit(alice.earn(card, 700)).entry["id"]
    clock.advance(days=20)
    alice.till.submit(alice.earn(card, 500))
    alice.till.submit(alice.refund(old, parts[0], refund_reference="a"))
    clock.advance(days=20)
    alice.till.submit(alice.refund(old, parts[1], refund_reference="b"))
    assert (card_of(alice, card).points, card_of(alice, card).lifetime_points) == (5, 5)


def test_stamps_that_have_ended_are_not_taken_again(alice: TillDriver, clock: ManualClock) -> None:
    card = alice.card(alice.program(**HYBRID, stamps_expiry=MONTH))
    old = alice.till.submit(alice.stamp(card, 3)).entry["id"]
    clock.advance(days=20)
    alice.till.submit(alice.stamp(card, 2))
    clock.advance(days=20)
    assert alice.till.submit(alice.void(old)).card.stamps == 2


def test_a_visit_that_is_paid_back_whole_gives_back_its_stamps(alice: TillDriver) -> None:
    card = alice.card(alice.program(**HYBRID))
    visit = alice.till.submit(alice.visit(card, amount_minor=1000, stamps=3)).entry["id"]
    alice.till.submit(alice.refund(visit, 400, refund_reference="a"))
    assert balances(alice, card) == [(3, 6)]
    last = alice.till.submit(alice.refund(visit, 600, refund_reference="b"))
    assert balances(alice, card) == [(0, 0)]
    entry = told(alice, last.entry["id"])
    assert entry.details is not None
    assert (entry.stamps_delta, entry.details["refunded_stamps"]) == (-3, 3)
    assert last.card.lifetime_stamps == 0


def test_stamps_of_a_visit_that_were_spent_are_up_to_the_policy(alice: TillDriver) -> None:
    for policy, left in (("clamp", 0), ("allow_negative", -10)):
        card = alice.card(alice.program(**HYBRID, void_policy=policy))
        visit = alice.till.submit(alice.visit(card, amount_minor=1000, stamps=10)).entry["id"]
        eaten = alice.till.submit(alice.redeem_stamps(card)).entry["id"]
        alice.till.submit(alice.refund(visit, 1000, refund_reference=policy))
        assert balances(alice, card) == [(left, 0)]
        # What was forgiven comes back to nobody.
        alice.till.submit(alice.void(eaten))
        assert balances(alice, card) == [(0, 0)]
    card = alice.card(alice.program(**HYBRID, void_policy="refuse"))
    visit = alice.till.submit(alice.visit(card, amount_minor=1000, stamps=10)).entry["id"]
    alice.till.submit(alice.redeem_stamps(card))
    refusal = refused(alice, alice.refund(visit, 1000, refund_reference="r"))
    assert isinstance(refusal, StampsAlreadySpent)
