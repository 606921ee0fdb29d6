"""What a program may say about when points and stamps end. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from punchcard.kit.i18n import N_
from punchcard.loyalty.vocabulary import ExpiryKind, ExpiryRounding, ProgramType

EXPIRY_BOUNDS: Final[Mapping[str, tuple[int, int]]] = {
    "points_activation_days": (0, 90),
    "return_grace_days": (0, 365),
}
EXPIRY_MONTHS: Final = (1, 120)
NOTICE_DAYS: Final = (1, 365)
NOTICES_LIMIT: Final = 5
DEFAULT_NOTICE_DAYS: Final = (30, 7)

EXPIRIES: Final = ("points_expiry", "stamps_expiry")
"""The fields of a program that say when what is collected ends."""

_COUNTED_IN_MONTHS: Final = (ExpiryKind.FIXED, ExpiryKind.INACTIVITY)
_LACKS: Final[Mapping[str, ProgramType]] = {
    "points_expiry": ProgramType.STAMPS,
    "stamps_expiry": ProgramType.POINTS,
}

_PLAIN: Final = ExpiryRounding.DAY

_Fault = dict[str, Any]


def expiry_faults(fields: Mapping[str, Any]) -> list[_Fault]:
    """Return what is wrong with each of the given rules of expiry: `{loc, message, params}`."""
    faults = []
    for name in EXPIRIES:
        expiry = fields.get(name)
        if expiry and expiry["kind"] in _COUNTED_IN_MONTHS and not expiry.get("months"):
            faults.append(_fault(name, "months", message=N_("Say after how many months.")))
    notices: Sequence[int] = fields.get("expiry_notice_days") or ()
    if len(set(notices)) < len(notices):
        sentence = N_("The same number of days stands there twice.")
        faults.append(_fault("expiry_notice_days", message=sentence))
    return faults


def idle_faults(changed: Mapping[str, Any], program_type: str) -> list[_Fault]:
    """Return what has no effect of changed rules of expiry: `{loc, message, params}`."""
    faults = []
    for name in EXPIRIES:
        expiry = changed.get(name)
        if not expiry:
            continue
        if expiry["kind"] != ExpiryKind.NEVER and program_type == _LACKS[name]:
            sentence = N_("The program does not collect what is to end.")
            faults.append(_fault(name, "kind", message=sentence))
        sentence = N_("This kind of end does not count it: leave it out.")
        faults += [_fault(name, part, message=sentence) for part in _idle_parts(expiry)]
    if changed.get("points_activation_days") and program_type == ProgramType.STAMPS:
        sentence = N_("The program does not collect points.")
        faults.append(_fault("points_activation_days", message=sentence))
    return faults


def idle_notices() -> _Fault:
    """Return what is wrong with notices where nothing ends."""
    sentence = N_("Nothing ends that could be told: say when points or stamps end first.")
    return _fault("expiry_notice_days", message=sentence)


def is_ending(expiry: Mapping[str, Any] | None) -> bool:
    """Return whether what is given from now on ends by an expiry."""
    return expiry is not None and expiry["kind"] != ExpiryKind.NEVER


def has_ends(program: Mapping[str, Any]) -> bool:
    """Return whether anything that a whole program gives from now on ends."""
    return any(
        is_ending(program.get(name)) and program["type"] != _LACKS[name] for name in EXPIRIES
    )


def without_idle(
    before: Mapping[str, Any] | None, asked: Mapping[str, Any] | None
) -> Mapping[str, Any] | None:
    """Return an expiry that is asked for without what it had `before` and has no effect any more.

    What is new and has none is left for `idle_faults`, and so is one that stays as it was.
    """
    if not asked or not before or asked["kind"] == before["kind"]:
        return asked
    left = {part for part in _idle_parts(asked) if asked[part] == before.get(part)}
    fresh = {"months": None, "round_to": _PLAIN}
    return {name: fresh[name] if name in left else value for name, value in asked.items()}


def _idle_parts(expiry: Mapping[str, Any]) -> list[str]:
    """Return the parts of an expiry that are set and have no effect with its kind."""
    kind = expiry["kind"]
    parts = []
    if kind not in _COUNTED_IN_MONTHS and expiry.get("months") is not None:
        parts.append("months")
    # The end of a year is that of its month, too: rounded or not, it is the same day.
    if kind == ExpiryKind.NEVER and expiry.get("round_to", _PLAIN) not in (None, _PLAIN):
        parts.append("round_to")
    return parts


def _fault(*loc: str, message: str) -> _Fault:
    return {"loc": list(loc), "message": message, "params": {}}
