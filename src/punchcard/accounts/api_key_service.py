"""Credentials of a vendor's own software: shown once, stored hashed, revocable."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from punchcard.accounts import checks
from punchcard.accounts.audit_service import Act, record_act
from punchcard.accounts.errors import ApiKeyNotFound
from punchcard.accounts.events import CredentialChanged
from punchcard.accounts.models import ApiKey
from punchcard.accounts.rows import find_own, paginate
from punchcard.accounts.subjects import API_KEY_PREFIX
from punchcard.db.events import announce
from punchcard.kit.errors import invalid_field
from punchcard.kit.i18n import N_
from punchcard.kit.ids import ApiKeyId, VendorId
from punchcard.kit.secrets import hash_token
from punchcard.kit.validation import texts
from punchcard.kit.validation.invalid import check_field

_SHOWN_CHARACTERS = 12
_SHOWN = 50


def create_api_key(
    session: Session,
    act: Act,
    vendor_id: VendorId,
    *,
    name: str,
    scopes: list[str],
    expires_at: datetime | None = None,
) -> tuple[str, ApiKey]:
    """Make a key with these scopes, good until `expires_at` or (None) until it is revoked.

    Returns the key itself, which is never shown again. Raises InvalidInput.
    """
    if expires_at is not None and expires_at <= act.now:
        raise invalid_field("expires_at", message=N_("Must be in the future."))
    secret = API_KEY_PREFIX + act.ids.new_token()
    row = ApiKey(
        id=act.ids.new_id(),
        vendor_id=vendor_id,
        name=check_field("name", texts.one_line, name),
        prefix=secret[:_SHOWN_CHARACTERS],
        key_hash=hash_token(secret),
        scopes=checks.scopes("scopes", scopes),
        created_at=act.now,
        expires_at=expires_at,
    )
    session.add(row)
    session.flush()
    new: dict[str, Any] = {"name": row.name, "prefix": row.prefix, "scopes": row.scopes}
    if row.expires_at is not None:
        new["expires_at"] = row.expires_at
    of = ("api_key", row.id)
    record_act(session, act, "api_key.created", of=of, vendor_id=vendor_id, new=new)
    return secret, row


def default_end(now: datetime, days: int) -> datetime | None:
    """Return when a key ends that was made without saying so; None with 0 days: never."""
    return now + timedelta(days=days) if days else None


def ending_api_keys(
    session: Session, vendor_id: VendorId | None, *, now: datetime, within: timedelta
) -> list[ApiKey]:
    """Return the keys in use that end `within` this time, soonest first; None: of all vendors.

    One that nobody has used in that time before is nobody's loss.
    """
    query = select(ApiKey).where(
        ApiKey.revoked_at.is_(None),
        ApiKey.expires_at > now,
        ApiKey.expires_at <= now + within,
        ApiKey.last_used_at > now - within,
    )
    if vendor_id is not None:
        query = query.where(ApiKey.vendor_id == vendor_id)
    return list(session.scalars(query.order_by(ApiKey.expires_at).limit(_SHOWN)))


def list_api_keys(
    session: Session, vendor_id: VendorId, *, after_id: str | None, limit: int
) -> list[ApiKey]:
    """Return the vendor's keys, revoked ones included, oldest first."""
    return paginate(
        session, select(ApiKey).where(ApiKey.vendor_id == vendor_id), ApiKey, after_id, limit
    )


def revoke_api_key(session: Session, act: Act, vendor_id: VendorId, api_key_id: ApiKeyId) -> ApiKey:
    """Revoke a key permanently; a second time changes nothing.

    Raises ApiKeyNotFound.
    """
    row = find_own(session, ApiKey, vendor_id, api_key_id, missing=ApiKeyNotFound, lock=True)
    if row.revoked_at is None:
        row.revoked_at = act.now
        announce(session, CredentialChanged(row.id))
        of = ("api_key", row.id)
        record_act(session, act, "api_key.revoked", of=of, vendor_id=vendor_id)
    return row
