"""What a vendor changes about itself, and what its programs' cards then show."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from punchcard.accounts import vendor_service
from punchcard.accounts.audit_service import Act
from punchcard.accounts.models import Vendor
from punchcard.kit.ids import VendorId
from punchcard.loyalty.models import LoyaltyProgram
from punchcard.loyalty.programs.program_service import touch_program


def update_vendor(
    session: Session,
    act: Act,
    vendor_id: VendorId,
    changes: Mapping[str, Any],
    *,
    guard: Callable[[Vendor], None] | None = None,
) -> Vendor:
    """Change a vendor as `vendor_service.update_vendor` does; passes follow what they show of it.

    Raises VendorNotFound, SlugTaken, InvalidInput.
    """
    before = vendor_service.get_vendor(session, vendor_id)
    shown = (before.name, before.language)
    vendor = vendor_service.update_vendor(session, act, vendor_id, changes, guard=guard)
    if (vendor.name, vendor.language) != shown:
        _touch_programs(session, act, vendor.id)
    return vendor


def suspend_vendor(session: Session, act: Act, vendor_id: VendorId) -> Vendor:
    """Stop a vendor as `vendor_service.suspend_vendor` does; its cards' passes say so."""
    return _followed(session, act, vendor_id, vendor_service.suspend_vendor)


def resume_vendor(session: Session, act: Act, vendor_id: VendorId) -> Vendor:
    """Let a vendor go on as `vendor_service.resume_vendor` does; its cards' passes come back."""
    return _followed(session, act, vendor_id, vendor_service.resume_vendor)


def close_vendor(session: Session, act: Act, vendor_id: VendorId) -> Vendor:
    """Close a vendor as `vendor_service.close_vendor` does; its cards' passes become void."""
    return _followed(session, act, vendor_id, vendor_service.close_vendor)


def _followed(
    session: Session,
    act: Act,
    vendor_id: VendorId,
    change: Callable[[Session, Act, VendorId], Vendor],
) -> Vendor:
    before = vendor_service.get_vendor(session, vendor_id).status
    vendor = change(session, act, vendor_id)
    if vendor.status != before:
        _touch_programs(session, act, vendor.id)
    return vendor


def _touch_programs(session: Session, act: Act, vendor_id: VendorId) -> None:
    programs = session.scalars(
        select(LoyaltyProgram)
        .where(LoyaltyProgram.vendor_id == vendor_id)
        .order_by(LoyaltyProgram.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    for program in programs.all():
        touch_program(session, act, program)
