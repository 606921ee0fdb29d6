"""What a promotion may look like: bounds, and what its parts must say together. Pure."""

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any, Final

from punchcard.kit.errors import InvalidInput
from punchcard.kit.i18n import N_
from punchcard.loyalty.rules.promotions.promotion_offer import DAY_MINUTES, minutes_of
from punchcard.loyalty.vocabulary import EffectKind, ProgramType, PromotionStatus

LIVE_LIMIT: Final = 20
"""How many promotions of a program can be on, or about to be, or paused, at once."""

LATE_ENDS_DAYS: Final = 10
"""How long after its last day a promotion is still known to the till: for purchases told late."""

PROMOTION_BOUNDS: Final[Mapping[str, tuple[int, int]]] = {
    "points": (1, 1_000_000),
    "stamps": (1, 50),
    "minimum_purchase_minor": (0, 1_000_000_000_000),
    "times": (1, 1000),
    "budget": (1, 1_000_000_000),
}
FACTOR_PATTERN: Final = r"(0\.(00[1-9]|0[1-9][0-9]|[1-9][0-9]{2})|[1-9]\.[0-9]{3}|10\.000)"
"""From 0.001 to 10.000, with three digits after the point."""
_PLAIN_FACTOR: Final = "1.000"

TIME_PATTERN: Final = r"([01][0-9]|2[0-3]):[0-5][0-9]"
WINDOWS_LIMIT: Final = 14
PLACES_LIMIT: Final = 200
ITEMS_LIMIT: Final = 200
TIERS_LIMIT: Final = 6

_NOT_A_DRAFT_AGAIN = N_("A promotion cannot become a draft again.")

_Fault = dict[str, Any]


def check_promotion(
    promotion: Mapping[str, Any],
    *,
    program_type: ProgramType,
    tier_keys: Sequence[str],
    changed: Collection[str],
) -> None:
    """Raise InvalidInput, naming each part of a whole promotion that does not fit.

    `tier_keys` are those that its program has. What could never give anything is refused when it
    is asked for, among the fields that are `changed`: one that stands there can be paused, and end.
    """
    faults = [
        *_effect_faults(promotion["effect"], program_type),
        *_date_faults(promotion),
        *_window_faults(promotion.get("windows") or ()),
        *_budget_faults(promotion, changed),
        *_tier_faults(promotion.get("tier_keys") or (), tier_keys),
    ]
    if promotion.get("segment_id"):
        faults.append(_fault("segment_id", message=N_("There is no such segment.")))
    if faults:
        raise InvalidInput(faults)


def check_status(before: PromotionStatus | None, after: PromotionStatus) -> None:
    """Raise InvalidInput for a status that a promotion cannot be given by hand."""
    fault: _Fault | None = None
    if after == PromotionStatus.DRAFT and before not in (None, PromotionStatus.DRAFT):
        fault = _fault("status", message=_NOT_A_DRAFT_AGAIN)
    elif after == PromotionStatus.PAUSED and before in (None, PromotionStatus.DRAFT):
        fault = _fault("status", message=N_("Only a promotion that is active can be paused."))
    elif after == PromotionStatus.ENDED and before in (None, PromotionStatus.DRAFT):
        fault = _fault("status", message=N_("Only a promotion that is active can end."))
    if fault is not None:
        raise InvalidInput([fault])


def status_on(
    status: PromotionStatus, starts_on: date | None, ends_on: date | None, day: date
) -> PromotionStatus:
    """Return where a promotion stands on a day of its program: an active one by its dates."""
    if status in (PromotionStatus.DRAFT, PromotionStatus.ENDED):
        return status
    if ends_on is not None and ends_on < day:
        return PromotionStatus.ENDED
    if status == PromotionStatus.ACTIVE and starts_on is not None and starts_on > day:
        return PromotionStatus.SCHEDULED
    return status


