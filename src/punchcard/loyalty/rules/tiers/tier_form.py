"""What a program may say about its tiers: bounds, and what must fit together. Pure."""

import re
from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

from punchcard.kit.i18n import N_
from punchcard.loyalty.rules.tiers.tier_plan import basis_of
from punchcard.loyalty.vocabulary import ProgramType, TierBasis, TierDowngrade, TierWindow

TIERS_LIMIT: Final = 6
"""How many tiers a program has at most."""
TIER_GRANTS_LIMIT: Final = 5
"""How many rewards a tier gives at most."""
TIER_BOUNDS: Final[Mapping[str, tuple[int, int]]] = {
    "tier_holds_months": (0, 60),
    "tier_grace_days": (0, 365),
}
THRESHOLD_BOUNDS: Final = (0, 1_000_000_000_000)
TIER_KEY_PATTERN: Final = "[A-Za-z][A-Za-z0-9_-]{0,39}"
"""Never digits alone: some readers of JSON would sort those before other names."""
EARN_FACTOR_PATTERN: Final = r"([1-9]\.[0-9]{3}|10\.000)"
"""From 1.000 to 10.000, with three digits after the point: no tier takes points away."""
TIER_CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "tier_basis": tuple(TierBasis),
    "tier_window": tuple(TierWindow),
    "tier_downgrade": tuple(TierDowngrade),
}
TIER_RULES: Final = (*TIER_CHOICES, *TIER_BOUNDS)
"""The fields of a program that say how cards move between its tiers."""

_PLAIN_FACTOR: Final = "1.000"

_Fault = dict[str, Any]
Document = Mapping[str, Any]


def tier_faults(program: Document, rewards: Collection[str]) -> list[_Fault]:
    """Return what is wrong with the tiers of a whole program: `{loc, message, params}`.

    `rewards` are the ids of those in its catalogue.
    """
    tiers = program.get("tiers") or ()
    return [
        *_rule_faults(program),
        *_threshold_faults(tiers),
        *_key_faults(tiers),
        *_factor_faults(tiers, program["type"]),
        *_grant_faults(tiers, rewards),
    ]


def idle_tier_faults(program: Document, asked: Collection[str]) -> list[_Fault]:
    """Return which of the fields that are `asked` for anew have no effect in a whole program."""
    if is_endless(program):
        sentence = N_("What counts for ever ends on no date: choose a window first.")
    elif not has_dates(program):
        sentence = N_("Nobody falls from these tiers, so they end on no date: leave it out.")
    else:
        return []
    names = [name for name in TIER_BOUNDS if name in asked and program.get(name)]
    return [_fault(name, message=sentence) for name in names]


def has_dates(program: Document) -> bool:
    """Return whether a tier of the program that is reached has a date to which it is kept."""
    falls = program.get("tier_downgrade") not in (None, TierDowngrade.NEVER)
    return falls and not is_endless(program)


def is_endless(program: Document) -> bool:
    """Return whether all that was ever collected counts towards the tiers."""
    return program.get("tier_window") in (None, TierWindow.LIFETIME)


def given_by(tiers: Sequence[Document] | None) -> set[str]:
    """Return the ids of all rewards that tiers give."""
    return {reward_id for tier in tiers or () for reward_id in tier["grants"]}


def kept_tiers(tiers: Sequence[Document] | None) -> list[dict[str, Any]] | None:
    """Return tiers as a program keeps them, with all their fields; None for none."""
    if not tiers:
        return None
    plain = {"texts": {}, "earn_factor": _PLAIN_FACTOR, "grants": [], "branding": {}}
    return [{**plain, **one} for one in tiers]


def _rule_faults(program: Document) -> list[_Fault]:
    faults = []
    named = program.get("tier_basis")
    basis = basis_of({"basis": named}, program["type"])
    lacking = {
        ProgramType.STAMPS: (TierBasis.POINTS, TierBasis.SPEND_MINOR),
        ProgramType.POINTS: (TierBasis.STAMPS,),
        ProgramType.HYBRID: (),
    }[ProgramType(program["type"])]
    if basis in lacking:
        sentence = N_("The program does not collect what is to count towards its tiers.")
        faults.append(_fault("tier_basis", message=sentence))
    return faults


def _threshold_faults(tiers: Sequence[Document]) -> list[_Fault]:
    faults = []
    if tiers and tiers[0]["threshold"] != 0:
        sentence = N_("The lowest tier begins at 0: every card is in it.")
        faults.append(_fault("tiers", 0, "threshold", message=sentence))
    for place, (one, following) in enumerate(pairwise(tiers), start=1):
        if following["threshold"] <= one["threshold"]:
            sentence = N_("Each tier takes more than the one before it.")
            faults.append(_fault("tiers", place, "threshold", message=sentence))
    return faults


def _key_faults(tiers: Sequence[Document]) -> list[_Fault]:
    faults, seen = [], set[str]()
    for place, tier in enumerate(tiers):
        if tier["key"] in seen:
            sentence = N_("The same key stands there twice.")
            faults.append(_fault("tiers", place, "key", message=sentence))
        seen.add(tier["key"])
        if not re.fullmatch(TIER_KEY_PATTERN, tier["key"]):
            sentence = N_("Must begin with a letter, and have letters, digits, - and _ only.")
            faults.append(_fault("tiers", place, "key", message=sentence))
    return faults


def _factor_faults(tiers: Sequence[Document], program_type: str) -> list[_Fault]:
    faults = []
    for place, tier in enumerate(tiers):
        factor = tier.get("earn_factor") or _PLAIN_FACTOR
        if not re.fullmatch(EARN_FACTOR_PATTERN, factor):
            sentence = N_("Must be between 1.000 and 10.000, with three digits after the point.")
            faults.append(_fault("tiers", place, "earn_factor", message=sentence))
        elif factor != _PLAIN_FACTOR and program_type == ProgramType.STAMPS:
            sentence = N_("There are no points here that could count more.")
            faults.append(_fault("tiers", place, "earn_factor", message=sentence))
    return faults


def _grant_faults(tiers: Sequence[Document], rewards: Collection[str]) -> list[_Fault]:
    faults = []
    for place, tier in enumerate(tiers):
        grants = tier.get("grants") or ()
        if grants and place == 0:
            sentence = N_("Nobody reaches the lowest tier: every card is in it from the beginning.")
            faults.append(_fault("tiers", place, "grants", message=sentence))
        for number, reward_id in enumerate(grants):
            if reward_id not in rewards:
                sentence = N_("There is no such reward.")
                faults.append(_fault("tiers", place, "grants", number, message=sentence))
            elif reward_id in grants[:number]:
                sentence = N_("The same reward stands there twice.")
                faults.append(_fault("tiers", place, "grants", number, message=sentence))
    return faults


def _fault(*loc: str | int, message: str, **params: Any) -> _Fault:
    return {"loc": list(loc), "message": message, "params": params}
