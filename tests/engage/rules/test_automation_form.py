"""What an automation may look like."""

from typing import Any

import pytest

from punchcard.engage.rules.automation_form import ProgramOffers, check_automation, check_status
from punchcard.engage.vocabulary import AutomationStatus
from punchcard.kit.errors import InvalidInput
from punchcard.kit.ids import LocationId, RewardId
from punchcard.loyalty.vocabulary import ProgramType

HYBRID = ProgramOffers(
    ProgramType.HYBRID,
    has_point_ends=True,
    tiers=("silver",),
    rewards=frozenset({RewardId("cake")}),
    locations=frozenset({LocationId("market")}),
)
BIRTHDAY: dict[str, Any] = {
    "trigger": "birthday",
    "action": "grant",
    "reward_id": "cake",
    "limit_per_year": 1,
}


def faults(program: ProgramOffers = HYBRID, **fields: Any) -> list[list[Any]]:
    try:
        check_automation({**BIRTHDAY, **fields}, program)
    except InvalidInput as refusal:
        return [fault["loc"] for fault in refusal.errors]
    return []


POINTS: dict[str, Any] = {"action": "points", "reward_id": None, "points": 5}


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"valid_days": 14, "when": {"days_before": 7}},
        POINTS,
        {"action": "stamps", "reward_id": None, "stamps": 1},
        {"trigger": "lapsed", "when": {"days": 30}, "limit_per_year": None},
        {"trigger": "nth_visit", "when": {"visits": 10, "every": True}},
        {"trigger": "tier_reached", "when": {"tier": "silver"}},
        {"trigger": "tier_reached", "when": {"tier": None}},
        {"trigger": "points_expiring", "when": {"days_before": 7}},
        {"quiet_hours": {"from": "21:00", "to": "08:00"}},
        {"conditions": [{"field": "tier", "op": "ne", "value": "silver"}]},
        {"conditions": [{"field": "location_id", "op": "eq", "value": "market"}]},
    ],
)
def test_what_fits_together_is_taken(fields: dict[str, Any]) -> None:
    assert faults(**fields) == []


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"action": "message"}, ["action"]),
        ({"reward_id": None}, ["reward_id"]),
        ({"reward_id": "gone"}, ["reward_id"]),
        ({"points": 5}, ["points"]),
        ({**POINTS, "valid_days": 5}, ["valid_days"]),
        ({**POINTS, "points": None}, ["points"]),
        ({"when": {"days": 30}}, ["when", "days"]),
        ({"trigger": "lapsed"}, ["when", "days"]),
        ({"trigger": "nth_visit", "when": {"every": True}}, ["when", "visits"]),
        ({"trigger": "points_expiring", "when": {"days_before": 0}}, ["when", "days_before"]),
        ({"trigger": "tier_reached", "when": {"tier": "gold"}}, ["when", "tier"]),
        ({"limit_per_year": 2}, ["limit_per_year"]),
        ({"limit_per_year": None}, ["limit_per_year"]),
        ({"quiet_hours": {"from": "08:00", "to": "08:00"}}, ["quiet_hours", "to"]),
        ({"conditions": [{"field": "tier", "op": "gt", "value": "x"}]}, ["conditions", 0, "op"]),
        ({"conditions": [{"field": "tier", "op": "eq", "value": "x"}]}, ["conditions", 0, "value"]),
        (
            {"conditions": [{"field": "location_id", "op": "eq", "value": "another shop's"}]},
            ["conditions", 0, "value"],
        ),
    ],
)
def test_what_contradicts_itself_is_named(fields: dict[str, Any], place: list[Any]) -> None:
    assert faults(**fields) == [place]


def test_a_program_gives_what_it_collects() -> None:
    stamps = ProgramOffers(ProgramType.STAMPS, False, (), frozenset())
    points = ProgramOffers(ProgramType.POINTS, False, (), frozenset())
    assert faults(stamps, **POINTS) == [["action"]]
    assert faults(points, action="stamps", reward_id=None, stamps=1) == [["action"]]
    ending = {"trigger": "points_expiring", "when": {"days_before": 7}}
    assert faults(points, **POINTS, **ending) == [["trigger"]]
    assert faults(points, **POINTS, trigger="tier_reached") == [["trigger"]]


NEW, DRAFT, ACTIVE = None, AutomationStatus.DRAFT, AutomationStatus.ACTIVE
PAUSED, ENDED = AutomationStatus.PAUSED, AutomationStatus.ENDED


@pytest.mark.parametrize(
    ("before", "after"), [(NEW, PAUSED), (DRAFT, PAUSED), (NEW, ENDED), (ACTIVE, DRAFT)]
)
def test_a_status_that_cannot_be_given_is_refused(
    before: AutomationStatus | None, after: AutomationStatus
) -> None:
    with pytest.raises(InvalidInput):
        check_status(before, after)


@pytest.mark.parametrize(
    ("before", "after"), [(NEW, DRAFT), (DRAFT, ACTIVE), (ACTIVE, PAUSED), (PAUSED, ENDED)]
)
def test_a_status_moves_on(before: AutomationStatus | None, after: AutomationStatus) -> None:
    check_status(before, after)