def _effect_faults(effect: Mapping[str, Any], program_type: ProgramType) -> list[_Fault]:
    kind = effect["kind"]
    needed = {
        EffectKind.MULTIPLY: "factor",
        EffectKind.ADD_POINTS: "points",
        EffectKind.ADD_STAMPS: "stamps",
    }[kind]
    faults = []
    if effect.get(needed) is None:
        faults.append(_fault("effect", needed, message=N_("Say how much.")))
    for name in ("factor", "points", "stamps"):
        if name != needed and effect.get(name) is not None:
            sentence = N_("This is no part of such a promotion.")
            faults.append(_fault("effect", name, message=sentence))
    lacking = ProgramType.POINTS if kind == EffectKind.ADD_STAMPS else ProgramType.STAMPS
    if program_type == lacking:
        sentence = N_("The program does not collect what the promotion gives.")
        faults.append(_fault("effect", "kind", message=sentence))
    if effect.get("factor") and not re.fullmatch(FACTOR_PATTERN, effect["factor"]):
        sentence = N_("Must be between 0.001 and 10.000, with three digits after the point.")
        faults.append(_fault("effect", "factor", message=sentence))
    if effect.get("factor") == _PLAIN_FACTOR:
        faults.append(_fault("effect", "factor", message=N_("Once is what points count anyway.")))
    return faults


def _date_faults(promotion: Mapping[str, Any]) -> list[_Fault]:
    starts_on, ends_on = promotion.get("starts_on"), promotion.get("ends_on")
    if starts_on and ends_on and ends_on < starts_on:
        return [_fault("ends_on", message=N_("Must not be before the first day."))]
    return []


def _window_faults(windows: Sequence[Mapping[str, Any]]) -> list[_Fault]:
    faults = []
    for place, window in enumerate(windows):
        begins, ends = minutes_of(window["from"]), minutes_of(window["to"])
        if begins % DAY_MINUTES == ends % DAY_MINUTES and (begins, ends) != (0, DAY_MINUTES):
            sentence = N_("Must be another time than the beginning.")
            faults.append(_fault("windows", place, "to", message=sentence))
        if len(set(window["weekdays"])) < len(window["weekdays"]):
            sentence = N_("The same day stands there twice.")
            faults.append(_fault("windows", place, "weekdays", message=sentence))
    return faults


def _budget_faults(promotion: Mapping[str, Any], changed: Collection[str]) -> list[_Fault]:
    budget = promotion.get("budget")
    if not budget:
        return []
    effect = promotion["effect"]
    gives = "stamps" if effect["kind"] == EffectKind.ADD_STAMPS else "points"
    other = "points" if gives == "stamps" else "stamps"
    faults = []
    takes = effect["kind"] == EffectKind.MULTIPLY and str(effect.get("factor")) <= "1.000"
    if takes or budget.get(other) is not None:
        place = gives if takes else other
        faults.append(_fault("budget", place, message=N_("The promotion gives none of these.")))
    elif budget.get(gives) is None:
        faults.append(_fault("budget", gives, message=N_("Say how much.")))
    elif budget[gives] < promotion.get(f"{gives}_given", 0):
        sentence = N_("Must be at least {given}: so much was given already.")
        given = promotion[f"{gives}_given"]
        faults.append(_fault("budget", gives, message=sentence, given=given))
    elif budget[gives] < (least := effect.get(gives) or 0) and {"effect", "budget"} & {*changed}:
        sentence = N_("Must be at least {least}: the promotion gives so much at once, or nothing.")
        faults.append(_fault("budget", gives, message=sentence, least=least))
    return faults


def _tier_faults(asked: Sequence[str], known: Sequence[str]) -> list[_Fault]:
    sentence = N_("The program has no such tier.")
    return [
        _fault("tier_keys", place, message=sentence)
        for place, key in enumerate(asked)
        if key not in known
    ]


def _fault(*loc: str | int, message: str, **params: Any) -> _Fault:
    return {"loc": list(loc), "message": message, "params": params}
