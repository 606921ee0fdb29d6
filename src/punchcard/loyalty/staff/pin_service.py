"""Staff PINs: create, read, change, unlock, retire. `PinVerifier` checks a typed PIN."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from punchcard.accounts.audit_service import Act, record_row
from punchcard.accounts.plans import plan_limits
from punchcard.accounts.rows import differing, find_own, paginate, set_fields, values_of
from punchcard.accounts.vocabulary import PlanLimit
from punchcard.db.events import announce
from punchcard.db.unique import refusing_duplicates
from punchcard.kit.ids import StaffPinId, VendorId, as_id
from punchcard.loyalty.errors.staff import (
    PinAlreadyUsed,
    StaffIdTaken,
    StaffPinNotFound,
    StaffPinRetired,
)
from punchcard.loyalty.events import StaffPinChanged
from punchcard.loyalty.models import StaffPin
from punchcard.loyalty.programs.program_service import get_program
from punchcard.loyalty.staff.pin_verifier import PreparedPin
from punchcard.loyalty.vocabulary import PinFilter

FIELDS = ("name", "staff_id", "program_id")
"""What a vendor decides about a staff PIN, beside the PIN itself."""

_record: Final = partial(record_row, kind="staff_pin")


def create_pin(
    session: Session,
    act: Act,
    vendor_id: VendorId,
    fields: Mapping[str, Any],
    prepared: PreparedPin,
) -> StaffPin:
    """Give a person of the vendor's staff a PIN, good for one program or (None) for all.

    `fields` holds names of FIELDS, `name` is required; `prepared` comes from the PinVerifier.
    Raises PinAlreadyUsed, StaffIdTaken, ProgramNotFound, PlanLimitReached.
    """
    _check_program(session, vendor_id, fields)
    counted = select(func.count()).where(
        StaffPin.vendor_id == vendor_id, StaffPin.retired_at.is_(None)
    )
    plan_limits.refuse_above(session, vendor_id, PlanLimit.STAFF_PINS, counted)
    pin = StaffPin(
        **{**dict.fromkeys(FIELDS), **fields},
        id=act.ids.new_id(),
        vendor_id=vendor_id,
        pin_hash=prepared.pin_hash,
        pin_index=prepared.pin_index,
        pepper_id=prepared.pepper_id,
        created_at=act.now,
        updated_at=act.now,
    )
    _refuse_former_index(session, vendor_id, prepared, pin_id=None)
    with refusing_duplicates(session, _taken(session, vendor_id, prepared, pin_id=None)):
        session.add(pin)
    _record(session, act, "pin.created", pin, new=values_of(pin, FIELDS))
    return pin


def get_pin(session: Session, vendor_id: VendorId, pin_id: StaffPinId) -> StaffPin:
    """Return the vendor's staff PIN, retired or not. Raises StaffPinNotFound."""
    return find_own(session, StaffPin, vendor_id, pin_id, missing=StaffPinNotFound)


def names_of(
    session: Session, vendor_id: VendorId, pin_ids: Iterable[StaffPinId]
) -> dict[str, str]:
    """Return who has each of these PINs; retired ones and other vendors' are left out."""
    wanted = [one for one in map(as_id, pin_ids) if one]
    query = select(StaffPin.id, StaffPin.name).where(
        StaffPin.vendor_id == vendor_id, StaffPin.retired_at.is_(None), StaffPin.id.in_(wanted)
    )
    return {row.id: row.name for row in session.execute(query)}


def list_pins(
    session: Session,
    vendor_id: VendorId,
    *,
    limit: int,
    after_id: str | None = None,
    status: PinFilter = PinFilter.IN_USE,
) -> Sequence[StaffPin]:
    """Return up to `limit` of the vendor's staff PINs after `after_id`, oldest first."""
    wanted = select(StaffPin).where(StaffPin.vendor_id == vendor_id)
    if status == PinFilter.IN_USE:
        wanted = wanted.where(StaffPin.retired_at.is_(None))
    elif status == PinFilter.RETIRED:
        wanted = wanted.where(StaffPin.retired_at.is_not(None))
    return paginate(session, wanted, StaffPin, after_id, limit)


