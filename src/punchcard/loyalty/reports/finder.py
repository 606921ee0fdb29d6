"""Whatever a shop has, found by its name: rewards, people at the till; and entries by receipt."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from punchcard.accounts.rows import narrowed_by_name
from punchcard.kit.ids import EntryId, VendorId, as_id
from punchcard.loyalty.models import LoyaltyProgram, ReferenceClaim, Reward, StaffPin
from punchcard.loyalty.promotion_models import Promotion
from punchcard.loyalty.tables import ENTRIES


def find_rewards(
    session: Session, vendor_id: VendorId, query: str, *, limit: int
) -> Sequence[Reward]:
    """Return up to `limit` rewards in use whose names have every word of `query`."""
    wanted = select(Reward.id).where(Reward.vendor_id == vendor_id, Reward.archived_at.is_(None))
    ids = narrowed_by_name(session, wanted, query, Reward.name, limit=limit)
    return session.scalars(select(Reward).where(Reward.id.in_(ids)).order_by(Reward.name)).all()


def find_promotions(
    session: Session, vendor_id: VendorId, query: str, *, limit: int
) -> Sequence[Promotion]:
    """Return up to `limit` promotions whose names have every word of `query`."""
    wanted = select(Promotion.id).where(Promotion.vendor_id == vendor_id)
    ids = narrowed_by_name(session, wanted, query, Promotion.name, limit=limit)
    found = select(Promotion).where(Promotion.id.in_(ids)).order_by(Promotion.name)
    return session.scalars(found).all()


def find_staff(
    session: Session, vendor_id: VendorId, query: str, *, limit: int
) -> Sequence[StaffPin]:
    """Return up to `limit` people with a PIN in use, by name or staff number."""
    wanted = select(StaffPin.id).where(
        StaffPin.vendor_id == vendor_id, StaffPin.retired_at.is_(None)
    )
    texts = (StaffPin.name, StaffPin.staff_id)
    ids = narrowed_by_name(session, wanted, query, *texts, limit=limit)
    people = select(StaffPin).where(StaffPin.id.in_(ids))
    return session.scalars(people.order_by(StaffPin.name)).all()


def find_entries(
    session: Session, vendor_id: VendorId, query: str, *, limit: int
) -> list[tuple[EntryId, str]]:
    """Return up to `limit` entries by their receipt number or id, and what each is found by.

    Receipt numbers in use are looked up whole, as typed or in capital or small letters.
    """
    text = query.strip()
    spelt = {text, text.upper(), text.lower()}
    programs = select(LoyaltyProgram.id).where(LoyaltyProgram.vendor_id == vendor_id)
    claims = (
        select(ReferenceClaim.transaction_id, ReferenceClaim.reference)
        # A visit holds its number as a purchase and for its stamps.
        .distinct()
        .where(
            ReferenceClaim.program_id.in_(programs),
            ReferenceClaim.reference.in_(spelt),
        )
        .limit(limit)
    )
    found: list[tuple[Any, str]] = [(row[0], row[1]) for row in session.execute(claims)]
    entry_id = as_id(text)
    if entry_id is not None:
        own = select(ENTRIES.c.id).where(ENTRIES.c.id == entry_id, ENTRIES.c.vendor_id == vendor_id)
        found += [(row.id, text) for row in session.execute(own)]
    return found
