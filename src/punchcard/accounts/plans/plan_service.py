"""Plans: made and changed by admins, and given to vendors. A smaller one takes nothing away."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from punchcard.accounts.audit_service import Act, record_act
from punchcard.accounts.models import Vendor
from punchcard.accounts.plans.errors import PlanInUse, PlanNameTaken, PlanNotFound
from punchcard.accounts.plans.models import Plan, VendorPlan
from punchcard.accounts.rows import apply_changes, paginate, values_of
from punchcard.accounts.vocabulary import PlanLimit
from punchcard.db.dialects import lock_table
from punchcard.db.unique import refusing_duplicates
from punchcard.kit.errors import invalid_field
from punchcard.kit.i18n import N_
from punchcard.kit.ids import PlanId, VendorId, as_id
from punchcard.kit.validation import texts
from punchcard.kit.validation.invalid import check_field

FLAGS: Final = ("own_domain", "white_label")
"""What a plan has or has not, beside its limits."""

FIELDS: Final = ("name", "is_default", *PlanLimit, *FLAGS)
"""What an admin decides about a plan."""

LIMIT_MAXIMUM: Final = 1_000_000_000
SMALLEST: Final[Mapping[PlanLimit, int]] = {
    PlanLimit.CARDS: 0,
    PlanLimit.LOCATIONS: 1,
    PlanLimit.USERS: 1,
    PlanLimit.STAFF_PINS: 0,
    PlanLimit.PROGRAMS: 0,
    PlanLimit.WEBHOOK_ENDPOINTS: 0,
    PlanLimit.MAILS_PER_MONTH: 0,
}
"""How small each limit can be: every vendor begins with an owner and a location."""


def create_plan(session: Session, act: Act, fields: Mapping[str, Any]) -> Plan:
    """Add a plan; limits that `fields` do not name are none. Raises PlanNameTaken, InvalidInput."""
    wanted: dict[str, Any] = {
        **{limit.value: None for limit in PlanLimit},
        "is_default": False,
        **dict.fromkeys(FLAGS, False),
        **_checked(fields),
    }
    plan = Plan(id=act.ids.new_id(), **wanted, created_at=act.now, updated_at=act.now)
    if wanted["is_default"]:
        # Of two at once the later is the default: it has to see the other.
        lock_table(session, Plan)
        _let_no_other_be_default(session, plan.id)
    with refusing_duplicates(session, PlanNameTaken):
        session.add(plan)
    of = ("plan", plan.id)
    record_act(session, act, "plan.created", of=of, vendor_id=None, new=values_of(plan, FIELDS))
    return plan


def list_plans(session: Session, *, after_id: str | None = None, limit: int) -> list[Plan]:
    """Return up to `limit` plans after `after_id`, oldest first."""
    return paginate(session, select(Plan), Plan, after_id, limit)


def get_plan(session: Session, plan_id: PlanId, *, lock: bool = False) -> Plan:
    """Return one plan, held if so wanted; raises PlanNotFound."""
    query = select(Plan).where(Plan.id == as_id(plan_id))
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    plan = session.scalar(query)
    if plan is None:
        raise PlanNotFound
    return plan


def update_plan(
    session: Session,
    act: Act,
    plan_id: PlanId,
    changes: Mapping[str, Any],
    *,
    guard: Callable[[Plan], None] | None = None,
) -> Plan:
    """Change a plan for all who have it; those who have more keep it, and get no more.

    `guard` is given the row, locked, before anything changes; what it raises ends it.
    Raises PlanNotFound, PlanNameTaken, InvalidInput.
    """
    wanted = _checked(changes)
    if wanted.get("is_default"):
        # Before any row: who makes another plan the default holds the table, and waits for rows.
        lock_table(session, Plan)
    plan = get_plan(session, plan_id, lock=True)
    if guard is not None:
        guard(plan)
    if wanted.get("is_default"):
        _let_no_other_be_default(session, plan.id)
    with refusing_duplicates(session, PlanNameTaken):
        old, new = apply_changes(plan, wanted)
        if new:
            plan.updated_at = act.now
    if new:
        of = ("plan", plan.id)
        record_act(session, act, "plan.updated", of=of, vendor_id=None, old=old, new=new)
    return plan


def delete_plan(session: Session, act: Act, plan_id: PlanId) -> None:
    """Delete a plan that no vendor has. Raises PlanNotFound, PlanInUse."""
    plan = get_plan(session, plan_id, lock=True)
    vendors = vendors_of(session, [plan.id]).get(plan.id, 0)
    if vendors:
        raise PlanInUse(vendors=vendors)
    of = ("plan", plan.id)
    record_act(session, act, "plan.deleted", of=of, vendor_id=None, old=values_of(plan, FIELDS))
    session.delete(plan)
    session.flush()


def vendors_of(session: Session, plan_ids: list[PlanId]) -> dict[PlanId, int]:
    """Return how many vendors have each of these plans; those that none has are left out."""
    query = (
        select(VendorPlan.plan_id, func.count())
        .where(VendorPlan.plan_id.in_(plan_ids))
        .group_by(VendorPlan.plan_id)
    )
    return {plan_id: count for plan_id, count in session.execute(query) if plan_id}


def plan_of(session: Session, vendor_id: VendorId) -> Plan | None:
    """Return the plan that a vendor has; None: it has no limits."""
    query = select(Plan).join(VendorPlan, VendorPlan.plan_id == Plan.id)
    return session.scalar(query.where(VendorPlan.vendor_id == vendor_id))


def is_white_label(session: Session, vendor_id: VendorId) -> bool:
    """Return whether customers' pages of a vendor name this software nowhere."""
    query = select(Plan.white_label).join(VendorPlan, VendorPlan.plan_id == Plan.id)
    return session.scalar(query.where(VendorPlan.vendor_id == vendor_id)) is True


