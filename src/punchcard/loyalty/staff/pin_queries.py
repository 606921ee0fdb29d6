"""Finding the one PIN that a typed one is compared with: a statement or two, no ORM row.

What surrounds the one bcrypt of a check shall not be felt beside it, so the statements are made
once, and what there is to know comes with the row.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    Connection,
    Executable,
    LargeBinary,
    String,
    and_,
    bindparam,
    literal,
    or_,
    select,
    update,
)

from punchcard.accounts.models import Throttle
from punchcard.accounts.subjects import Subject
from punchcard.db.types import Id
from punchcard.kit.ids import ProgramId, StaffPinId, VendorId, as_id
from punchcard.loyalty.models import StaffPin
from punchcard.loyalty.staff.pin_lockout import credential_key


@dataclass(frozen=True, slots=True)
class FoundPin:
    """A PIN in use, as it was when it was looked up."""

    id: StaffPinId
    vendor_id: VendorId
    program_id: ProgramId | None
    staff_id: str | None
    name: str
    pin_hash: str
    pepper_id: str | None
    generation: int
    misses: int
    locked_until: datetime | None
    exhausted_at: datetime | None
    last_used_at: datetime | None
    credential_locked_until: datetime | None


_credential_lock = (
    select(Throttle.blocked_until).where(Throttle.key == bindparam("credential", type_=String))
).scalar_subquery()
_columns = select(
    StaffPin.id,
    StaffPin.vendor_id,
    StaffPin.program_id,
    StaffPin.staff_id,
    StaffPin.name,
    StaffPin.pin_hash,
    StaffPin.pepper_id,
    StaffPin.generation,
    StaffPin.misses,
    StaffPin.locked_until,
    StaffPin.exhausted_at,
    StaffPin.last_used_at,
    _credential_lock.label("blocked_until"),
)
_is_in_use = StaffPin.retired_at.is_(None)
_is_own = StaffPin.vendor_id == bindparam("vendor_id", type_=Id)
_pins = _columns.where(_is_in_use)

# One row even where nobody has the PIN: the credential's lock is asked in the same breath.
_nobody = select(literal(1).label("one")).subquery()
_BY_NAME = _pins.where(
    _is_own,
    or_(
        StaffPin.id == bindparam("pin_id", type_=Id),
        StaffPin.staff_id == bindparam("staff_id", type_=String),
    ),
)
_AGAIN = _pins.where(StaffPin.id == bindparam("pin_id", type_=Id))
_CREDENTIAL = select(_credential_lock)


@lru_cache(maxsize=8)
def _by_index(peppers: int) -> Executable:
    """Return the statement for what was typed, which has an index under each pepper."""
    names = [f"index_{number}" for number in range(peppers)]
    typed = or_(*(StaffPin.pin_index == bindparam(name, type_=LargeBinary) for name in names))
    found = _nobody.outerjoin(StaffPin, and_(_is_own, _is_in_use, typed))
    return _columns.select_from(found).order_by(StaffPin.id).limit(1)


def find_by_index(
    connection: Connection, subject: Subject, indexes: Sequence[bytes]
) -> tuple[FoundPin | None, datetime | None]:
    """Return the PIN of the subject's vendor that was typed, if anybody has it.

    `indexes` are those of what was typed, under each pepper. Beside the PIN stands until when
    unnamed entry is locked on the credential, if it ever was.
    """
    facts = {f"index_{number}": index for number, index in enumerate(indexes)}
    wanted = _with(subject, {"vendor_id": subject.vendor_id, **facts})
    row = connection.execute(_by_index(len(indexes)), wanted).one()
    return _found(row) if row.id is not None else None, row.blocked_until


def find_by_name(connection: Connection, subject: Subject, staff_id: str) -> FoundPin | None:
    """Return the PIN of whom `staff_id` names: a StaffPin's id or its staff_id."""
    pin_id = as_id(staff_id)
    facts = {"vendor_id": subject.vendor_id, "pin_id": pin_id, "staff_id": staff_id}
    rows = connection.execute(_BY_NAME, _with(subject, facts)).all()
    # An id comes before someone's staff_id that happens to look like it.
    return _found(next((row for row in rows if row.id == pin_id), rows[0] if rows else None))


def find_again(connection: Connection, subject: Subject, pin: FoundPin) -> FoundPin | None:
    """Return the PIN as it is now; None if it was changed or retired."""
    now = _found(connection.execute(_AGAIN, _with(subject, {"pin_id": pin.id})).one_or_none())
    return now if now is not None and now.generation == pin.generation else None


def hash_anew(
    connection: Connection, pin: FoundPin, *, pin_hash: str, pin_index: bytes, pepper_id: str
) -> None:
    """Keep a PIN's new hash, unless it was changed meanwhile; it stays the same PIN."""
    connection.execute(
        update(StaffPin)
        .where(StaffPin.id == pin.id, StaffPin.pin_hash == pin.pin_hash)
        .values(pin_hash=pin_hash, pin_index=pin_index, pepper_id=pepper_id)
    )


def credential_locked_until(connection: Connection, subject: Subject) -> datetime | None:
    """Return until when unnamed PIN entry is locked on a credential, if it ever was."""
    until: datetime | None = connection.scalar(_CREDENTIAL, _with(subject, {}))
    return until


def _with(subject: Subject, facts: dict[str, Any]) -> dict[str, Any]:
    return {**facts, "credential": credential_key(subject)}


def _found(row: Any) -> FoundPin | None:
    return FoundPin(*row) if row is not None else None
