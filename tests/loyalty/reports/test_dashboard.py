"""The dashboard: all programs of a shop together, what rewards were worth when they were given."""

from datetime import date, datetime
from typing import Any

import pytest

from punchcard.accounts.subjects import SYSTEM
from punchcard.kit.clock import ManualClock
from punchcard.kit.ids import CardId
from punchcard.loyalty.models import LoyaltyProgram
from punchcard.loyalty.operations import (
    Actor,
    AddStamp,
    CardKey,
    CardRef,
    EarnPoints,
    RedeemStamps,
)
from punchcard.loyalty.programs import program_service
from punchcard.loyalty.reports.dashboard_service import Dashboard, vendor_dashboard
from punchcard.loyalty.vocabulary import ActorKind
from tests.loyalty import shelf
from tests.support.cast import Shop, by_operator
from tests.support.statements import counted_statements


def do(shop: Shop, kind: Any, card_id: CardId, **fields: Any) -> None:
    card = CardRef(CardKey.ID, card_id)
    actor = Actor(ActorKind(SYSTEM.kind), None)
    shop.context.loyalty.till.submit(kind(vendor_id=shop.id, actor=actor, card=card, **fields))


def coffee_and_its_reward(shop: Shop, program: LoyaltyProgram) -> None:
    card = CardId(shelf.opened_card(shop, program))
    do(shop, AddStamp, card, quantity=3)
    do(shop, RedeemStamps, card)


def seen(shop: Shop) -> Dashboard:
    context = shop.context
    with context.database.read() as session:
        return vendor_dashboard(session, shop.id, now=context.clock.now())


@pytest.fixture
def coffee(alice: Shop) -> LoyaltyProgram:
    return shelf.program(alice, **shelf.HYBRID)


def test_programs_are_added_up_and_currencies_kept_apart(
    alice: Shop, bob: Shop, coffee: LoyaltyProgram
) -> None:
    coffee_and_its_reward(alice, coffee)
    swiss = shelf.program(alice, **shelf.HYBRID, currency="CHF")
    do(alice, EarnPoints, CardId(shelf.opened_card(alice, swiss)), amount_minor=1250)
    coffee_and_its_reward(bob, shelf.program(bob, **shelf.HYBRID))
    dashboard = seen(alice)
    assert (dashboard.members, dashboard.active_members) == (2, 2)
    month = dashboard.month
    assert (month["stamps_earned"], month["points_earned"], month["rewards_redeemed"]) == (3, 12, 1)
    given = [(m.currency, m.reward_value_minor) for m in dashboard.month_money]
    assert given == [("CHF", 0), ("EUR", 350)]


def test_a_reward_that_grows_dearer_changes_nothing_that_was_given(
    alice: Shop, coffee: LoyaltyProgram
) -> None:
    coffee_and_its_reward(alice, coffee)
    dearer = {"stamp_reward": {"name": "A coffee", "value_minor": 900}}
    with alice.context.database.write() as session:
        program_service.update_program(
            session, by_operator(alice.context), alice.id, coffee.id, dearer
        )
    coffee_and_its_reward(alice, coffee)
    assert [m.reward_value_minor for m in seen(alice).all_time_money] == [350 + 900]


def test_the_month_begins_at_midnight_where_the_shop_is(
    alice: Shop, coffee: LoyaltyProgram, clock: ManualClock
) -> None:
    clock.set(datetime.fromisoformat("2026-03-31T21:59:00+00:00"))
    coffee_and_its_reward(alice, coffee)
    assert seen(alice).month["rewards_redeemed"] == 1
    clock.set(datetime.fromisoformat("2026-03-31T22:01:00+00:00"))
    dashboard = seen(alice)
    assert dashboard.today == date(2026, 4, 1)
    assert dashboard.month["rewards_redeemed"] == 0
    assert dashboard.all_time["rewards_redeemed"] == 1


def test_the_chart_holds_ninety_days_also_of_a_shop_without_programs(alice: Shop) -> None:
    dashboard = seen(alice)
    assert len(dashboard.days) == 90
    assert dashboard.days[-1][0] == dashboard.today
    assert dashboard.all_time_money == []


def test_the_ledger_is_not_read(alice: Shop, coffee: LoyaltyProgram) -> None:
    coffee_and_its_reward(alice, coffee)
    with alice.context.database.read() as session, counted_statements(session) as statements:
        vendor_dashboard(session, alice.id, now=alice.context.clock.now())
    assert not [one for one in statements if "loyalty_transactions" in one]
    assert len(statements) <= 8
