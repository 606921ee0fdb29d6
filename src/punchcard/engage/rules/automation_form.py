"""What an automation may look like: bounds, and what its parts must say together. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from punchcard.engage.rules.conditions import faults_of
from punchcard.engage.vocabulary import AutomationAction, AutomationStatus, ConditionField, Trigger
from punchcard.kit.errors import InvalidInput
from punchcard.kit.i18n import N_
from punchcard.kit.ids import LocationId, RewardId
from punchcard.loyalty.vocabulary import ProgramType

LIVE_LIMIT: Final = 20
"""How many automations of a program can be on or paused at once."""

AUTOMATION_BOUNDS: Final[Mapping[str, tuple[int, int]]] = {
    "points": (1, 1_000_000),
    "stamps": (1, 50),
    "valid_days": (1, 3660),
    "hold_out_percent": (0, 50),
    "limit_per_year": (1, 366),
    "days_before": (0, 90),
    "days": (7, 730),
    "visits": (2, 1000),
}

_GIVES: Final = {
    AutomationAction.GRANT: "reward_id",
    AutomationAction.POINTS: "points",
    AutomationAction.STAMPS: "stamps",
}
_NEEDED: Final[Mapping[Trigger, tuple[str, ...]]] = {
    Trigger.LAPSED: ("days",),
    Trigger.NTH_VISIT: ("visits",),
    Trigger.POINTS_EXPIRING: ("days_before",),
}
_ALLOWED: Final[Mapping[Trigger, tuple[str, ...]]] = {
    Trigger.BIRTHDAY: ("days_before",),
    Trigger.NTH_VISIT: ("visits", "every"),
    Trigger.TIER_REACHED: ("tier",),
    Trigger.LAPSED: ("days",),
    Trigger.POINTS_EXPIRING: ("days_before",),
}
_ONCE: Final = (Trigger.BIRTHDAY, Trigger.ANNIVERSARY, Trigger.JOINED, Trigger.FIRST_VISIT)

_Fault = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ProgramOffers:
    """What a program has that an automation may rest on: its rewards and tiers, dates of points.

    `locations` are those of its vendor, also closed ones, where cards may come from.
    """

    type: ProgramType
    has_point_ends: bool
    tiers: Sequence[str]
    rewards: frozenset[RewardId]
    locations: frozenset[LocationId] = frozenset()


def check_automation(automation: Mapping[str, Any], program: ProgramOffers) -> None:
    """Raise InvalidInput, naming each part of a whole automation that does not fit."""
    faults = [
        *_action_faults(automation, program),
        *_when_faults(automation["trigger"], automation.get("when") or {}),
        *_trigger_faults(automation, program),
        *_limit_faults(automation),
        *_quiet_faults(automation.get("quiet_hours")),
        *_condition_faults(automation.get("conditions") or (), program),
    ]
    if faults:
        raise InvalidInput(faults)


def check_status(before: AutomationStatus | None, after: AutomationStatus) -> None:
    """Raise InvalidInput for a status that an automation cannot be given by hand."""
    fresh = (None, AutomationStatus.DRAFT)
    sentence = None
    if after == AutomationStatus.DRAFT and before not in fresh:
        sentence = N_("An automation cannot become a draft again.")
    elif after == AutomationStatus.PAUSED and before in fresh:
        sentence = N_("Only an automation that is active can be paused.")
    elif after == AutomationStatus.ENDED and before in fresh:
        sentence = N_("Only an automation that is active can end.")
    if sentence is not None:
        raise InvalidInput([_fault("status", message=sentence)])


def _action_faults(automation: Mapping[str, Any], program: ProgramOffers) -> Iterator[_Fault]:
    action = automation["action"]
    if action == AutomationAction.MESSAGE:
        # The word is kept for it: segments and messages come with a version of their own.
        yield _fault("action", message=N_("Messages cannot be sent yet."))
        return
    needed = _GIVES[action]
    for name in (*_GIVES.values(), "valid_days"):
        is_part = name == needed or (name == "valid_days" and needed == "reward_id")
        if not is_part and automation.get(name) is not None:
            yield _fault(name, message=N_("This is no part of such an automation."))
    given = automation.get(needed)
    if given is None:
        yield _fault(needed, message=N_("Say what is given."))
    elif action == AutomationAction.GRANT and given not in program.rewards:
        yield _fault(needed, message=N_("The program offers no such reward."))
    lacking = {
        AutomationAction.POINTS: ProgramType.STAMPS,
        AutomationAction.STAMPS: ProgramType.POINTS,
    }.get(action)
    if lacking == program.type:
        yield _fault("action", message=N_("The program does not collect what would be given."))


def _when_faults(trigger: Trigger, when: Mapping[str, Any]) -> Iterator[_Fault]:
    for name in when:
        if when[name] is not None and name not in _ALLOWED.get(trigger, ()):
            yield _fault("when", name, message=N_("This is no part of such an automation."))
    for name in _NEEDED.get(trigger, ()):
        if when.get(name) is None:
            yield _fault("when", name, message=N_("Say when."))
    if trigger == Trigger.POINTS_EXPIRING and when.get("days_before") == 0:
        yield _fault("when", "days_before", message=N_("Must be at least a day."))


def _trigger_faults(automation: Mapping[str, Any], program: ProgramOffers) -> Iterator[_Fault]:
    trigger = automation["trigger"]
    if trigger == Trigger.POINTS_EXPIRING and not program.has_point_ends:
        yield _fault("trigger", message=N_("The program's points do not end."))
    if trigger != Trigger.TIER_REACHED:
        return
    wanted = (automation.get("when") or {}).get("tier")
    if not program.tiers:
        yield _fault("trigger", message=N_("The program has no tiers."))
    elif wanted is not None and wanted not in program.tiers:
        yield _fault("when", "tier", message=N_("The program has no such tier."))


def _condition_faults(
    conditions: Sequence[Mapping[str, Any]], program: ProgramOffers
) -> Iterator[_Fault]:
    faults = faults_of(conditions)
    yield from faults
    if faults:
        return
    for place, one in enumerate(conditions):
        if one["field"] == ConditionField.TIER and one["value"] not in program.tiers:
            yield _fault("conditions", place, "value", message=N_("The program has no such tier."))
        if one["field"] == ConditionField.LOCATION_ID and one["value"] not in program.locations:
            yield _fault("conditions", place, "value", message=N_("There is no such location."))


def _limit_faults(automation: Mapping[str, Any]) -> Iterator[_Fault]:
    if automation["trigger"] in _ONCE and automation.get("limit_per_year") != 1:
        yield _fault("limit_per_year", message=N_("This happens once a year at most: leave it 1."))


def _quiet_faults(quiet_hours: Mapping[str, str] | None) -> Iterator[_Fault]:
    if quiet_hours and quiet_hours["from"] == quiet_hours["to"]:
        yield _fault("quiet_hours", "to", message=N_("Must be another time than the beginning."))


def _fault(*loc: str | int, message: str) -> _Fault:
    return {"loc": list(loc), "message": message, "params": {}}
