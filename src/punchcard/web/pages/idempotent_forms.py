"""Forms that count once, however often they are sent.

A double click, a reload or a way back sends the same form again. What it holds beside its fields
becomes the idempotency key of what it asks the till for, so the till gives its first answer again.
"""

import hmac
import json
from typing import Final, NamedTuple

from punchcard.kit.ids import as_id
from punchcard.kit.secrets import derive_key
from punchcard.loyalty.errors import IdempotencyKeyReused
from punchcard.loyalty.operations import Operation
from punchcard.loyalty.till.receipt import Receipt
from punchcard.web.pages.errors import FormExpired
from punchcard.web.pages.forms import Form
from punchcard.web.pages.page_request import CSRF_FIELD, PageRequest

FORM_KEY_FIELD: Final = "form_key"
# A proof may be typed anew for the same thing, and a digest of a PIN would give it away.
_NOT_SAID: Final = frozenset({CSRF_FIELD, FORM_KEY_FIELD, "staff_pin"})


class FormKey(NamedTuple):
    """What an operation carries so that it is done once; see `operations.Operation`."""

    idempotency_key: str | None = None
    fingerprint: bytes | None = None


def form_key(request: PageRequest, form: Form) -> FormKey:
    """Return the key and fingerprint of a form that includes `parts/form_key.html`; else nothing.

    The key is the visitor's own: nobody is given the answer to another's form.
    """
    form_id = as_id(form.value(FORM_KEY_FIELD))
    if form_id is None:
        return FormKey()
    secret = derive_key(request.context.settings.secret_key, "punchcard forms that count once")
    key = hmac.digest(secret, f"{request.csrf} {form_id}".encode(), "sha256").hex()
    said = sorted(field for field in form.sent() if field[0] not in _NOT_SAID)
    # Made with a key: it stays in the ledger, and a form may hold names and addresses.
    body = json.dumps([request.http.url.path, said]).encode()
    return FormKey(idempotency_key=f"form:{key}", fingerprint=hmac.digest(secret, body, "sha256"))


def submit(request: PageRequest, operation: Operation) -> Receipt:
    """Ask the till. Raises FormExpired when the form came before, with something else in it."""
    try:
        return request.context.till.submit(operation)
    except IdempotencyKeyReused:
        raise FormExpired from None
