"""Vendors: the tenants that everything else belongs to."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from punchcard.accounts import location_service, retired_slugs, user_service
from punchcard.accounts.audit_service import Act, record_act
from punchcard.accounts.domains import domain_service
from punchcard.accounts.errors import NotAllowed, VendorClosed, VendorNotFound, VendorSlugTaken
from punchcard.accounts.events import VendorChanged
from punchcard.accounts.models import AccessToken, ApiKey, Device, SlugOwner, User, Vendor
from punchcard.accounts.plans import plan_service
from punchcard.accounts.rows import apply_changes, narrowed_by_name, values_of
from punchcard.accounts.subjects import PLATFORM_ADMIN, VENDOR_OWN
from punchcard.accounts.user_service import NewUser
from punchcard.accounts.vocabulary import Role, VendorStatus
from punchcard.db.events import announce
from punchcard.kit.ids import VendorId, as_id
from punchcard.kit.validation import contacts, places, texts
from punchcard.kit.validation.invalid import check_field

_TEXTS = ("name", "slug", "currency", "timezone", "language", "country")
_FIELDS = (*_TEXTS, "reply_to", "keeps_origins", "managers_need_second_factor")
_RULES: Mapping[str, Callable[[str], str]] = {
    "name": texts.one_line,
    "slug": texts.slug,
    "currency": places.currency,
    "timezone": places.timezone,
    "language": places.language,
    "country": places.country,
    "reply_to": contacts.email,
}
_MAY_BE_NONE = ("country", "reply_to")


@dataclass(frozen=True, kw_only=True)
class NewVendor:
    """A vendor to be created, with its first owner and its first location.

    `country` (ISO 3166-1 alpha-2) is where phone numbers without a country code are from; None
    takes it from the time zone or the currency, if they tell it.
    """

    name: str
    slug: str
    currency: str
    timezone: str
    language: str
    owner: NewUser
    location_name: str | None = None
    country: str | None = None


def create_vendor(session: Session, act: Act, wanted: NewVendor) -> Vendor:
    """Create a vendor, its first owner and its first location (named like it if not told).

    It gets the default plan, if there is one.
    Raises SlugTaken and EmailTaken.
    """
    told = _checked(values_of(wanted, _TEXTS))
    told["country"] = told["country"] or places.country_of(told["timezone"], told["currency"])
    vendor = Vendor(
        id=act.ids.new_id(),
        **told,
        keeps_origins=False,
        managers_need_second_factor=False,
        status=VendorStatus.ACTIVE,
        created_at=act.now,
        updated_at=act.now,
    )
    session.add(vendor)
    _flush(session)
    _take_slug(session, vendor)
    plan_service.begin(session, vendor.id)
    new = values_of(vendor, _FIELDS)
    of = ("vendor", vendor.id)
    record_act(session, act, "vendor.created", of=of, vendor_id=vendor.id, new=new)
    user_service.create_user(session, act, vendor.id, wanted.owner)
    location_service.create_location(
        session, act, vendor.id, name=wanted.location_name or vendor.name
    )
    return vendor


def get_vendor(session: Session, vendor_id: VendorId) -> Vendor:
    """Return one vendor; raises VendorNotFound."""
    wanted = as_id(vendor_id)
    vendor = session.get(Vendor, wanted) if wanted else None
    if vendor is None:
        raise VendorNotFound
    return vendor


def get_vendor_by_slug(session: Session, slug: str) -> Vendor:
    """Return one vendor by its short name, or by one it had before; raises VendorNotFound."""
    vendor = session.scalar(select(Vendor).where(Vendor.slug == slug))
    if vendor is None and (
        vendor_id := retired_slugs.retired_subject(session, SlugOwner.VENDOR, slug)
    ):
        vendor = session.get(Vendor, vendor_id)
    if vendor is None:
        raise VendorNotFound
    return vendor


def names_of(session: Session, vendor_id: VendorId) -> list[str]:
    """Return what a vendor is called: passwords must not be made of it."""
    vendor = get_vendor(session, vendor_id)
    return [vendor.name, vendor.slug]


def zone_of(connection: Connection, vendor_id: VendorId | None) -> ZoneInfo:
    """Return the time zone of a vendor, by whose clocks its people are told of moments."""
    name = connection.scalar(select(Vendor.timezone).where(Vendor.id == vendor_id))
    return ZoneInfo(name or "UTC")


def list_vendors(
    session: Session,
    *,
    query: str | None = None,
    status: VendorStatus | None = None,
    after_id: str | None = None,
    limit: int = 50,
) -> list[Vendor]:
    """Return vendors, oldest first; `query` is looked for in names and short names."""
    wanted = select(Vendor.id).order_by(Vendor.id)
    if status is not None:
        wanted = wanted.where(Vendor.status == status)
    if after_id is not None:
        wanted = wanted.where(Vendor.id > after_id)
    ids: Any = wanted.limit(limit)
    if query:
        ids = narrowed_by_name(session, wanted, query, Vendor.name, Vendor.slug, limit=limit)
    return list(session.scalars(select(Vendor).where(Vendor.id.in_(ids)).order_by(Vendor.id)))


def first_owner(session: Session, vendor_id: VendorId) -> User:
    """Return the owner who has been there longest."""
    owners = select(User).where(
        User.vendor_id == vendor_id, User.role == Role.OWNER, User.removed_at.is_(None)
    )
    return session.scalars(owners.order_by(User.id).limit(1)).one()


def update_vendor(
    session: Session,
    act: Act,
    vendor_id: VendorId,
    changes: Mapping[str, Any],
    *,
    guard: Callable[[Vendor], None] | None = None,
    is_confirmed: bool = False,
) -> Vendor:
    """Change what a vendor is called, its habits, or whether managers need a second factor.

    A country of None takes it from the time zone or the currency again, if they tell it.
    `is_confirmed` counts as a change even if nothing differs: see `is_told`.
    `guard` is given the row, locked, before anything changes; what it raises ends it.
    Raises SlugTaken, InvalidInput, and NotAllowed for a manager who would free managers of theirs.
    """
    vendor = lock_vendor(session, vendor_id)
    if guard is not None:
        guard(vendor)
    wanted = _checked(changes)
    is_of_owners = "managers_need_second_factor" in wanted
    if is_of_owners and not act.subject.may(VENDOR_OWN, PLATFORM_ADMIN):
        raise NotAllowed
    if "country" in wanted and wanted["country"] is None:
        timezone = wanted.get("timezone", vendor.timezone)
        currency = wanted.get("currency", vendor.currency)
        wanted["country"] = places.country_of(timezone, currency)
    old, new = apply_changes(vendor, wanted)
    if new or is_confirmed:
        vendor.updated_at = act.now
    if new:
        _flush(session)
        if "slug" in new:
            _retire_slug(session, act, vendor, old["slug"])
        announce(session, VendorChanged(vendor.id))
        of = ("vendor", vendor.id)
        record_act(session, act, "vendor.updated", of=of, vendor_id=vendor.id, old=old, new=new)
    return vendor


def is_told(session: Session, vendor_id: VendorId) -> bool:
    """Return whether anybody changed or confirmed what the vendor was opened with."""
    vendor = get_vendor(session, vendor_id)
    return vendor.updated_at > vendor.created_at


def suspend_vendor(session: Session, act: Act, vendor_id: VendorId) -> Vendor:
    """Stop a vendor for the time being: its people, keys and devices are refused."""
    return _set_status(session, act, vendor_id, VendorStatus.SUSPENDED, "vendor.suspended")


def resume_vendor(session: Session, act: Act, vendor_id: VendorId) -> Vendor:
    """Let a suspended vendor go on."""
    return _set_status(session, act, vendor_id, VendorStatus.ACTIVE, "vendor.resumed")


def close_vendor(session: Session, act: Act, vendor_id: VendorId) -> Vendor:
    """Close a vendor permanently: every session, key and device is revoked; the ledger stays."""
    vendor = _set_status(session, act, vendor_id, VendorStatus.CLOSED, "vendor.closed")
    people = select(User.id).where(User.vendor_id == vendor.id)
    for table, theirs in (
        (AccessToken, AccessToken.user_id.in_(people)),
        (ApiKey, ApiKey.vendor_id == vendor.id),
        (Device, Device.vendor_id == vendor.id),
    ):
        session.execute(
            update(table).where(theirs, table.revoked_at.is_(None)).values(revoked_at=act.now)
        )
    # Its domain is free for whoever has it next.
    if domain_service.find_domain(session, vendor.id) is not None:
        domain_service.remove_domain(session, act, vendor.id)
    return vendor


def _set_status(
    session: Session, act: Act, vendor_id: VendorId, status: VendorStatus, action: str
) -> Vendor:
    vendor = lock_vendor(session, vendor_id)
    old, new = apply_changes(vendor, {"status": status})
    if new:
        vendor.updated_at = act.now
        announce(session, VendorChanged(vendor.id))
        of = ("vendor", vendor.id)
        record_act(session, act, action, of=of, vendor_id=vendor.id, old=old, new=new)
    return vendor


def lock_vendor(session: Session, vendor_id: VendorId) -> Vendor:
    """Return a vendor, held until the transaction ends. Raises VendorNotFound, VendorClosed."""
    wanted = as_id(vendor_id)
    vendor = session.get(Vendor, wanted, with_for_update=True) if wanted else None
    if vendor is None:
        raise VendorNotFound
    if vendor.status == VendorStatus.CLOSED:
        raise VendorClosed
    return vendor


def _flush(session: Session) -> None:
    try:
        session.flush()
    except IntegrityError as error:
        raise VendorSlugTaken from error


def _take_slug(session: Session, vendor: Vendor) -> None:
    if not retired_slugs.take_slug(session, SlugOwner.VENDOR, vendor.slug, vendor_id=vendor.id):
        raise VendorSlugTaken


def _retire_slug(session: Session, act: Act, vendor: Vendor, former: str) -> None:
    _take_slug(session, vendor)
    retired_slugs.retire_slug(
        session, SlugOwner.VENDOR, former, vendor_id=vendor.id, subject_id=vendor.id, now=act.now
    )


def _checked(changes: Mapping[str, Any]) -> dict[str, Any]:
    return {
        field: value if _is_free(field, value) else check_field(field, _RULES[field], value)
        for field, value in changes.items()
    }


def _is_free(field: str, value: Any) -> bool:
    """Tell whether there is nothing to check: a field without a rule, or one left empty."""
    return field not in _RULES or (field in _MAY_BE_NONE and value is None)
