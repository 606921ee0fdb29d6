"""What automations wait for, ask and do, as pages say it."""

from collections.abc import Mapping
from typing import Final

from punchcard.engage.vocabulary import AutomationAction, ConditionField, ConditionOp, Trigger
from punchcard.kit.i18n import N_

TRIGGERS: Final[Mapping[str, str]] = {
    Trigger.BIRTHDAY: N_("It is their birthday"),
    Trigger.ANNIVERSARY: N_("They joined a year ago, or two"),
    Trigger.LAPSED: N_("They have not come for a while"),
    Trigger.JOINED: N_("They join"),
    Trigger.FIRST_VISIT: N_("They come for the first time"),
    Trigger.NTH_VISIT: N_("They have come so many times"),
    Trigger.TIER_REACHED: N_("They rise to a tier"),
    Trigger.POINTS_EXPIRING: N_("Points of theirs end soon"),
}

ACTIONS: Final[Mapping[str, str]] = {
    AutomationAction.GRANT: N_("A reward"),
    AutomationAction.POINTS: N_("Points"),
    AutomationAction.STAMPS: N_("Stamps"),
}

CONDITION_FIELDS: Final[Mapping[str, str]] = {
    ConditionField.LAST_VISIT_DAYS: N_("Days since the last visit"),
    ConditionField.VISITS_365D: N_("Visits in the last year"),
    ConditionField.STAMPS: N_("Stamps"),
    ConditionField.POINTS: N_("Points"),
    ConditionField.TIER: N_("Tier"),
    ConditionField.BIRTHDAY_MONTH: N_("Month of the birthday"),
    ConditionField.JOINED_DAYS: N_("Days since they joined"),
    ConditionField.LOCALE: N_("Language of the card"),
    ConditionField.GRANT_READY: N_("Given reward to collect"),
    ConditionField.CONSENT: N_("News and offers"),
    ConditionField.LOCATION_ID: N_("Location"),
}

CONDITION_SIGNS: Final[Mapping[str, str]] = {
    ConditionOp.EQ: "=",
    ConditionOp.NE: "≠",
    ConditionOp.LT: "<",
    ConditionOp.LTE: "≤",
    ConditionOp.GT: ">",
    ConditionOp.GTE: "≥",
}
"""How what an automation asks of a card is written: its field, and how that is compared."""
