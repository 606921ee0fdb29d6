"""What a plan limits beside cards: refused when it is new, whoever asks at the same moment."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select, text

from punchcard.accounts import location_service, user_service
from punchcard.accounts.audit_service import list_events
from punchcard.accounts.models import Vendor
from punchcard.accounts.plans import month_counts, plan_service
from punchcard.accounts.plans.errors import PlanInUse, PlanLimitReached, PlanNameTaken
from punchcard.accounts.plans.models import VendorPlan
from punchcard.accounts.vocabulary import Role
from punchcard.context import Context
from punchcard.kit.errors import InvalidInput
from punchcard.loyalty.programs import plan_changes, program_service
from punchcard.loyalty.vocabulary import ProgramStatus
from tests.connect import webhook_shop
from tests.loyalty import shelf
from tests.support.cast import Shop, by_operator, open_shop
from tests.support.plans_given import give_plan, make_plan, open_cards
from tests.support.waiting import wait_until


def add_location(shop: Shop, name: str) -> None:
    with shop.context.database.write() as session:
        location_service.create_location(session, by_operator(shop.context), shop.id, name=name)


def refused(do: Callable[[], Any]) -> dict[str, Any]:
    with pytest.raises(PlanLimitReached) as found:
        do()
    return dict(found.value.facts)


def test_each_limit_refuses_one_more_and_says_which(alice: Shop) -> None:
    program = shelf.program(alice, status="active")
    shelf.pin(alice)
    webhook_shop.endpoint(alice)
    give_plan(alice, locations=1, users=1, staff_pins=1, programs=1, webhook_endpoints=1)
    assert refused(lambda: add_location(alice, "The kiosk")) == {"limit": "locations", "maximum": 1}
    assert refused(lambda: alice.hire(Role.STAFF)) == {"limit": "users", "maximum": 1}
    found = refused(lambda: shelf.pin(alice, "5937", "Ben"))
    assert found == {"limit": "staff_pins", "maximum": 1}
    assert refused(lambda: shelf.program(alice, name="Tea")) == {"limit": "programs", "maximum": 1}
    found = refused(lambda: webhook_shop.endpoint(alice))
    assert found == {"limit": "webhook_endpoints", "maximum": 1}
    assert program.status == ProgramStatus.ACTIVE


def test_what_is_given_up_makes_room(alice: Shop) -> None:
    first = shelf.program(alice, status="active")
    give_plan(alice, programs=1)
    act = by_operator(alice.context)
    with alice.context.database.write() as session:
        program_service.deactivate_program(session, act, alice.id, first.id)
    second = shelf.program(alice, name="Tea", status="active")
    with pytest.raises(PlanLimitReached), alice.context.database.write() as session:
        program_service.activate_program(session, act, alice.id, first.id)
    with alice.context.database.write() as session:
        program_service.delete_program(session, act, alice.id, second.id)
        program_service.activate_program(session, act, alice.id, first.id)


def test_the_last_place_is_given_once(alice: Shop) -> None:
    give_plan(alice, locations=4)

    def one(number: int) -> str:
        try:
            add_location(alice, f"Stall {number}")
        except PlanLimitReached:
            return "refused"
        return "done"

    with ThreadPoolExecutor(8) as threads:
        became = list(threads.map(one, range(8)))
    assert sorted(became) == ["done"] * 3 + ["refused"] * 5


def test_new_vendors_get_the_default_plan_and_others_keep_theirs(
    alice: Shop, context: Context
) -> None:
    first = make_plan(alice, "First", locations=1, is_default=True)
    assert plan_id_of(open_shop(context, "chez-carla", "Chez Carla")) == first
    second = make_plan(alice, "Second", is_default=True)
    assert plan_id_of(open_shop(context, "chez-dan", "Chez Dan")) == second
    assert plan_id_of(alice) is None
    with context.database.read() as session:
        defaults = [one.name for one in plan_service.list_plans(session, limit=9) if one.is_default]
    assert defaults == ["Second"]


def plan_id_of(shop: Shop) -> str | None:
    with shop.context.database.read() as session:
        plan = plan_service.plan_of(session, shop.id)
        return plan.id if plan else None


def test_a_plan_that_vendors_have_stays(alice: Shop) -> None:
    plan = give_plan(alice, cards=5)
    act = by_operator(alice.context)
    with pytest.raises(PlanInUse) as found, alice.context.database.write() as session:
        plan_service.delete_plan(session, act, plan.id)
    assert found.value.facts == {"vendors": 1}
    with alice.context.database.write() as session:
        plan_changes.give_plan(session, act, alice.id, None)
        plan_service.delete_plan(session, act, plan.id)
    with alice.context.database.read() as session:
        assert plan_service.list_plans(session, limit=9) == []
        actions = [
            one.action for one in list_events(session, vendor_id=None, before_id=None, limit=4)
        ]
    told = ["plan.deleted", "vendor.plan_changed", "vendor.plan_changed", "plan.created"]
    assert actions == told


def test_two_plans_have_two_names_and_limits_have_bounds(alice: Shop) -> None:
    make_plan(alice, "Small")
    with pytest.raises(PlanNameTaken):
        make_plan(alice, "Small")
    for limits in ({"locations": 0}, {"users": 0}, {"cards": -1}, {"cards": 10**9 + 1}):
        with pytest.raises(InvalidInput):
            make_plan(alice, "Odd", **limits)


def test_cards_are_counted_anew_when_a_plan_is_given(alice: Shop) -> None:
    program = shelf.program(alice, status="active")
    shelf.opened_card(alice, program)
    # As a server of an older version does, which knows nothing of the count.
    shelf.card(alice, program)
    assert open_cards(alice) == 1
    give_plan(alice, cards=2)
    assert open_cards(alice) == 2
    with pytest.raises(PlanLimitReached):
        shelf.opened_card(alice, program)


def test_mails_that_nobody_asked_for_end_with_the_months_plan(alice: Shop) -> None:
    give_plan(alice, mails_per_month=2)
    context, now = alice.context, alice.context.clock.now()
    for is_left in (True, True, False):
        with context.database.write() as session:
            assert month_counts.may_mail(session, alice.id, now) is is_left
            month_counts.count_mail(session, alice.id, now)
    with context.database.write() as session:
        next_month = now.replace(month=now.month + 1)
        assert month_counts.may_mail(session, alice.id, next_month)


def test_a_first_owner_and_a_first_location_fit_every_plan(alice: Shop, context: Context) -> None:
    make_plan(alice, "Smallest", cards=0, locations=1, users=1, programs=0, is_default=True)
    shop = open_shop(context, "chez-carla", "Chez Carla")
    with context.database.read() as session:
        assert len(user_service.list_users(session, shop.id, after_id=None, limit=9)) == 1


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize(
    "change",
    [
        lambda shop: give_plan(shop, "Large", cards=9),
        webhook_shop.endpoint,
        lambda shop: add_location(shop, "The kiosk"),
        lambda shop: shelf.program(shop, name="Tea"),
    ],
    ids=["plan", "webhook", "location", "program"],
)
def test_whoever_waits_for_a_shops_plan_holds_nothing_that_a_new_card_needs(
    alice: Shop, change: Callable[[Shop], Any]
) -> None:
    """A till holds the plan's row when it writes a card, which names the shop: else each waits."""
    give_plan(alice, cards=9, locations=9, programs=9, webhook_endpoints=9)
    database = alice.context.database
    with ThreadPoolExecutor(1) as thread:
        with database.write() as till:
            own = select(VendorPlan).where(VendorPlan.vendor_id == alice.id)
            till.execute(own.with_for_update())
            changing = thread.submit(change, alice)
            wait_until(lambda: waits_for_a_lock(alice.context) or changing.done())
            named = select(Vendor.id).where(Vendor.id == alice.id)
            assert till.scalars(named.with_for_update(read=True, key_share=True, nowait=True)).one()
        changing.result()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_default_plan_that_is_deleted_as_a_shop_opens_is_nobodys(
    alice: Shop, context: Context
) -> None:
    plan_id = make_plan(alice, is_default=True)
    with ThreadPoolExecutor(1) as thread:
        with context.database.write() as session:
            plan_service.delete_plan(session, by_operator(context), plan_id)
            opening = thread.submit(open_shop, context, "chez-carla", "Chez Carla")
            wait_until(lambda: waits_for_a_lock(context) or opening.done())
        bakery = opening.result()
    with context.database.read() as session:
        assert plan_service.plan_of(session, bakery.id) is None


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("is_there", [False, True], ids=["made", "changed"])
def test_of_two_default_plans_at_once_the_later_is_the_default_one(
    context: Context, *, is_there: bool
) -> None:
    act = by_operator(context)
    late: dict[str, Any] = {"name": "Late", "is_default": True}
    with context.database.write() as session:
        plan_id = plan_service.create_plan(session, act, {"name": "Late"}).id if is_there else None

    def be_default_too() -> None:
        with context.database.write() as session:
            if plan_id:
                plan_service.update_plan(session, act, plan_id, late)
            else:
                plan_service.create_plan(session, act, late)

    with ThreadPoolExecutor(1) as thread:
        with context.database.write() as session:
            plan_service.create_plan(session, act, {"name": "Early", "is_default": True})
            second = thread.submit(be_default_too)
            wait_until(lambda: waits_for_a_lock(context) or second.done())
        second.result()
    with context.database.read() as session:
        plans = plan_service.list_plans(session, limit=9)
    assert {plan.name: plan.is_default for plan in plans} == {"Early": False, "Late": True}


def waits_for_a_lock(context: Context) -> bool:
    """Return whether another connection to the database waits for a lock."""
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    with context.database.read_connection() as connection:
        return bool(connection.scalar(waiting))
