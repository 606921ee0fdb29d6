"""What a program may say about when points and stamps end. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from punchcard.kit.i18n import N_
from punchcard.loyalty.vocabulary import ExpiryKind

EXPIRY_BOUNDS: Final[Mapping[str, tuple[int, int]]] = {
    "points_activation_days": (0, 90),
    "return_grace_days": (0, 365),
}
EXPIRY_MONTHS: Final = (1, 120)
NOTICE_DAYS: Final = (1, 365)
NOTICES_LIMIT: Final = 5
DEFAULT_NOTICE_DAYS: Final = (30, 7)

_COUNTED_IN_MONTHS: Final = (ExpiryKind.FIXED, ExpiryKind.INACTIVITY)


def expiry_faults(fields: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what is wrong with each of the given rules of expiry: `{loc, message, params}`."""
    faults = []
    for name in ("points_expiry", "stamps_expiry"):
        expiry = fields.get(name)
        if expiry and expiry["kind"] in _COUNTED_IN_MONTHS and not expiry.get("months"):
            sentence = N_("Say after how many months.")
            faults.append({"loc": [name, "months"], "message": sentence, "params": {}})
    notices: Sequence[int] = fields.get("expiry_notice_days") or ()
    if len(set(notices)) < len(notices):
        sentence = N_("The same number of days stands there twice.")
        faults.append({"loc": ["expiry_notice_days"], "message": sentence, "params": {}})
    return faults
