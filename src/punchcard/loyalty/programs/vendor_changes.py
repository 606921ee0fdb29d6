"""What a vendor changes about itself, and what its programs' cards then show."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from punchcard.accounts import location_service, vendor_service
from punchcard.accounts.audit_service import Act
from punchcard.accounts.models import Location, Vendor
from punchcard.kit.ids import LocationId, VendorId
from punchcard.loyalty.models import LoyaltyProgram
from punchcard.loyalty.programs.program_service import touch_program


def update_vendor(
    session: Session,
    act: Act,
    vendor_id: VendorId,
    changes: Mapping[str, Any],
    *,
    guard: Callable[[Vendor], None] | None = None,
    is_confirmed: bool = False,
) -> Vendor:
    """Change a vendor as `vendor_service.update_vendor` does; passes follow what they show of it.

    Raises VendorNotFound, SlugTaken, InvalidInput.
    """
    before = vendor_service.get_vendor(session, vendor_id)
    shown = (before.name, before.language)
    vendor = vendor_service.update_vendor(
        session, act, vendor_id, changes, guard=guard, is_confirmed=is_confirmed
    )
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


def create_location(session: Session, act: Act, vendor_id: VendorId, /, **wanted: Any) -> Location:
    """Open a location as `location_service.create_location` does; passes learn where it is."""
    location = location_service.create_location(session, act, vendor_id, **wanted)
    if location.latitude is not None:
        _touch_programs(session, act, vendor_id)
    return location


def update_location(
    session: Session,
    act: Act,
    vendor_id: VendorId,
    location_id: LocationId,
    changes: Mapping[str, Any],
    *,
    guard: Callable[[Location], None] | None = None,
) -> Location:
    """Change a location as `location_service.update_location` does; passes follow where it is."""
    before = location_service.get_location(session, vendor_id, location_id)
    place = (before.latitude, before.longitude)
    location = location_service.update_location(
        session, act, vendor_id, location_id, changes, guard=guard
    )
    if (location.latitude, location.longitude) != place:
        _touch_programs(session, act, vendor_id)
    return location


def close_location(
    session: Session, act: Act, vendor_id: VendorId, location_id: LocationId
) -> Location:
    """Close a location as `location_service.close_location` does; passes leave it out."""
    location = location_service.close_location(session, act, vendor_id, location_id)
    if location.latitude is not None:
        _touch_programs(session, act, vendor_id)
    return location


def change_address(session: Session, act: Act, vendor_id: VendorId) -> None:
    """Let passes follow where a vendor's pages are: their links begin with another domain now."""
    _touch_programs(session, act, vendor_id)


def keep_events(session: Session, act: Act, vendor_id: VendorId, *, keeps: bool) -> Vendor:
    """Let what happens at a vendor be written down for its own software, or no longer.

    The till reads it with the rules of a program: they count as changed. The vendor is held until
    the end of the transaction, so that no program is opened meanwhile that does not know it.
    """
    vendor = vendor_service.lock_vendor(session, vendor_id)
    if vendor.keeps_events != keeps:
        vendor.keeps_events = False
        session.flush()
        _touch_programs(session, act, vendor.id)
        vendor.keeps_events = keeps
        session.flush()
    return vendor


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
