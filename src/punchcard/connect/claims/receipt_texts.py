"""Receipts that a till signs by itself: `{key}.{minor}.{reference}.{unix}.{mac}`.

The MAC is HMAC-SHA-256 (RFC 2104) over the four parts before it with their dots, keyed with the
secret as it is shown, cut to its first 128 bits, in base64url without padding (RFC 4648, 5).
Any till can do that in some lines: docs/connections.md has them, with vectors.
"""

import hashlib
import hmac
import re
from datetime import UTC, datetime
from typing import Final, NamedTuple

from punchcard.connect.claims.vocabulary import KEY_CODE_LENGTH
from punchcard.kit.security.spoken_codes import as_code
from punchcard.kit.security.url_base64 import to_url_base64

MAC_BYTES: Final = 16
AMOUNT_LIMIT_MINOR: Final = 1_000_000_000_000

# The reference may hold dots: it is what the four parts of known form leave between them.
_FORM: Final = re.compile(
    r"(?P<key>[^.]{8})\.(?P<minor>0|[1-9][0-9]{0,12})\.(?P<reference>[A-Za-z0-9._~-]{1,64})"
    r"\.(?P<unix>[1-9][0-9]{8,10})\.(?P<mac>[A-Za-z0-9_-]{22})"
)


class SignedReceipt(NamedTuple):
    """What a signed receipt tells; an amount of 0 is a test of the till.

    `signed` is what its MAC is over.
    """

    key: str
    amount_minor: int
    reference: str
    occurred_at: datetime
    signed: str
    mac: str

    @property
    def is_test(self) -> bool:
        """Return whether it was printed to see whether a till signs right."""
        return self.amount_minor == 0


def parse_receipt(text: str) -> SignedReceipt | None:
    """Return what a text in the signed form tells, whoever wrote it; None for any other text."""
    found = _FORM.fullmatch(text)
    if found is None or as_code(found["key"], KEY_CODE_LENGTH) != found["key"]:
        return None
    amount_minor = int(found["minor"])
    if amount_minor > AMOUNT_LIMIT_MINOR:
        return None
    return SignedReceipt(
        key=found["key"],
        amount_minor=amount_minor,
        reference=found["reference"],
        occurred_at=datetime.fromtimestamp(int(found["unix"]), UTC),
        signed=text[: found.start("mac") - 1],
        mac=found["mac"],
    )


def mac_of(signed: str, secret: str) -> str:
    """Return the MAC of `{key}.{minor}.{reference}.{unix}` as it stands on the receipt."""
    digest = hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest()
    return to_url_base64(digest[:MAC_BYTES])


def is_signed_with(receipt: SignedReceipt, secret: str) -> bool:
    """Return whether the receipt was signed with this secret; takes as long either way."""
    return hmac.compare_digest(receipt.mac, mac_of(receipt.signed, secret))


def receipt_text(
    key: str, secret: str, *, amount_minor: int, reference: str, occurred_at: datetime
) -> str:
    """Return what a till prints, behind `BASE/r/`."""
    signed = f"{key}.{amount_minor}.{reference}.{int(occurred_at.timestamp())}"
    return f"{signed}.{mac_of(signed, secret)}"
