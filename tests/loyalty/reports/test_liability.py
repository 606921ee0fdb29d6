"""What a shop owes its cards: tied to the ledger to the point, and told by when it ends."""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from punchcard.context import Context
from punchcard.kit.clock import ManualClock
from punchcard.kit.errors import InvalidInput
from punchcard.loyalty.models import LoyaltyProgram
from punchcard.loyalty.operations import Actor, OperationMetadata
from punchcard.loyalty.reports.liability_service import Liability, days_of, liability
from punchcard.loyalty.tables import CARDS
from punchcard.loyalty.till import points_service
from punchcard.loyalty.vocabulary import ActorKind
from tests.loyalty import shelf
from tests.support.cast import Shop


@pytest.fixture
def by_till(alice: Shop) -> OperationMetadata:
    """Say who asks."""
    return {"vendor_id": alice.id, "actor": Actor(ActorKind.SYSTEM, None)}


def points_shop(alice: Shop, **fields: Any) -> LoyaltyProgram:
    rules = {
        "type": "points",
        "status": "active",
        "pin_policy": "off",
        "points_expiry": {"kind": "fixed", "months": 2, "round_to": "month_end"},
    }
    return shelf.program(alice, **{**rules, **fields})


def owed(context: Context, program: LoyaltyProgram, first: date, last: date) -> Liability:
    with context.database.read() as session:
        kept = session.get_one(LoyaltyProgram, program.id)
        return liability(session, kept, first=first, last=last)


def test_opening_and_movements_come_to_what_the_cards_have(
    context: Context, alice: Shop, by_till: OperationMetadata, clock: ManualClock
) -> None:
    program, till = points_shop(alice), context.loyalty.till
    cards = [shelf.opened_card(alice, program) for _ in range(3)]
    first = clock.now().date()
    for card in cards:
        points_service.earn_points(till, card, amount_minor=10_000, **by_till)
    clock.advance(days=1)
    points_service.redeem_points(till, cards[0], reward_id=None, points=30, **by_till)
    points_service.adjust_points(
        till, cards[1], points_delta=-10, reason="wrong", limit_points=100, **by_till
    )
    bought = points_service.earn_points(till, cards[2], amount_minor=5000, **by_till)
    points_service.refund_points(
        till, bought.entry["id"], amount_minor=2000, refund_reference="r", **by_till
    )
    today = clock.now().date()

    found = owed(context, program, today, today)

    assert (found.opening, found.closing) == (300, 300 - 30 - 10 + 50 - 20)
    assert found.movements["points_refunded"] == 20
    with context.database.read_connection() as connection:
        assert found.closing == connection.scalar(select(func.sum(CARDS.c.points)))
    before = owed(context, program, first, first)
    assert (before.opening, before.closing) == (0, 300)


def test_points_are_told_by_the_month_they_end_in(
    context: Context, alice: Shop, by_till: OperationMetadata, clock: ManualClock
) -> None:
    program, till = points_shop(alice), context.loyalty.till
    card = shelf.opened_card(alice, program)
    points_service.earn_points(till, card, amount_minor=10_000, **by_till)
    ends = points_service.earn_points(till, card, amount_minor=100, **by_till).card.expiring
    today = clock.now().date()

    found = owed(context, program, today, today)

    month = date.fromisoformat(ends[0][1]).replace(day=1)
    assert [(one.month, one.points) for one in found.ending] == [(month, 101)]


def test_what_ends_is_told_as_of_the_evening_of_a_day_of_the_shop(
    context: Context, alice: Shop, by_till: OperationMetadata, clock: ManualClock
) -> None:
    program, till = points_shop(alice), context.loyalty.till
    card = shelf.opened_card(alice, program)

    def earn(amount_minor: int) -> date:
        after = points_service.earn_points(till, card, amount_minor=amount_minor, **by_till).card
        return date.fromisoformat(after.expiring[-1][1]).replace(day=1)

    months = [earn(1000)]
    clock.set(datetime(2026, 3, 31, 21, 59, 59, tzinfo=UTC))
    points_service.redeem_points(till, card, reward_id=None, points=4, **by_till)
    evening = clock.now()
    clock.advance(seconds=1)
    months.append(earn(2000))
    day = evening.astimezone(ZoneInfo(program.timezone)).date()
    assert months[0] != months[1]

    before, after = (
        owed(context, program, day, last).ending for last in (day, day + timedelta(days=1))
    )

    assert [(one.month, one.points) for one in before] == [(months[0], 6)]
    assert [(one.month, one.points) for one in after] == [(months[0], 6), (months[1], 20)]


def test_what_has_ended_is_gone_and_counts_in_the_expected_share(
    context: Context, alice: Shop, by_till: OperationMetadata, clock: ManualClock
) -> None:
    program, till = points_shop(alice), context.loyalty.till
    shelf.reward(alice, program.id, points_required=100, value_minor=400)
    shelf.reward(alice, program.id, points_required=50, value_minor=250)
    card = shelf.opened_card(alice, program)
    points_service.earn_points(till, card, amount_minor=10_000, **by_till)
    points_service.redeem_points(till, card, reward_id=None, points=75, **by_till)
    clock.advance(days=120)
    points_service.earn_points(till, card, amount_minor=4000, **by_till)
    today = clock.now().date()

    found = owed(context, program, today - timedelta(days=200), today)

    assert found.movements["points_expired"] == 25
    assert (found.closing, found.value_per_point) == (40, Fraction(5))
    assert found.redeemed_share == Fraction(3, 4)
    assert (found.gross_minor, found.expected_minor) == (200, 150)


def test_pending_points_are_owed_as_well(
    context: Context, alice: Shop, by_till: OperationMetadata, clock: ManualClock
) -> None:
    program = points_shop(alice, points_expiry=None, points_activation_days=14)
    card = shelf.opened_card(alice, program)
    points_service.earn_points(context.loyalty.till, card, amount_minor=700, **by_till)
    today = clock.now().date()

    found = owed(context, program, today, today)

    assert (found.closing, found.pending, found.value_per_point) == (7, 7, None)
    assert found.gross_minor is None


def test_days_run_from_the_first_of_january_to_today(alice: Shop, clock: ManualClock) -> None:
    program = points_shop(alice)
    today = clock.now().date()
    days = days_of(program, clock.now(), None, None)
    assert (days.first, days.last) == (date(today.year, 1, 1), today)
    with pytest.raises(InvalidInput):
        days_of(program, clock.now(), date(2026, 2, 1), date(2026, 1, 1))