def give_plan(session: Session, act: Act, vendor: Vendor, plan_id: PlanId | None) -> Plan | None:
    """Give a vendor a plan, or none, which takes nothing away from it. Raises PlanNotFound."""
    # Shared, so that it is not deleted at this moment.
    plan = None if plan_id is None else get_plan(session, plan_id, lock=True)
    own = select(VendorPlan).where(VendorPlan.vendor_id == vendor.id).with_for_update()
    row = session.scalar(own.execution_options(populate_existing=True))
    if row is None:
        row = VendorPlan(vendor_id=vendor.id, plan_id=None, open_cards=0)
        session.add(row)
    before = row.plan_id
    row.plan_id = plan.id if plan else None
    session.flush()
    if row.plan_id != before:
        changed = {"old": {"plan_id": before}, "new": {"plan_id": row.plan_id}}
        of = ("vendor", vendor.id)
        record_act(session, act, "vendor.plan_changed", of=of, vendor_id=vendor.id, **changed)
    return plan


def begin(
    session: Session,
    vendor_id: VendorId,
    *,
    open_cards: int = 0,
    counted_from: datetime | None = None,
) -> None:
    """Give a new vendor the default plan, if there is one.

    One that comes from elsewhere has `open_cards`, and uses something here from `counted_from` on.
    """
    # Held as one that is named, so that it is not deleted at this moment.
    named = select(Plan.id).where(Plan.is_default).with_for_update(read=True, key_share=True)
    row = VendorPlan(
        vendor_id=vendor_id,
        plan_id=session.scalar(named),
        open_cards=open_cards,
        counted_from=counted_from,
    )
    session.add(row)
    session.flush()


def _let_no_other_be_default(session: Session, plan_id: PlanId) -> None:
    others = update(Plan).where(Plan.is_default, Plan.id != plan_id)
    session.execute(others.values(is_default=False))


def _checked(fields: Mapping[str, Any]) -> dict[str, Any]:
    wanted = dict(fields)
    if "name" in wanted:
        wanted["name"] = check_field("name", texts.one_line, wanted["name"])
    for limit in PlanLimit:
        value = wanted.get(limit)
        if value is not None and not SMALLEST[limit] <= value <= LIMIT_MAXIMUM:
            raise invalid_field(
                limit,
                message=N_("Must be between {minimum} and {maximum}."),
                minimum=SMALLEST[limit],
                maximum=LIMIT_MAXIMUM,
            )
    return wanted
