"""What a program may promise for bringing a friend, and the friend: bounds, and what fits. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from punchcard.kit.i18n import N_
from punchcard.loyalty.vocabulary import ProgramType

REFERRAL_BOUNDS: Final[Mapping[str, tuple[int, int]]] = {
    "points": (1, 1_000_000),
    "stamps": (1, 50),
    "minimum_purchase_minor": (0, 1_000_000_000_000),
    "hold_days": (0, 90),
    "limit_per_year": (1, 366),
}
SIDES: Final = ("referrer", "friend")

_GIVES: Final = ("points", "stamps", "reward_id")
_LACKS: Final = {"points": ProgramType.STAMPS, "stamps": ProgramType.POINTS}

_Fault = dict[str, Any]


def referral_faults(
    referral: Mapping[str, Any], program_type: ProgramType, rewards: frozenset[str]
) -> Iterator[_Fault]:
    """Give the faults of what is promised; `rewards` are those that the program offers."""
    for side in SIDES:
        yield from _side_faults(side, referral.get(side) or {}, program_type, rewards)
    if not any(referral.get(side) for side in SIDES):
        yield _fault("friend", message=N_("Say what is given, to one of them at least."))
    if referral.get("minimum_purchase_minor") and program_type == ProgramType.STAMPS:
        sentence = N_("A program of stamps alone is told no amounts.")
        yield _fault("minimum_purchase_minor", message=sentence)


def rewards_of(referral: Mapping[str, Any]) -> set[str]:
    """Return the rewards that are promised."""
    promised = ((referral.get(side) or {}).get("reward_id") for side in SIDES)
    return {reward_id for reward_id in promised if reward_id}


def _side_faults(
    side: str, gives: Mapping[str, Any], program_type: ProgramType, rewards: frozenset[str]
) -> Iterator[_Fault]:
    given = [name for name in _GIVES if gives.get(name) is not None]
    if len(given) > 1:
        yield _fault(side, given[-1], message=N_("One of them is given, not several."))
    for name in given:
        if _LACKS.get(name) == program_type:
            sentence = N_("The program does not collect what would be given.")
            yield _fault(side, name, message=sentence)
    if gives.get("reward_id") and gives["reward_id"] not in rewards:
        yield _fault(side, "reward_id", message=N_("The program offers no such reward."))


def _fault(*loc: str, message: str) -> _Fault:
    return {"loc": ["referral", *loc], "message": message, "params": {}}
