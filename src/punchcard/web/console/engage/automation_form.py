"""The fields of an automation's page, read and shown again."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from punchcard.engage.models import Automation
from punchcard.engage.rules.automation_form import AUTOMATION_BOUNDS
from punchcard.engage.vocabulary import AutomationAction, ConditionField, ConditionOp, Trigger
from punchcard.kit.i18n import N_
from punchcard.kit.validation.texts import NAME_CHARACTERS
from punchcard.loyalty.models import LoyaltyProgram, Reward
from punchcard.loyalty.rules.dated.expiry_rules import is_ending
from punchcard.loyalty.rules.promotions.promotion_form import TIME_PATTERN
from punchcard.loyalty.vocabulary import ProgramType
from punchcard.web.pages.forms import Form
from punchcard.web.pages.labels.automations import ACTIONS, TRIGGERS

_LACKING: Final = {
    ProgramType.STAMPS: AutomationAction.POINTS,
    ProgramType.POINTS: AutomationAction.STAMPS,
}
_ONCE: Final = (Trigger.BIRTHDAY, Trigger.ANNIVERSARY, Trigger.JOINED, Trigger.FIRST_VISIT)
_MOST_VISITS: Final = 1000


def triggers_of(program: LoyaltyProgram) -> list[tuple[str, str]]:
    """Return what can set automations of a program off, with what it is called."""
    lacking = set()
    if not program.tiers:
        lacking.add(Trigger.TIER_REACHED)
    if not is_ending(program.points_expiry):
        lacking.add(Trigger.POINTS_EXPIRING)
    return [(trigger, label) for trigger, label in TRIGGERS.items() if trigger not in lacking]


def actions_of(program: LoyaltyProgram, rewards: Sequence[Reward]) -> list[tuple[str, str]]:
    """Return what automations of a program can give: what it has."""
    lacking = {_LACKING.get(program.type), None if rewards else AutomationAction.GRANT}
    return [(action, label) for action, label in ACTIONS.items() if action not in lacking]


def initial_of(automation: Automation | None, actions: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Return what the form shows of an automation before anybody typed."""
    if automation is None:
        return {
            "trigger": Trigger.BIRTHDAY,
            "action": actions[0][0],
            "days_before": 0,
            "valid_days": 14,
            "hold_out_percent": 10,
            "limit_per_year": 1,
            "quiet_from": "21:00",
            "quiet_to": "08:00",
        }
    when, quiet = automation.when, automation.quiet_hours or {}
    return {
        "name": automation.name,
        "trigger": automation.trigger,
        "days_before": when.get("days_before"),
        "days": when.get("days"),
        "visits": when.get("visits"),
        "every": bool(when.get("every")),
        "tier": when.get("tier") or "",
        "action": automation.action,
        "reward_id": automation.reward_id or "",
        "points": automation.points,
        "stamps": automation.stamps,
        "valid_days": automation.valid_days,
        "hold_out_percent": automation.hold_out_percent,
        "limit_per_year": automation.limit_per_year,
        "quiet_from": quiet.get("from"),
        "quiet_to": quiet.get("to"),
        "least_visits": _least_visits(automation.conditions),
    }


def read_automation(
    form: Form,
    program: LoyaltyProgram,
    rewards: Sequence[Reward],
    before: Automation | None = None,
) -> dict[str, Any]:
    """Return an automation as typed; what is wrong is None, and noted in the form.

    Conditions of `before` that the form does not show stay.
    """
    trigger = form.choice("trigger", [one for one, _ in triggers_of(program)])
    action = form.choice("action", [one for one, _ in actions_of(program, rewards)])
    limit = _whole(form, "limit_per_year", required=False)
    return {
        "name": form.text("name", required=False, limit=NAME_CHARACTERS),
        "trigger": trigger,
        "when": _read_when(form, trigger),
        "action": action,
        "reward_id": _read_reward(form, rewards) if action == AutomationAction.GRANT else None,
        "valid_days": _whole(form, "valid_days", required=False)
        if action == AutomationAction.GRANT
        else None,
        "points": _whole(form, "points") if action == AutomationAction.POINTS else None,
        "stamps": _whole(form, "stamps") if action == AutomationAction.STAMPS else None,
        "hold_out_percent": _whole(form, "hold_out_percent"),
        "limit_per_year": 1 if trigger in _ONCE else limit,
        "quiet_hours": _read_quiet(form),
        "conditions": _read_conditions(form, before.conditions if before else ()),
    }


def _whole(form: Form, name: str, *, required: bool = True) -> int | None:
    minimum, maximum = AUTOMATION_BOUNDS[name]
    return form.whole(name, minimum=minimum, maximum=maximum, required=required)


def _read_when(form: Form, trigger: str | None) -> dict[str, Any]:
    if trigger in (Trigger.BIRTHDAY, Trigger.POINTS_EXPIRING):
        is_needed = trigger == Trigger.POINTS_EXPIRING
        days = _whole(form, "days_before", required=is_needed)
        return {"days_before": days or 0}
    if trigger == Trigger.LAPSED:
        return {"days": _whole(form, "days")}
    if trigger == Trigger.NTH_VISIT:
        return {"visits": _whole(form, "visits"), "every": form.is_on("every")}
    if trigger == Trigger.TIER_REACHED and form.value("tier"):
        return {"tier": form.value("tier")}
    return {}


def _read_reward(form: Form, rewards: Sequence[Reward]) -> str | None:
    return form.choice("reward_id", [reward.id for reward in rewards])


def _read_quiet(form: Form) -> dict[str, str] | None:
    begins, ends = (_read_time(form, name) for name in ("quiet_from", "quiet_to"))
    if begins and ends:
        return {"from": begins, "to": ends}
    if begins or ends:
        form.fault("quiet_to" if begins else "quiet_from", N_("Tell both times, or neither."))
    return None


def _read_time(form: Form, name: str) -> str | None:
    # Browsers may send seconds, too.
    typed = form.value(name).strip()
    if not typed:
        return None
    if not re.fullmatch(rf"{TIME_PATTERN}(:[0-5][0-9])?", typed):
        form.fault(name, N_("A time such as 16:30."))
        return None
    return typed[:5]


def _read_conditions(form: Form, before: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    hidden = [dict(one) for one in before if not _is_least_visits(one)]
    visits = form.whole("least_visits", minimum=1, maximum=_MOST_VISITS, required=False)
    if visits is None:
        return hidden
    shown = {"field": ConditionField.VISITS_365D, "op": ConditionOp.GTE, "value": visits}
    return [
        *hidden,
        {name: value if name == "value" else str(value) for name, value in shown.items()},
    ]


def _least_visits(conditions: Sequence[Mapping[str, Any]]) -> int | None:
    return next((one["value"] for one in conditions if _is_least_visits(one)), None)


def _is_least_visits(condition: Mapping[str, Any]) -> bool:
    asked = (ConditionField.VISITS_365D, ConditionOp.GTE)
    return (condition["field"], condition["op"]) == asked
