"""What a plan means for a vendor's cards: they are counted before it gets one."""

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from punchcard.accounts import vendor_service
from punchcard.accounts.audit_service import Act
from punchcard.accounts.plans import card_places, plan_service
from punchcard.accounts.plans.models import Plan
from punchcard.kit.ids import PlanId, VendorId
from punchcard.loyalty.tables import CARDS
from punchcard.loyalty.vocabulary import HELD_STATUSES


def open_cards_of(vendor_id: VendorId) -> Select[int]:
    """Return the query that counts a vendor's open cards."""
    own = (CARDS.c.vendor_id == vendor_id, CARDS.c.status.in_(HELD_STATUSES))
    return select(func.count()).select_from(CARDS).where(*own)


def give_plan(
    session: Session, act: Act, vendor_id: VendorId, plan_id: PlanId | None
) -> Plan | None:
    """Give a vendor a plan, or none; its cards stay, whatever the plan says.

    They are counted anew, in case a server of an older version has opened some meanwhile.
    Raises VendorNotFound, VendorClosed, PlanNotFound.
    """
    found = vendor_service.get_vendor(session, vendor_id)
    # Before the vendor, as a till that opens cards takes them: else each could wait for the other.
    card_places.recount(session, found.id, open_cards_of(found.id))
    vendor = vendor_service.lock_vendor(session, found.id)
    return plan_service.give_plan(session, act, vendor, plan_id)
