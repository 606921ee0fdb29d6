"""Keys that tills sign receipts with: one or more a place, shown once, revoked for good."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from punchcard.accounts import location_service
from punchcard.accounts.audit_service import Act, record_row
from punchcard.accounts.models import Vendor
from punchcard.accounts.rows import find_own, paginate
from punchcard.connect.claims.errors import ReceiptKeyNotFound, TooManyReceiptKeys
from punchcard.connect.claims.models import ReceiptKey
from punchcard.connect.claims.receipt_texts import SignedReceipt, is_signed_with
from punchcard.connect.claims.vocabulary import KEY_CODE_LENGTH
from punchcard.kit.ids import Ids, LocationId, ProgramId, ReceiptKeyId, VendorId
from punchcard.kit.secrets import Keyring, Sealer
from punchcard.kit.security.spoken_codes import new_code
from punchcard.kit.validation import texts
from punchcard.kit.validation.invalid import check_field
from punchcard.loyalty.programs import program_service

PURPOSE: Final = "receipt key"
SECRET_PREFIX: Final = "prk_"  # noqa: S105 not a secret
NAME_CHARACTERS: Final = 100
_record: Final = partial(record_row, kind="receipt_key")


class ReceiptSecrets:
    """Makes the secrets of keys, and checks signatures with them."""

    def __init__(self, ring: Keyring) -> None:
        self._sealer = Sealer(ring, PURPOSE)

    def give(self, key: ReceiptKey, ids: Ids) -> str:
        """Give a key its secret; returns it, the only time."""
        secret = SECRET_PREFIX + ids.new_token()
        key.secret_sealed = self._sealer.seal(secret.encode(), key.id)
        return secret

    def of(self, key: ReceiptKey) -> str | None:
        """Return the secret of a key that is in use; None if no key of the server opens it."""
        opened = None if key.revoked_at else self._sealer.open(key.secret_sealed, key.id)
        return None if opened is None else opened.decode()

    def has_signed(self, key: ReceiptKey | None, receipt: SignedReceipt) -> bool:
        """Return whether this key, which is in use, has signed the receipt."""
        secret = None if key is None else self.of(key)
        return secret is not None and is_signed_with(receipt, secret)


def create_key(
    session: Session,
    act: Act,
    vendor_id: VendorId,
    secrets: ReceiptSecrets,
    *,
    program_id: ProgramId,
    location_id: LocationId | None,
    name: str,
    limit: int,
) -> tuple[str, ReceiptKey]:
    """Make a key for the tills of a place, None for all of the vendor's.

    Returns its secret, which is never shown again. Raises ProgramNotFound, LocationNotFound,
    InvalidInput, TooManyReceiptKeys above `limit` keys in use.
    """
    # First, so that two at once are counted one after the other.
    session.execute(select(Vendor.id).where(Vendor.id == vendor_id).with_for_update(key_share=True))
    program = program_service.get_program(session, vendor_id, program_id)
    if location_id is not None:
        location_service.get_open_location(session, vendor_id, location_id)
    in_use = select(func.count()).where(
        ReceiptKey.vendor_id == vendor_id, ReceiptKey.revoked_at.is_(None)
    )
    if (session.scalar(in_use) or 0) >= limit:
        raise TooManyReceiptKeys(limit=limit)
    key = ReceiptKey(
        id=act.ids.new_id(),
        vendor_id=vendor_id,
        program_id=program.id,
        location_id=location_id,
        code=new_code(KEY_CODE_LENGTH),
        name=check_field("name", texts.one_line, name, maximum=NAME_CHARACTERS),
        created_at=act.now,
    )
    secret = secrets.give(key, act.ids)
    session.add(key)
    session.flush()
    new = {"name": key.name, "program_id": key.program_id, "location_id": key.location_id}
    _record(session, act, "receipt_key.created", key, new=new)
    return secret, key


def list_keys(
    session: Session, vendor_id: VendorId, *, after_id: str | None = None, limit: int
) -> Sequence[ReceiptKey]:
    """Return up to `limit` keys of the vendor after `after_id`, also revoked ones, oldest first."""
    query = select(ReceiptKey).where(ReceiptKey.vendor_id == vendor_id)
    return paginate(session, query, ReceiptKey, after_id, limit)


def get_key(
    session: Session, vendor_id: VendorId, key_id: ReceiptKeyId, *, lock: bool = False
) -> ReceiptKey:
    """Return the vendor's key, held if so wanted. Raises ReceiptKeyNotFound."""
    return find_own(session, ReceiptKey, vendor_id, key_id, missing=ReceiptKeyNotFound, lock=lock)


def revoke_key(session: Session, act: Act, vendor_id: VendorId, key_id: ReceiptKeyId) -> ReceiptKey:
    """Revoke a key for good: what it has signed gives nothing any more.

    A second time changes nothing. Raises ReceiptKeyNotFound.
    """
    key = get_key(session, vendor_id, key_id, lock=True)
    if key.revoked_at is None:
        key.revoked_at = act.now
        _record(session, act, "receipt_key.revoked", key)
    return key
