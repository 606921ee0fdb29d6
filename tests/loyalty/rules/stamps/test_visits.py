"""Visits: the stamps and the points of one purchase in one entry, both or neither."""

from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest

from punchcard.kit.errors import InvalidInput
from punchcard.loyalty.errors.balances import (
    BalanceLimitReached,
    DailyStampLimitReached,
    LatePurchaseLimitReached,
    LateStampLimitReached,
    PointsAlreadySpent,
    PurchaseBelowMinimum,
    StampsAlreadySpent,
    StampTooSoon,
    VisitStampLimitReached,
)
from punchcard.loyalty.errors.programs import ProgramTypeMismatch
from punchcard.loyalty.operations import PurchaseItem
from punchcard.loyalty.rules import decide
from punchcard.loyalty.rules.dated.dates import Expiry
from punchcard.loyalty.rules.stamps.purchase_items import base_of
from punchcard.loyalty.rules.values import (
    BALANCE_LIMIT,
    CardState,
    History,
    PastEntry,
    ProgramRules,
)
from punchcard.loyalty.vocabulary import EntryType
from tests.support.drivers.rules import (
    MONDAY,
    card,
    past,
    points_program,
    program,
    stamp,
    visit,
    void,
)

YEAR = Expiry.parse({"kind": "fixed", "months": 12, "round_to": "day"})
LATTE = PurchaseItem("latte", 2)
BEANS = PurchaseItem("beans", 1, 1500)
WATER = PurchaseItem("water", 3)


def hybrid(**rules: Any) -> ProgramRules:
    return program(type="hybrid", **rules)


def test_a_visit_gives_a_stamp_and_points_in_one_entry() -> None:
    asked = visit(amount_minor=1250, reference="R-1")
    [(entry, after)] = decide(asked, hybrid(), card(), MONDAY).steps
    assert (entry.type, entry.stamps_delta, entry.points_delta) == ("visit_recorded", 1, 12)
    assert (entry.amount_minor, entry.reference, entry.details) == (1250, "R-1", None)
    assert (after.stamps, after.points, after.points_carry) == (1, 12, 50)
    assert (after.lifetime_stamps, after.lifetime_points) == (1, 12)
    assert (after.last_stamp_at, after.last_activity_at) == (MONDAY, MONDAY)


@pytest.mark.parametrize(
    ("rules", "asked", "stamps", "points"),
    [
        (hybrid(), {"amount_minor": 900, "stamps": 3}, 3, 9),
        (hybrid(), {"amount_minor": 900, "stamps": 0}, 0, 9),
        (hybrid(), {}, 1, 0),
        (program(), {"amount_minor": 900}, 1, 0),
        (points_program(), {"amount_minor": 900}, 0, 9),
    ],
)
def test_a_visit_gives_what_the_program_collects(
    rules: ProgramRules, asked: dict[str, Any], stamps: int, points: int
) -> None:
    after = decide(visit(**asked), rules, card(), MONDAY).card
    assert (after.stamps, after.points) == (stamps, points)


def test_stamps_follow_from_what_was_bought() -> None:
    rules = hybrid(stamps_per_item={"latte": 1, "beans": 2})
    [(entry, after)] = decide(visit(items=(LATTE, BEANS, WATER)), rules, card(), MONDAY).steps
    assert after.stamps == 4
    assert entry.details == {
        "items": [
            {"sku": "latte", "quantity": 2},
            {"sku": "beans", "quantity": 1, "amount_minor": 1500},
            {"sku": "water", "quantity": 3},
        ]
    }
    assert decide(stamp(items=(LATTE, WATER)), rules, card(), MONDAY).card.stamps == 2


def test_items_give_no_more_than_a_visit_may() -> None:
    rules = hybrid(stamps_per_item={"beans": 2}, max_stamps_per_visit=3)
    two = PurchaseItem("beans", 2)
    assert decide(visit(items=(two,)), rules, card(), MONDAY).card.stamps == 3
    for asked in (visit(stamps=4), stamp(4)):
        with pytest.raises(VisitStampLimitReached) as refusal:
            decide(asked, rules, card(), MONDAY)
        assert refusal.value.facts == {"max_stamps_per_visit": 3}


def test_a_purchase_without_an_item_that_counts_earns_points_alone() -> None:
    rules = hybrid(stamps_per_item={"beans": 2})
    [(entry, after)] = decide(visit(amount_minor=500, items=(WATER,)), rules, card(), MONDAY).steps
    assert (after.stamps, after.points, after.last_stamp_at) == (0, 5, None)
    assert entry.stamps_delta == 0
    for asked in (stamp(items=(WATER,)), visit(items=(WATER,))):
        with pytest.raises(InvalidInput):
            decide(asked, rules, card(), MONDAY)


