"""Forms that count once, however often they are sent.

A double click, a reload or a way back sends the same form again. What it holds beside its fields
becomes the idempotency key of what it asks the till for, so the till gives its first answer again.
"""

import hmac
import json
from typing import Final

from punchcard.accounts.subjects import NOBODY, Subject
from punchcard.kit.ids import VendorId, as_id
from punchcard.kit.validation.request_keys import FORM
from punchcard.loyalty.errors.till import IdempotencyKeyReused
from punchcard.loyalty.till.receipt import Receipt
from punchcard.loyalty.till.requests import (
    OperationBuilder,
    OperationCaller,
    RequestDetails,
    StaffProof,
    TillCall,
)
from punchcard.web.pages.errors import FormExpired
from punchcard.web.pages.forms import Form
from punchcard.web.pages.page_request import CSRF_FIELD, PageRequest

FORM_KEY_FIELD: Final = "form_key"
# A proof may be typed anew for the same thing, and a digest of a PIN would give it away.
_NOT_SAID: Final = frozenset({CSRF_FIELD, FORM_KEY_FIELD, "staff_pin"})


def submit(
    request: PageRequest,
    form: Form,
    do: TillCall,
    *,
    staff_pin: str | None = None,
    public_at: VendorId | None = None,
    subject: Subject = NOBODY,
) -> Receipt:
    """Do once what a form asks for, for whoever is signed in; return the receipt.

    With `public_at`, a vendor's id, the public asks, whoever may be signed in: nobody, or the
    `subject` that a customer has shown to be.
    Raises FormExpired when the form came before, with something else in it, and what `do` and
    OperationBuilder refuse.
    """
    context = request.context
    caller = OperationCaller(
        subject=subject if public_at else request.subject,
        vendor_id=public_at or request.vendor_id,
        request_id=request.request_id,
        address=request.address or None,
        user_agent=request.user_agent,
    )
    key, fingerprint = _form_key(request, form)
    details = RequestDetails(
        proof=StaffProof.of(pin=staff_pin), idempotency_key=key, fingerprint=fingerprint
    )
    builder = OperationBuilder(context.loyalty.operation_services, caller)
    try:
        return builder.submit(context.loyalty.till, details, do)
    except IdempotencyKeyReused:
        raise FormExpired from None


def _form_key(request: PageRequest, form: Form) -> tuple[str | None, bytes | None]:
    """Return the key and fingerprint of a form that includes `parts/form_key.html`; else nothing.

    The key is the visitor's own: nobody is given the answer to another's form.
    """
    form_id = as_id(form.value(FORM_KEY_FIELD))
    if form_id is None:
        return None, None
    # With the key that the form was made with: sent again after a change of keys it is the same.
    secrets = request.context.settings.keys.derived("punchcard forms that count once")
    secret = secrets[request.form_key]
    key = hmac.digest(secret, f"{request.shown_csrf} {form_id}".encode(), "sha256").hex()
    said = sorted(field for field in form.sent() if field[0] not in _NOT_SAID)
    # Made with a key: it stays in the ledger, and a form may hold names and addresses.
    body = json.dumps([request.http.url.path, said]).encode()
    return f"{FORM}{key}", hmac.digest(secret, body, "sha256")
