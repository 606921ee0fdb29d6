"""The words that automations are kept in; the HTTP contract has the same."""

from enum import StrEnum
from typing import Final


class Trigger(StrEnum):
    """What sets an automation off: a day that comes, or something that happens on a card."""

    BIRTHDAY = "birthday"
    ANNIVERSARY = "anniversary"
    LAPSED = "lapsed"
    JOINED = "joined"
    FIRST_VISIT = "first_visit"
    NTH_VISIT = "nth_visit"
    TIER_REACHED = "tier_reached"
    POINTS_EXPIRING = "points_expiring"


BY_DAY: Final = (
    Trigger.BIRTHDAY,
    Trigger.ANNIVERSARY,
    Trigger.LAPSED,
    Trigger.POINTS_EXPIRING,
)
"""Those that a day sets off; an entry sets off the others."""


class AutomationAction(StrEnum):
    """What an automation does; a MESSAGE cannot be sent yet."""

    GRANT = "grant"
    POINTS = "points"
    STAMPS = "stamps"
    MESSAGE = "message"


class AutomationStatus(StrEnum):
    """Where an automation stands; one that has ENDED is history."""

    DRAFT = "draft"
    ACTIVE = "active"
    PAUSED = "paused"
    ENDED = "ended"


class RunState(StrEnum):
    """What became of one card that an automation met."""

    WAITING = "waiting"
    ACTED = "acted"
    HELD_OUT = "held_out"
    REFUSED = "refused"


class ConditionField(StrEnum):
    """What is asked of a card before an automation acts on it."""

    LAST_VISIT_DAYS = "last_visit_days"
    VISITS_365D = "visits_365d"
    STAMPS = "stamps"
    POINTS = "points"
    TIER = "tier"
    BIRTHDAY_MONTH = "birthday_month"
    JOINED_DAYS = "joined_days"
    LOCALE = "locale"
    GRANT_READY = "grant_ready"
    CONSENT = "consent"
    LOCATION_ID = "location_id"


class ConditionOp(StrEnum):
    """How what a card has is compared with the value of a condition."""

    EQ = "eq"
    NE = "ne"
    LT = "lt"
    LTE = "lte"
    GT = "gt"
    GTE = "gte"
