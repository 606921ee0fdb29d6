"""Terminals: paired with a code that works once, revocable, each at one location."""

import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from sqlalchemy import func, insert, literal, select, update
from sqlalchemy.orm import Session

from punchcard.accounts.audit_service import Act, record_act
from punchcard.accounts.errors import DeviceNotFound, LocationNotFound, PairingCodeInvalid
from punchcard.accounts.events import CredentialChanged
from punchcard.accounts.location_service import get_open_location, hold_open, list_locations
from punchcard.accounts.models import Device, DevicePresence, Location, PairingCode, Vendor
from punchcard.accounts.rows import apply_changes, find_own, paginate
from punchcard.accounts.subjects import DEVICE_PREFIX, Subject
from punchcard.accounts.vocabulary import SubjectKind, VendorStatus
from punchcard.db.events import announce
from punchcard.db.types import Id
from punchcard.kit.errors import invalid_field
from punchcard.kit.folding import fold_name
from punchcard.kit.i18n import N_
from punchcard.kit.ids import DeviceId, Ids, LocationId, VendorId
from punchcard.kit.secrets import hash_token
from punchcard.kit.validation import texts
from punchcard.kit.validation.invalid import check_field

# No 0 and O, no 1, I and L: they look alike on a screen across the counter.
CODE_LETTERS: Final = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
CODE_LENGTH: Final = 8

_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)


def create_pairing_code(
    session: Session, act: Act, vendor_id: VendorId, *, location_id: LocationId | None, minutes: int
) -> tuple[str, PairingCode]:
    """Make a code that pairs one device, once, within `minutes`; it is never shown again.

    `location_id` may be left out while the vendor has a single location.
    """
    location = _location(session, vendor_id, location_id)
    code = "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))
    row = PairingCode(
        id=act.ids.new_id(),
        vendor_id=vendor_id,
        location_id=location.id,
        code_hash=hash_token(code),
        created_at=act.now,
        expires_at=act.now + timedelta(minutes=minutes),
    )
    session.add(row)
    session.flush()
    new = {"location_id": location.id, "expires_at": row.expires_at}
    of = ("pairing_code", row.id)
    record_act(session, act, "pairing_code.created", of=of, vendor_id=vendor_id, new=new)
    return code, row


def pairing_url(base_url: str, code: str) -> str:
    """Return the address that pairs the device that opens it, for a QR code.

    The code stands behind the #: that part is never sent, so no log on the way sees it.
    """
    return f"{base_url.rstrip('/')}/terminal#{urlencode({'pair': code})}"


def pair_device(
    session: Session,
    *,
    code: str,
    name: str,
    now: datetime,
    ids: Ids,
    request_id: str | None,
    former_token: str | None = None,
) -> tuple[str, Device]:
    """Exchange a pairing code for a device and its token, which is never shown again.

    Spaces, hyphens and small letters in the code are forgiven. `former_token` is what a terminal
    that is paired anew showed before: what it still keeps may lie before this pairing.
    Raises PairingCodeInvalid.
    """
    device_name = check_field("name", texts.one_line, name)
    used = _use_code(session, code, now)
    token = DEVICE_PREFIX + ids.new_token()
    device = Device(
        id=ids.new_id(),
        vendor_id=used.vendor_id,
        location_id=used.location_id,
        name=_told_apart(session, used.vendor_id, device_name),
        token_hash=hash_token(token),
        paired_at=now,
    )
    session.add(device)
    session.flush()
    _begin_presence(session, device, former_token)
    itself = Subject(kind=SubjectKind.DEVICE, id=device.id, vendor_id=device.vendor_id)
    act = Act(subject=itself, now=now, ids=ids, request_id=request_id)
    new = {"name": device.name, "location_id": device.location_id, "pairing_code_id": used.id}
    of = ("device", device.id)
    record_act(session, act, "device.paired", of=of, vendor_id=device.vendor_id, new=new)
    return token, device


def _begin_presence(session: Session, device: Device, former_token: str | None) -> None:
    """Note that there was nothing a terminal could have done before it was paired.

    Unless it is one that is paired anew: what the server answered it before is its own then.
    """
    began_at = _BEGINNING
    if former_token is not None and (former := _former(session, device, former_token)):
        began_at = device.paired_at
        # A copy: the former one may go on, and what it was answered stays its own.
        spans = select(
            literal(device.id, Id), DevicePresence.began_at, DevicePresence.ended_at
        ).where(DevicePresence.device_id == former)
        columns = ["device_id", "began_at", "ended_at"]
        session.execute(insert(DevicePresence).from_select(columns, spans))
    session.add(DevicePresence(device_id=device.id, began_at=began_at, ended_at=device.paired_at))


def _former(session: Session, device: Device, token: str) -> DeviceId | None:
    """Return the same vendor's terminal that showed this token, revoked or not."""
    return session.scalar(
        select(Device.id).where(
            Device.token_hash == hash_token(token), Device.vendor_id == device.vendor_id
        )
    )