@pytest.mark.parametrize(
    ("rules", "holder", "asked", "refusal"),
    [
        (hybrid(minimum_purchase_minor=500), card(), {"amount_minor": 499}, PurchaseBelowMinimum),
        (hybrid(), card(last_stamp_at=MONDAY), {"amount_minor": 500}, StampTooSoon),
        (hybrid(), card(), {"amount_minor": 500, "stamps": 6}, DailyStampLimitReached),
        (points_program(), card(), {"amount_minor": 500, "stamps": 1}, ProgramTypeMismatch),
        (points_program(), card(), {}, InvalidInput),
        (hybrid(), card(), {"stamps": 0}, InvalidInput),
    ],
)
def test_what_refuses_one_half_refuses_the_visit(
    rules: ProgramRules, holder: CardState, asked: dict[str, Any], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        decide(visit(**asked), rules, holder, MONDAY)


def test_a_late_visit_is_held_against_both_limits() -> None:
    asked = visit(amount_minor=500, occurred_at=MONDAY - timedelta(hours=1))
    with pytest.raises(LateStampLimitReached):
        decide(asked, hybrid(), card(), MONDAY, History(recorded_stamps=10, late_purchases=0))
    with pytest.raises(LatePurchaseLimitReached):
        decide(asked, hybrid(), card(), MONDAY, History(recorded_stamps=0, late_purchases=20))
    assert decide(asked, hybrid(), card(), MONDAY, History(recorded_stamps=9)).card.stamps == 1


def test_a_late_visit_without_a_stamp_is_no_matter_of_stamps() -> None:
    asked = visit(amount_minor=500, stamps=0, occurred_at=MONDAY - timedelta(hours=1))
    after = decide(asked, hybrid(), card(), MONDAY, History(recorded_stamps=11)).card
    assert (after.stamps, after.points) == (0, 5)


def test_a_visit_tells_its_own_stamps_whatever_part_of_a_point_was_carried() -> None:
    """Limits and tiers count what the entry says that the visit gave by itself."""
    carries = card(points_carry=1, carry_parts=800)
    [(entry, after)] = decide(visit(amount_minor=500, stamps=2), hybrid(), carries, MONDAY).steps
    assert base_of(entry.stamps_delta, entry.details) == 2
    assert (after.stamps, after.points, after.points_carry) == (2, 5, 1)


def taken(entry: Any, **more: Any) -> PastEntry:
    facts = {n: getattr(entry, n) for n in ("stamps_delta", "points_delta", "details")}
    return past(EntryType.VISIT_RECORDED, amount_minor=entry.amount_minor, **facts, **more)


def test_a_voided_visit_takes_both_halves_back() -> None:
    rules = hybrid(stamps_expiry=YEAR, points_expiry=YEAR, void_policy="refuse")
    before = card(points=3, stamps=2)
    [(entry, after)] = decide(visit(amount_minor=1250), rules, before, MONDAY).steps
    given = taken(entry, carry_delta=Fraction(1, 2))
    [(reversal, restored)] = decide(void(), rules, after, MONDAY, History(entry=given)).steps
    assert (reversal.stamps_delta, reversal.points_delta) == (-1, -12)
    assert reversal.details == {"lots": [["2027-03-02", -12]], "stamp_lots": [["2027-03-02", -1]]}
    assert (restored.stamps, restored.points, restored.points_carry) == (2, 3, 0)
    assert (restored.lifetime_stamps, restored.lifetime_points) == (0, 0)
    assert (restored.standing, restored.last_stamp_at) == (None, None)


@pytest.mark.parametrize(
    ("holder", "refusal"),
    [
        (card(stamps=0, points=50), StampsAlreadySpent),
        (card(stamps=9, points=4), PointsAlreadySpent),
    ],
)
def test_a_visit_of_which_one_half_is_spent_stays_where_the_program_refuses(
    holder: CardState, refusal: type[Exception]
) -> None:
    given = past(EntryType.VISIT_RECORDED, stamps_delta=1, points_delta=12, amount_minor=1250)
    with pytest.raises(refusal):
        decide(void(), hybrid(void_policy="refuse"), holder, MONDAY, History(entry=given))


def test_a_visit_without_an_amount_counts_the_carry_in_the_parts_of_today() -> None:
    holder = card(points_carry=25, carry_parts=100)
    [(entry, after)] = decide(visit(), hybrid(points_per_amount_minor=1000), holder, MONDAY).steps
    assert (after.points_carry, after.carry_parts, entry.details) == (250, 1000, None)
    [(entry, after)] = decide(visit(), hybrid(points_per_amount_minor=3), holder, MONDAY).steps
    assert (after.points_carry, entry.details) == (3, {"carry_parts": 12})


def test_limits_count_what_promotions_did_not_add() -> None:
    assert base_of(3, None) == 3
    assert base_of(3, {"parts": [{"stamps": 1}, {"stamps": 2}]}) == 1


def test_a_visit_puts_no_more_points_on_a_card_than_it_can_hold() -> None:
    full = card(points=BALANCE_LIMIT)
    with pytest.raises(BalanceLimitReached):
        decide(visit(amount_minor=1000), program(type="hybrid"), full, MONDAY)