def update_pin(
    session: Session,
    act: Act,
    vendor_id: VendorId,
    pin_id: StaffPinId,
    fields: Mapping[str, Any],
    *,
    prepared: PreparedPin | None = None,
    guard: Callable[[StaffPin], None] | None = None,
) -> StaffPin:
    """Change the given fields, and the PIN itself if a prepared one is handed in.

    A new PIN ends the staff tokens of the old one, and unlocks the person.
    `guard` is given the row, locked, before anything changes; what it raises ends it.
    Raises StaffPinNotFound, StaffPinRetired, PinAlreadyUsed, StaffIdTaken, ProgramNotFound.
    """
    pin = _locked(session, vendor_id, pin_id)
    if guard is not None:
        guard(pin)
    announce(session, StaffPinChanged(pin.id))
    _check_program(session, vendor_id, fields)
    old, changed = differing(pin, fields)
    if not changed and prepared is None:
        return pin
    if prepared is not None:
        _refuse_former_index(session, vendor_id, prepared, pin_id=pin.id)
    with refusing_duplicates(session, _taken(session, vendor_id, prepared, pin_id=pin.id)):
        set_fields(pin, changed)
        if prepared is not None:
            _renew(pin, prepared)
        pin.updated_at = act.now
    if prepared is not None:
        _record(session, act, "pin.changed", pin, new={"generation": pin.generation})
    if changed:
        _record(session, act, "pin.updated", pin, old=old, new=changed)
    return pin


def unlock_pin(session: Session, act: Act, vendor_id: VendorId, pin_id: StaffPinId) -> StaffPin:
    """Forget a person's wrong PINs, so that they can go on at once.

    A PIN that is exhausted stays so until it is changed.
    Raises StaffPinNotFound, StaffPinRetired.
    """
    pin = _locked(session, vendor_id, pin_id)
    old = {"failed_attempts": pin.failed_attempts, "locked_until": pin.locked_until}
    pin.failed_attempts = 0
    pin.locked_until = None
    pin.locks = 0
    _record(
        session, act, "pin.unlocked", pin, old=old, new={"failed_attempts": 0, "locked_until": None}
    )
    return pin


def retire_pin(session: Session, act: Act, vendor_id: VendorId, pin_id: StaffPinId) -> StaffPin:
    """End a person's PIN and staff tokens permanently; history keeps their name.

    Raises StaffPinNotFound, also when it was retired before.
    """
    pin = _row_locked(session, vendor_id, pin_id)
    if pin.retired_at is not None:
        raise StaffPinNotFound()
    pin.retired_at = act.now
    pin.updated_at = act.now
    announce(session, StaffPinChanged(pin.id))
    _record(session, act, "pin.retired", pin, old=values_of(pin, FIELDS))
    return pin


def _renew(pin: StaffPin, prepared: PreparedPin) -> None:
    pin.pin_hash = prepared.pin_hash
    pin.pin_index = prepared.pin_index
    pin.pepper_id = prepared.pepper_id
    pin.generation += 1
    pin.failed_attempts = pin.misses = pin.locks = 0
    pin.locked_until = pin.last_missed_at = pin.exhausted_at = None


def _locked(session: Session, vendor_id: VendorId, pin_id: StaffPinId) -> StaffPin:
    pin = _row_locked(session, vendor_id, pin_id)
    if pin.retired_at is not None:
        raise StaffPinRetired()
    return pin


def _row_locked(session: Session, vendor_id: VendorId, pin_id: StaffPinId) -> StaffPin:
    pin = get_pin(session, vendor_id, pin_id)
    session.refresh(pin, with_for_update=True)
    return pin


def _check_program(session: Session, vendor_id: VendorId, fields: Mapping[str, Any]) -> None:
    if fields.get("program_id") is not None:
        get_program(session, vendor_id, fields["program_id"])


def _refuse_former_index(
    session: Session, vendor_id: VendorId, prepared: PreparedPin, *, pin_id: StaffPinId | None
) -> None:
    """Raise PinAlreadyUsed if a colleague has the PIN under a pepper of before.

    The database sees only that two of one pepper are the same.
    """
    if not prepared.former_indexes:
        return
    query = select(StaffPin.id).where(
        StaffPin.vendor_id == vendor_id,
        StaffPin.retired_at.is_(None),
        StaffPin.pin_index.in_(prepared.former_indexes),
    )
    if any(found != pin_id for found in session.scalars(query)):
        raise PinAlreadyUsed()


def _taken(
    session: Session,
    vendor_id: VendorId,
    prepared: PreparedPin | None,
    *,
    pin_id: StaffPinId | None,
) -> Callable[[], Exception]:
    """Return what tells which of the two names that exist once was taken."""

    def refusal() -> Exception:
        if prepared is None:
            return StaffIdTaken()
        same_pin = select(StaffPin.id).where(
            StaffPin.vendor_id == vendor_id,
            StaffPin.retired_at.is_(None),
            StaffPin.pin_index == prepared.pin_index,
            StaffPin.id != pin_id if pin_id is not None else StaffPin.id.is_not(None),
        )
        return PinAlreadyUsed() if session.scalar(same_pin) is not None else StaffIdTaken()

    return refusal