def _told_apart(session: Session, vendor_id: VendorId, name: str) -> str:
    """Return the name, with a number behind it where a paired device of the vendor has it already:
    who pairs one stands at the counter, where a question would be in the way.
    """
    paired = select(Device.name).where(Device.vendor_id == vendor_id, Device.revoked_at.is_(None))
    taken = {fold_name(known) for known in session.scalars(paired)}
    number, free = 1, name
    while fold_name(free) in taken:
        number += 1
        end = f" ({number})"
        free = name[: texts.NAME_CHARACTERS - len(end)] + end
    return free


def list_devices(
    session: Session, vendor_id: VendorId, *, after_id: str | None, limit: int
) -> list[Device]:
    """Return the vendor's paired devices, oldest first."""
    query = select(Device).where(Device.vendor_id == vendor_id, Device.revoked_at.is_(None))
    return paginate(session, query, Device, after_id, limit)


def get_device(session: Session, vendor_id: VendorId, device_id: DeviceId) -> Device:
    """Return one paired device. Raises DeviceNotFound."""
    device = find_own(session, Device, vendor_id, device_id, missing=DeviceNotFound)
    if device.revoked_at is not None:
        raise DeviceNotFound
    return device


def update_device(
    session: Session,
    act: Act,
    vendor_id: VendorId,
    device_id: DeviceId,
    changes: Mapping[str, Any],
    *,
    guard: Callable[[Device], None] | None = None,
) -> Device:
    """Change `name`, or move the device by `location_id`.

    `guard` is given the row, locked, before anything changes; what it raises ends it.
    Raises DeviceNotFound, LocationNotFound.
    """
    device = _lock(session, vendor_id, device_id)
    if guard is not None:
        guard(device)
    wanted = dict(changes)
    if "name" in wanted:
        wanted["name"] = check_field("name", texts.one_line, wanted["name"])
    if "location_id" in wanted:
        wanted["location_id"] = get_open_location(session, vendor_id, wanted["location_id"]).id
    old, new = apply_changes(device, wanted)
    if new:
        announce(session, CredentialChanged(device.id))
        of = ("device", device.id)
        record_act(session, act, "device.updated", of=of, vendor_id=vendor_id, old=old, new=new)
    return device


def revoke_device(session: Session, act: Act, vendor_id: VendorId, device_id: DeviceId) -> None:
    """Revoke a device permanently. Raises DeviceNotFound."""
    device = _lock(session, vendor_id, device_id)
    device.revoked_at = act.now
    announce(session, CredentialChanged(device.id))
    record_act(session, act, "device.revoked", of=("device", device.id), vendor_id=vendor_id)


def expire_unseen_devices(session: Session, act: Act, *, unseen: timedelta, limit: int) -> int:
    """Revoke the devices that were not seen for so long; returns how many there were."""
    seen_at = func.coalesce(Device.last_used_at, Device.paired_at)
    query = select(Device).where(Device.revoked_at.is_(None), seen_at <= act.now - unseen)
    devices = session.scalars(query.order_by(Device.id).limit(limit).with_for_update()).all()
    for device in devices:
        device.revoked_at = act.now
        announce(session, CredentialChanged(device.id))
        of = ("device", device.id)
        record_act(session, act, "device.expired", of=of, vendor_id=device.vendor_id)
    return len(devices)


def _use_code(session: Session, code: str, now: datetime) -> PairingCode:
    """Take the code in one statement: of two devices that show it at once, one gets nothing."""
    compact = code.upper().replace(" ", "").replace("-", "")
    shops = select(Vendor.id).where(Vendor.status == VendorStatus.ACTIVE)
    open_locations = select(Location.id).where(Location.closed_at.is_(None))
    used: PairingCode | None = session.scalar(
        update(PairingCode)
        .where(
            PairingCode.code_hash == hash_token(compact),
            PairingCode.used_at.is_(None),
            PairingCode.expires_at > now,
            PairingCode.vendor_id.in_(shops),
            PairingCode.location_id.in_(open_locations),
        )
        .values(used_at=now)
        .returning(PairingCode)
    )
    if used is None:
        raise PairingCodeInvalid
    try:
        hold_open(session, session.get_one(Location, used.location_id))
    except LocationNotFound:
        raise PairingCodeInvalid from None
    return used


def _location(session: Session, vendor_id: VendorId, location_id: LocationId | None) -> Location:
    if location_id is not None:
        return get_open_location(session, vendor_id, location_id)
    locations = list_locations(session, vendor_id, after_id=None, limit=2)
    if len(locations) != 1:
        raise invalid_field("location_id", message=N_("Choose the location of the device."))
    return locations[0]


def _lock(session: Session, vendor_id: VendorId, device_id: DeviceId) -> Device:
    device = find_own(session, Device, vendor_id, device_id, missing=DeviceNotFound, lock=True)
    if device.revoked_at is not None:
        raise DeviceNotFound
    return device
