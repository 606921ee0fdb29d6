"""Idempotency keys: those that callers choose, and those by which Punchcard itself asks its till.

They stand in one row of the ledger. Whoever could use one of Punchcard's own first would keep a
receipt from being booked, or a reward from being given.
"""

import re
from typing import Final

from punchcard.kit.i18n import N_
from punchcard.kit.validation.invalid import InvalidValue

AUTOMATION: Final = "automation:"
CLAIM: Final = "claim:"
FORM: Final = "form:"
IMPORT: Final = "import:"
INTEGRATION: Final = "integration:"
REFERRAL: Final = "referral:"
OWN: Final = (AUTOMATION, CLAIM, FORM, IMPORT, INTEGRATION, REFERRAL)
"""What keys of Punchcard's own begin with; an id or a digest follows."""

# An id has 36 of these, a digest 64. https://www.rfc-editor.org/rfc/rfc9562
_OWN_KEY: Final = rf"(?:{'|'.join(OWN)})[0-9A-Fa-f-]{{36}}"
_CALLERS: Final = re.compile(rf"(?!{_OWN_KEY})[!-~]{{1,128}}")
_ANY: Final = re.compile(r"[!-~]{1,128}")


def request_key(text: str) -> str:
    """Return a key that a caller chose. Raises InvalidValue, also for one of Punchcard's own."""
    if _CALLERS.fullmatch(text) is not None:
        return text
    if _ANY.fullmatch(text) is None:
        raise InvalidValue(N_("Must consist of 1 to 128 visible ASCII characters."))
    raise InvalidValue(N_("Punchcard itself uses keys that begin like this. Choose another one."))
