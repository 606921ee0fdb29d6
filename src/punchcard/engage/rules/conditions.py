"""Conditions: what is asked of a card before an automation acts on it. All must hold."""

import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from punchcard.engage.vocabulary import ConditionField, ConditionOp
from punchcard.kit.i18n import N_

CONDITIONS_LIMIT: Final = 20
"""How many conditions there may be."""
VALUE_LIMIT: Final = 1_000_000_000

KnownFacts = Mapping[str, int | str | bool | None]
"""What is known of a card, by the names of ConditionField."""

_NUMBERS: Final = frozenset(
    {
        ConditionField.LAST_VISIT_DAYS,
        ConditionField.VISITS_365D,
        ConditionField.STAMPS,
        ConditionField.POINTS,
        ConditionField.BIRTHDAY_MONTH,
        ConditionField.JOINED_DAYS,
    }
)
_FLAGS: Final = frozenset({ConditionField.GRANT_READY, ConditionField.CONSENT})
_EITHER: Final = (ConditionOp.EQ, ConditionOp.NE)
_MONTHS: Final = range(1, 13)

_COMPARE: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    ConditionOp.EQ: operator.eq,
    ConditionOp.NE: operator.ne,
    ConditionOp.LT: operator.lt,
    ConditionOp.LTE: operator.le,
    ConditionOp.GT: operator.gt,
    ConditionOp.GTE: operator.ge,
}


def holds(conditions: Iterable[Mapping[str, Any]], facts: KnownFacts) -> bool:
    """Return whether a card meets all conditions. What is not known of it is no number."""
    return all(_holds(one, facts.get(one["field"])) for one in conditions)


def _holds(condition: Mapping[str, Any], found: int | str | bool | None) -> bool:
    if found is None and condition["op"] not in _EITHER:
        return False
    return _COMPARE[condition["op"]](found, condition["value"])


def asked_of(conditions: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """Return the names of what conditions ask of a card."""
    return frozenset(one["field"] for one in conditions)


def faults_of(conditions: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the faults of conditions that ask what no card can answer."""
    faults = []
    for place, one in enumerate(conditions):
        name, op, wanted = one["field"], one["op"], one["value"]
        kind = int if name in _NUMBERS else bool if name in _FLAGS else str
        # To Python, true is a whole number.
        is_kind = type(wanted) is kind
        is_no_month = name == ConditionField.BIRTHDAY_MONTH and wanted not in _MONTHS
        if not is_kind or (is_no_month and op == ConditionOp.EQ):
            faults.append(_fault(place, "value", N_("This value does not fit the field.")))
        elif kind is not int and op not in _EITHER:
            faults.append(_fault(place, "op", N_("This field can only be equal or not.")))
    return faults


def _fault(place: int, name: str, message: str) -> dict[str, Any]:
    return {"loc": ["conditions", place, name], "message": message, "params": {}}
