"""Where a plan refuses something new; what is there already is never touched."""

from typing import Any, NamedTuple

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from punchcard.accounts.plans.errors import PlanLimitReached
from punchcard.accounts.plans.models import Plan, VendorPlan
from punchcard.accounts.vocabulary import PlanLimit
from punchcard.kit.ids import VendorId


def refuse_above(
    session: Session, vendor_id: VendorId, limit: PlanLimit, counted: Select[Any]
) -> None:
    """Raise PlanLimitReached if `counted` gives as many as the vendor's plan allows, or more.

    The vendor's plan is held until the end of the transaction: two who add the last one at the
    same moment take turns. Where there is no limit, nothing is counted and nobody waits.
    """
    maximum = maximum_of(session, vendor_id, limit, lock=True)
    if maximum is not None and (session.scalar(counted) or 0) >= maximum:
        raise PlanLimitReached(limit, maximum)


class CardRoom(NamedTuple):
    """How many open cards a plan allows, and how many more are possible at this moment."""

    maximum: int
    left: int


def card_room(session: Session, vendor_id: VendorId) -> CardRoom | None:
    """Return what places for cards a vendor's plan has; None where it sets no limit."""
    query = (
        select(Plan.cards, VendorPlan.open_cards)
        .join(VendorPlan, VendorPlan.plan_id == Plan.id)
        .where(VendorPlan.vendor_id == vendor_id, Plan.cards.is_not(None))
    )
    found = session.execute(query).one_or_none()
    return CardRoom(found.cards, max(0, found.cards - found.open_cards)) if found else None


def is_full(session: Session, vendor_id: VendorId) -> bool:
    """Return whether a vendor's plan has no place for another card at this moment."""
    places = card_room(session, vendor_id)
    return places is not None and places.left == 0


def maximum_of(
    session: Session, vendor_id: VendorId, limit: PlanLimit, *, lock: bool = False
) -> int | None:
    """Return how far a vendor's plan goes, None where it sets no limit; held if so wanted."""
    query = (
        select(getattr(Plan, limit))
        .join(VendorPlan, VendorPlan.plan_id == Plan.id)
        .where(VendorPlan.vendor_id == vendor_id, getattr(Plan, limit).is_not(None))
    )
    return session.scalar(query.with_for_update(of=VendorPlan) if lock else query)
