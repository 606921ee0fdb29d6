"""Domains of shops' own: claimed by an owner, proven by whoever keeps the domain, then in use."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session

from punchcard.accounts.audit_service import Act, record_act
from punchcard.accounts.domains.errors import (
    OwnDomainNotFound,
    OwnDomainNotInPlan,
    OwnDomainTaken,
)
from punchcard.accounts.domains.models import VendorDomain
from punchcard.accounts.domains.names import own_domain
from punchcard.accounts.events import DomainsChanged
from punchcard.accounts.models import Vendor
from punchcard.accounts.plans.models import Plan, VendorPlan
from punchcard.accounts.vocabulary import VendorStatus
from punchcard.db.base import table_of
from punchcard.db.dialects import id_as_text
from punchcard.db.events import announce
from punchcard.db.unique import refusing_duplicates
from punchcard.kit.ids import VendorId
from punchcard.kit.validation.invalid import check_field

PROOF_BYTES: Final = 24
WARNED_AFTER: Final = timedelta(days=1)
"""For how long a proof is missing before the owners are told: name servers have bad hours."""
_ANXIOUS: Final = timedelta(hours=1)
"""How often it is looked for while it is missing."""


def claim_domain(
    session: Session, act: Act, vendor_id: VendorId, text: str, *, base_url: str
) -> VendorDomain:
    """Let a vendor claim a domain, in place of any that it had; it is of no use until proven.

    Raises OwnDomainNotInPlan, and InvalidInput for what is no domain, or is the server's own.
    """
    if not may_have_domain(session, vendor_id):
        raise OwnDomainNotInPlan
    domain = check_field("domain", lambda typed: own_domain(typed, base_url=base_url), text)
    row = find_domain(session, vendor_id, lock=True)
    if row is not None and row.domain == domain:
        return row
    old = None if row is None else {"domain": row.domain}
    if row is None:
        row = VendorDomain(vendor_id=vendor_id, created_at=act.now)
        session.add(row)
    was_in_use = row.verified_at is not None
    row.domain, row.proof = domain, act.ids.new_token(PROOF_BYTES)
    row.verified_at = row.checked_at = row.failing_since = row.warned_at = None
    row.created_at = act.now
    session.flush()
    _record(session, act, vendor_id, "domain.claimed", old=old, new={"domain": domain})
    if was_in_use:
        announce(session, DomainsChanged())
    return row


def may_have_domain(session: Session, vendor_id: VendorId) -> bool:
    """Return whether a vendor's plan has a domain of its own; whoever has no plan may have one."""
    query = select(Plan.own_domain).join(VendorPlan, VendorPlan.plan_id == Plan.id)
    return session.scalar(query.where(VendorPlan.vendor_id == vendor_id)) is not False


def find_domain(
    session: Session, vendor_id: VendorId, *, lock: bool = False
) -> VendorDomain | None:
    """Return the domain that a vendor claims, proven or not; held if so wanted."""
    query = select(VendorDomain).where(VendorDomain.vendor_id == vendor_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return session.scalar(query)


def remove_domain(session: Session, act: Act, vendor_id: VendorId) -> None:
    """Let a vendor have no domain of its own any more. Raises OwnDomainNotFound."""
    row = find_domain(session, vendor_id, lock=True)
    if row is None:
        raise OwnDomainNotFound
    _record(session, act, vendor_id, "domain.removed", old={"domain": row.domain})
    session.delete(row)
    session.flush()
    announce(session, DomainsChanged())


def note_found(session: Session, act: Act, vendor_id: VendorId, proof: str) -> bool:
    """Note that a vendor's proof was found at its domain; return whether it is in use since now.

    `proof` is the one that was looked for: one that was changed meanwhile is not proven.
    Raises OwnDomainTaken while another vendor has the domain.
    """
    row = find_domain(session, vendor_id, lock=True)
    if row is None or row.proof != proof:
        return False
    is_new = row.verified_at is None
    with refusing_duplicates(session, OwnDomainTaken):
        row.checked_at, row.failing_since, row.warned_at = act.now, None, None
        row.verified_at = row.verified_at or act.now
    if is_new:
        _record(session, act, vendor_id, "domain.verified", new={"domain": row.domain})
        announce(session, DomainsChanged())
    return is_new


def note_missing(
    session: Session, act: Act, vendor_id: VendorId, proof: str, *, lapse: timedelta
) -> VendorDomain | None:
    """Note that a vendor's proof was not found; after `lapse` the domain is in use no more.

    Returns the row when its owners are to be told, once, that it is going to lapse.
    """
    row = find_domain(session, vendor_id, lock=True)
    if row is None or row.proof != proof:
        return None
    row.checked_at = act.now
    if row.verified_at is None:
        return None
    row.failing_since = row.failing_since or act.now
    if row.failing_since + lapse <= act.now:
        row.verified_at = row.failing_since = row.warned_at = None
        _record(session, act, vendor_id, "domain.lapsed", old={"domain": row.domain})
        announce(session, DomainsChanged())
        return None
    if row.warned_at is None and row.failing_since + min(WARNED_AFTER, lapse / 2) <= act.now:
        row.warned_at = act.now
        return row
    return None


def due_domains(session: Session, now: datetime, *, every: timedelta) -> Select[str]:
    """Return the query of the vendors whose proven domain is to be looked at again."""
    table = table_of(VendorDomain)
    is_failing = (table.c.failing_since.is_not(None)) & (table.c.checked_at <= now - _ANXIOUS)
    return select(id_as_text(session.connection(), table.c.vendor_id)).where(
        table.c.verified_at.is_not(None), or_(table.c.checked_at <= now - every, is_failing)
    )


def is_in_use(session: Session, domain: str) -> bool:
    """Return whether a domain is proven, and its vendor is open."""
    query = select(VendorDomain.vendor_id).join(Vendor, Vendor.id == VendorDomain.vendor_id)
    return session.scalar(query.where(VendorDomain.domain == domain, *_in_use())) is not None


def _in_use() -> tuple[ColumnElement[bool], ...]:
    return (VendorDomain.verified_at.is_not(None), Vendor.status == VendorStatus.ACTIVE)


def _record(
    session: Session,
    act: Act,
    vendor_id: VendorId,
    action: str,
    *,
    old: dict[str, str] | None = None,
    new: dict[str, str] | None = None,
) -> None:
    of = ("vendor", vendor_id)
    record_act(session, act, action, of=of, vendor_id=vendor_id, old=old, new=new)
