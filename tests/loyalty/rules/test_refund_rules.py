"""Refunds: what is left of a purchase has earned what it would have, in any order and size."""

from dataclasses import replace
from fractions import Fraction
from math import floor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from punchcard.kit.ids import EntryId, ProgramId
from punchcard.loyalty.errors.balances import PointsAlreadySpent
from punchcard.loyalty.errors.till import (
    AlreadyVoided,
    NotRefundable,
    PurchaseRefunded,
    RefundExceedsPurchase,
)
from punchcard.loyalty.operations import RefundPoints
from punchcard.loyalty.rules import decide
from punchcard.loyalty.rules.carry import held
from punchcard.loyalty.rules.promotions.promotion_offer import promotion_of
from punchcard.loyalty.rules.purchase_rules import Bonus, earned
from punchcard.loyalty.rules.values import CardState, EntryDraft, History, PastEntry, ProgramRules
from punchcard.loyalty.vocabulary import EntryType, PartKind
from tests.support.drivers.rules import ENTRY, MONDAY, PROGRAM, card, earn, points_program, void

PROMOTION = {"id": "spring", "version": 1}


def refund(amount_minor: int, reference: str = "B-1") -> RefundPoints:
    sample = void()
    return RefundPoints(
        vendor_id=sample.vendor_id,
        actor=sample.actor,
        transaction_id=EntryId(ENTRY),
        amount_minor=amount_minor,
        refund_reference=reference,
    )


def history_of(
    entry: EntryDraft, carry_delta: Fraction, refunded_minor: int = 0, **changes: Any
) -> History:
    past = PastEntry(
        id=EntryId(ENTRY),
        type=entry.type,
        program_id=ProgramId(PROGRAM),
        stamps_delta=entry.stamps_delta,
        points_delta=entry.points_delta,
        amount_minor=entry.amount_minor,
        reference=entry.reference,
        reward_id=None,
        reward=None,
        carry_delta=carry_delta,
        voided_by=None,
        details=entry.details,
        program_version=1,
    )
    return History(entry=replace(past, **changes), refunded_minor=refunded_minor)


def bought(
    program: ProgramRules, before: CardState, amount_minor: int
) -> tuple[CardState, History]:
    [(entry, after)] = decide(earn(amount_minor), program, before, MONDAY).steps
    carry = held(program, after) - held(program, before) - (after.points - before.points)
    return after, history_of(entry, carry)


def test_what_came_back_takes_its_points_along() -> None:
    rules = points_program()
    after, history = bought(rules, card(points=3), 1250)
    [(entry, rest)] = decide(refund(500), rules, after, MONDAY, history).steps
    assert (entry.type, entry.points_delta, entry.amount_minor) == ("points_refunded", -5, 500)
    assert entry.details == {"refunds": ENTRY, "refunded_points": "5", "lifetime": [0, -5, 0]}
    assert (rest.points, rest.points_carry, rest.lifetime_points) == (10, 50, 7)


def test_a_purchase_that_came_back_whole_leaves_nothing_behind() -> None:
    rules = points_program()
    after, history = bought(rules, card(points=3, points_carry=70), 1250)
    back = decide(refund(1250), rules, after, MONDAY, history).card
    assert (back.points, back.points_carry, back.lifetime_points) == (3, 70, 0)


def test_no_more_comes_back_than_was_paid_and_it_says_how_much_is_left() -> None:
    rules = points_program()
    after, history = bought(rules, card(), 1250)
    with pytest.raises(RefundExceedsPurchase) as refusal:
        decide(refund(700), rules, after, MONDAY, replace(history, refunded_minor=600))
    assert refusal.value.facts == {"refundable_minor": 650, "currency": "EUR"}


def test_below_the_minimum_what_is_left_earns_nothing() -> None:
    rules = points_program(minimum_purchase_minor=1000)
    after, history = bought(rules, card(), 1500)
    assert decide(refund(600), rules, after, MONDAY, history).card.points == 0


def test_below_the_minimum_a_promotion_adds_nothing_to_what_is_left() -> None:
    twice = promotion_of({"effect": {"kind": "multiply", "factor": "2.000"}, **PROMOTION})
    rules = points_program(minimum_purchase_minor=1000, promotions=(twice,))
    after, history = bought(rules, card(), 1500)
    assert after.points == 30
    assert decide(refund(500), rules, after, MONDAY, history).card.points == 20
    assert decide(refund(501), rules, after, MONDAY, history).card.points == 0


