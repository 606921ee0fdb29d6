"""The places where a vendor serves customers."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from punchcard.accounts.audit_service import Act, record_act
from punchcard.accounts.errors import LocationHasDevices, LocationNotFound
from punchcard.accounts.models import Device, Location, Vendor
from punchcard.accounts.plans import plan_limits
from punchcard.accounts.rows import apply_changes, find_own, paginate, values_of
from punchcard.accounts.vocabulary import PlanLimit
from punchcard.kit.errors import InvalidInput, invalid_field
from punchcard.kit.folding import fold_name
from punchcard.kit.i18n import N_
from punchcard.kit.ids import LocationId, VendorId
from punchcard.kit.validation import texts
from punchcard.kit.validation.invalid import check_field

_DIGITS: Final = 6
"""Of a coordinate after the point: a decimetre on the ground."""


def create_location(
    session: Session,
    act: Act,
    vendor_id: VendorId,
    *,
    name: str,
    address: str | None = None,
    latitude: float | None = None,
    longitude: float | None = None,
) -> Location:
    """Open a location. Raises InvalidInput for a name that another open one of the vendor has, and
    for coordinates of which one lacks or is nowhere; PlanLimitReached.
    """
    counted = select(func.count()).where(
        Location.vendor_id == vendor_id, Location.closed_at.is_(None)
    )
    plan_limits.refuse_above(session, vendor_id, PlanLimit.LOCATIONS, counted)
    _hold_names(session, vendor_id)
    latitude, longitude = _coordinates(latitude, longitude)
    location = Location(
        id=act.ids.new_id(),
        vendor_id=vendor_id,
        name=_free_name(session, vendor_id, name),
        address=_address(address),
        latitude=latitude,
        longitude=longitude,
        created_at=act.now,
    )
    session.add(location)
    session.flush()
    new = values_of(location, ("name", "address", "latitude", "longitude"))
    record_act(
        session,
        act,
        "location.created",
        of=("location", location.id),
        vendor_id=vendor_id,
        new=new,
    )
    return location


def list_locations(
    session: Session, vendor_id: VendorId, *, after_id: str | None, limit: int
) -> list[Location]:
    """Return the vendor's open locations, oldest first."""
    query = select(Location).where(Location.vendor_id == vendor_id, Location.closed_at.is_(None))
    return paginate(session, query, Location, after_id, limit)


def location_names(session: Session, vendor_id: VendorId) -> dict[str, str]:
    """Return the names of the vendor's locations by id, also of closed ones."""
    query = select(Location.id, Location.name).where(Location.vendor_id == vendor_id)
    return {row.id: row.name for row in session.execute(query)}


def get_location(session: Session, vendor_id: VendorId, location_id: LocationId) -> Location:
    """Return one location, closed or not; raises LocationNotFound."""
    return find_own(session, Location, vendor_id, location_id, missing=LocationNotFound)


def get_open_location(session: Session, vendor_id: VendorId, location_id: LocationId) -> Location:
    """Return one location that is still open; raises LocationNotFound.

    In a transaction that writes it stays open until the end of that.
    """
    location = get_location(session, vendor_id, location_id)
    hold_open(session, location)
    return location


def hold_open(session: Session, location: Location) -> None:
    """Let nobody close a location until the transaction ends. Raises LocationNotFound if it was."""
    session.refresh(location, with_for_update={"read": True})
    if location.closed_at is not None:
        raise LocationNotFound


def update_location(
    session: Session,
    act: Act,
    vendor_id: VendorId,
    location_id: LocationId,
    changes: Mapping[str, Any],
    *,
    guard: Callable[[Location], None] | None = None,
) -> Location:
    """Change name, address or coordinates. Raises LocationNotFound, InvalidInput, also for the
    name of another open location.

    `guard` is given the row, locked, before anything changes; what it raises ends it.
    """
    if "name" in changes:
        _hold_names(session, vendor_id)
    location = _lock_open(session, vendor_id, location_id)
    if guard is not None:
        guard(location)
    wanted = dict(changes)
    if "name" in wanted:
        wanted["name"] = _free_name(session, vendor_id, wanted["name"], of=location)
    if "address" in wanted:
        wanted["address"] = _address(wanted["address"])
    if wanted.keys() & {"latitude", "longitude"}:
        wanted["latitude"], wanted["longitude"] = _coordinates(
            wanted.get("latitude", location.latitude), wanted.get("longitude", location.longitude)
        )
    old, new = apply_changes(location, wanted)
    if new:
        of = ("location", location.id)
        record_act(session, act, "location.updated", of=of, vendor_id=vendor_id, old=old, new=new)
    return location


def close_location(
    session: Session, act: Act, vendor_id: VendorId, location_id: LocationId
) -> Location:
    """Close a location permanently; history keeps its name. Raises LocationHasDevices."""
    location = _lock_open(session, vendor_id, location_id)
    in_use = select(Device.id).where(Device.location_id == location.id, Device.revoked_at.is_(None))
    if session.scalar(in_use.limit(1)) is not None:
        raise LocationHasDevices
    location.closed_at = act.now
    of = ("location", location.id)
    record_act(session, act, "location.closed", of=of, vendor_id=vendor_id)
    return location


def _lock_open(session: Session, vendor_id: VendorId, location_id: LocationId) -> Location:
    location = find_own(
        session, Location, vendor_id, location_id, missing=LocationNotFound, lock=True
    )
    if location.closed_at is not None:
        raise LocationNotFound
    return location


def _coordinates(
    latitude: float | None, longitude: float | None
) -> tuple[float | None, float | None]:
    """Return where a place is, to a decimetre; nowhere when both are None. Raises InvalidInput."""
    for name, value, limit in (("latitude", latitude, 90), ("longitude", longitude, 180)):
        if value is not None and not -limit <= value <= limit:
            raise invalid_field(
                name,
                message=N_("Must be between {minimum} and {maximum}."),
                minimum=-limit,
                maximum=limit,
            )
    if latitude is None and longitude is None:
        return None, None
    if latitude is None or longitude is None:
        both = N_("Give both coordinates, or neither.")
        raise InvalidInput(
            [{"loc": [name], "message": both, "params": {}} for name in ("latitude", "longitude")]
        )
    return round(latitude, _DIGITS), round(longitude, _DIGITS)


def _hold_names(session: Session, vendor_id: VendorId) -> None:
    """Let nobody name another location of the vendor until the transaction ends."""
    session.execute(select(Vendor.id).where(Vendor.id == vendor_id).with_for_update(key_share=True))


def _free_name(session: Session, vendor_id: VendorId, name: str, of: Location | None = None) -> str:
    """Return a name as it is kept, if no other open location looks the same in a list."""
    checked = check_field("name", texts.one_line, name)
    open_ones = select(Location.id, Location.name).where(
        Location.vendor_id == vendor_id, Location.closed_at.is_(None)
    )
    for row in session.execute(open_ones):
        if fold_name(row.name) == fold_name(checked) and (of is None or row.id != of.id):
            raise invalid_field("name", message=N_("Another location has this name."))
    return checked


def _address(text: str | None) -> str | None:
    if not text:
        return None
    return check_field("address", texts.one_line, text, maximum=300, minimum=0) or None
