"""Credentials of a vendor's own software: shown once, stored hashed, revocable."""

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
from punchcard.kit.ids import ApiKeyId, VendorId
from punchcard.kit.secrets import hash_token
from punchcard.kit.validation import texts
from punchcard.kit.validation.invalid import check_field

_SHOWN_CHARACTERS = 12


def create_api_key(
    session: Session, act: Act, vendor_id: VendorId, *, name: str, scopes: list[str]
) -> tuple[str, ApiKey]:
    """Make a key with these scopes; returns the key itself, which is never shown again."""
    secret = API_KEY_PREFIX + act.ids.new_token()
    row = ApiKey(
        id=act.ids.new_id(),
        vendor_id=vendor_id,
        name=check_field("name", texts.one_line, name),
        prefix=secret[:_SHOWN_CHARACTERS],
        key_hash=hash_token(secret),
        scopes=checks.scopes("scopes", scopes),
        created_at=act.now,
    )
    session.add(row)
    session.flush()
    new = {"name": row.name, "prefix": row.prefix, "scopes": row.scopes}
    of = ("api_key", row.id)
    record_act(session, act, "api_key.created", of=of, vendor_id=vendor_id, new=new)
    return secret, row


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
