"""Short ways to give a shop a plan."""

from typing import Any

from sqlalchemy import select

from punchcard.accounts.plans import plan_service
from punchcard.accounts.plans.models import Plan, VendorPlan
from punchcard.kit.ids import PlanId, VendorId
from punchcard.loyalty.programs import plan_changes
from tests.support.cast import Shop, by_operator


def make_plan(shop: Shop, name: str = "Small", **limits: Any) -> PlanId:
    """Make a plan with these limits, and no others; returns its id."""
    with shop.context.database.write() as session:
        fields = {"name": name, **limits}
        return plan_service.create_plan(session, by_operator(shop.context), fields).id


def give_plan(shop: Shop, name: str = "Small", **limits: Any) -> Plan:
    """Give a shop a plan of its own with these limits."""
    plan_id = make_plan(shop, name, **limits)
    with shop.context.database.write() as session:
        act = by_operator(shop.context)
        plan = plan_changes.give_plan(session, act, shop.id, plan_id)
    assert plan is not None
    return plan


def open_cards(shop: Shop) -> int:
    """Return how many open cards the shop's plan counts."""
    wanted = select(VendorPlan.open_cards).where(VendorPlan.vendor_id == VendorId(shop.id))
    with shop.context.database.read() as session:
        return session.scalars(wanted).one()
