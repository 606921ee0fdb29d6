"""Who stands at the till: from the staff fields of a request to a person."""

from datetime import datetime

from punchcard.accounts.subjects import Subject
from punchcard.kit.errors import invalid_field
from punchcard.kit.i18n import N_
from punchcard.loyalty.errors.staff import StaffPinRequired, StaffTokenInvalid
from punchcard.loyalty.operations import StaffIdentity
from punchcard.loyalty.staff.pin_verifier import PinVerifier
from punchcard.loyalty.staff.staff_tokens import StaffTokens, names


def identify_staff(
    verifier: PinVerifier,
    tokens: StaffTokens,
    subject: Subject,
    *,
    staff_pin: str | None = None,
    staff_id: str | None = None,
    staff_token: str | None = None,
    occurred_at: datetime | None = None,
) -> StaffIdentity | None:
    """Return the person who is proved by a token or by a PIN, or None when neither was given.

    Call it outside any transaction: a PIN costs one bcrypt and a commit of its own.
    Raises StaffTokenInvalid, StaffPinInvalid, StaffPinLocked, StaffPinRequired (named without
    proof), InvalidInput (both proofs at once).
    """
    if staff_token is not None:
        if staff_pin is not None:
            sentence = N_("Give either a staff PIN or a staff token.")
            raise invalid_field("staff_token", message=sentence)
        identity = tokens.verify(staff_token, subject, occurred_at=occurred_at)
        if staff_id is not None and not names(identity, staff_id):
            raise StaffTokenInvalid()
        return identity
    if staff_pin is not None:
        return verifier.verify(subject, staff_pin, staff_id)
    if staff_id is not None:
        raise StaffPinRequired()
    return None