def test_what_is_left_of_a_point_is_told_in_the_parts_that_it_is_counted_in() -> None:
    more = promotion_of({"effect": {"kind": "multiply", "factor": "1.333"}, **PROMOTION})
    rules = points_program(promotions=(more,))
    after, history = bought(rules, card(), 250)
    [(entry, rest)] = decide(refund(100), rules, after, MONDAY, history).steps
    assert held(rules, rest) == Fraction("1.9995")
    assert (entry.details or {})["carry_parts"] == rest.carry_parts


def test_only_purchases_come_back_and_none_that_was_voided() -> None:
    rules = points_program()
    after, history = bought(rules, card(), 1250)
    assert history.entry is not None
    redeemed = replace(history.entry, type=EntryType.POINTS_REDEEMED, amount_minor=None)
    with pytest.raises(NotRefundable):
        decide(refund(100), rules, after, MONDAY, replace(history, entry=redeemed))
    voided = replace(history.entry, voided_by=EntryId(ENTRY))
    with pytest.raises(AlreadyVoided):
        decide(refund(100), rules, after, MONDAY, replace(history, entry=voided))


def test_what_came_back_in_part_is_not_voided_as_well() -> None:
    rules = points_program()
    after, history = bought(rules, card(), 1250)
    with pytest.raises(PurchaseRefunded) as refusal:
        decide(void(), rules, after, MONDAY, replace(history, refunded_minor=250))
    assert refusal.value.facts["refundable_minor"] == 1000


@pytest.mark.parametrize(
    ("policy", "points"), [("allow_negative", -5), ("clamp", 0), ("refuse", None)]
)
def test_spent_points_are_up_to_the_policy(policy: str, points: int | None) -> None:
    rules = points_program(void_policy=policy)
    after, history = bought(rules, card(), 1000)
    spent = after._replace(points=0)
    if points is None:
        with pytest.raises(PointsAlreadySpent):
            decide(refund(500), rules, spent, MONDAY, history)
        return
    decision = decide(refund(500), rules, spent, MONDAY, history)
    assert decision.card.points == points
    assert decision.steps[0][0].details == {
        "refunds": ENTRY,
        "refunded_points": "5",
        "lifetime": [0, -5, 0],
    }


def test_pending_points_of_the_purchase_go_first() -> None:
    rules = points_program(points_activation_days=14)
    after, history = bought(rules, card(points=9), 1000)
    back = decide(refund(400), rules, after, MONDAY, history).card
    assert (back.points, back.kept_standing.points_pending) == (9, 6)


@given(
    amounts=st.lists(st.integers(1, 5000), min_size=1, max_size=6),
    order=st.randoms(),
    rate=st.integers(1, 7),
    per=st.sampled_from([1, 7, 100, 1000]),
    carry=st.integers(0, 99),
)
def test_the_order_of_refunds_is_of_no_account(
    amounts: list[int], order: Any, rate: int, per: int, carry: int
) -> None:
    rules = points_program(
        points_per_currency_unit=rate, points_per_amount_minor=per, void_policy="allow_negative"
    )
    before = card(points=5, points_carry=carry % per, carry_parts=per)
    paid = sum(amounts) + 13

    def after(some: list[int]) -> tuple[int, Fraction, int]:
        moved, history = bought(rules, before, paid)
        done = 0
        for amount in some:
            moved = decide(
                refund(amount), rules, moved, MONDAY, replace(history, refunded_minor=done)
            ).card
            done += amount
        return moved.points, held(rules, moved), moved.lifetime_points

    mixed = list(amounts)
    order.shuffle(mixed)
    expected = held(rules, before) + Fraction(13 * rate, per)
    assert after(amounts) == after(mixed)
    assert after(amounts)[1] == expected
    assert after(amounts)[0] == floor(expected)


def test_a_promotion_that_needs_more_than_is_left_is_taken_back_whole() -> None:
    rules = points_program()
    double = Bonus(PartKind.PROMOTION, factor=Fraction(2), minimum_purchase_minor=1000)
    gift = Bonus(PartKind.PROMOTION, points=5, minimum_purchase_minor=0)
    earning = earned(1250, Fraction(1, 100), Fraction(0), [double, gift])
    assert [part["points"] for part in earning.parts] == [12, 13, 5]
    entry = EntryDraft(
        EntryType.POINTS_EARNED,
        points_delta=30,
        amount_minor=1250,
        details={"parts": earning.parts},
    )
    history = history_of(entry, Fraction(0))
    holder = card(points=30, lifetime_points=30)
    after = decide(refund(300), rules, holder, MONDAY, history).card
    # 9.50 at the plain rate, and the gift, which asks for no amount.
    assert held(rules, after) == 30 - (30 - Fraction(29, 2))
    nothing = decide(refund(1250), rules, holder, MONDAY, history).card
    assert nothing.points == 0
