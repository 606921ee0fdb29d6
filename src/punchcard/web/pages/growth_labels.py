"""What promotions, tiers, automations, friends, webhooks and imports are called on pages."""

from collections.abc import Mapping
from typing import Final

from punchcard.connect.imports.vocabulary import BalanceMode
from punchcard.connect.integrations.vocabulary import IntegrationKind
from punchcard.connect.vocabulary import DisabledReason, EndpointStatus
from punchcard.engage.vocabulary import (
    AutomationAction,
    AutomationStatus,
    ConditionField,
    ConditionOp,
    Trigger,
)
from punchcard.kit.i18n import N_
from punchcard.loyalty.vocabulary import (
    EffectKind,
    ExpiryKind,
    ExpiryRounding,
    LimitPeriod,
    PromotionStatus,
    ReferralStatus,
    Stacking,
    TierBasis,
    TierDowngrade,
    TierWindow,
    VendorEventType,
)

NO_LIMIT: Final = ""

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

EFFECTS: Final[Mapping[str, str]] = {
    EffectKind.MULTIPLY: N_("The points of the purchase count several times"),
    EffectKind.ADD_POINTS: N_("Some points more for each purchase"),
    EffectKind.ADD_STAMPS: N_("Some stamps more for each visit"),
}

LIMITS: Final[Mapping[str, str]] = {
    NO_LIMIT: N_("As often as they like"),
    LimitPeriod.DAY: N_("Only so often a day"),
    LimitPeriod.WEEK: N_("Only so often a week"),
    LimitPeriod.CARD: N_("Only so often altogether"),
}

STACKINGS: Final[Mapping[str, str]] = {
    Stacking.BEST: N_("Only the best of them counts"),
    Stacking.ADD: N_("This one comes on top of the others"),
}

BASES: Final[Mapping[str, str]] = {
    TierBasis.POINTS: N_("Points earned by purchases, without any bonus"),
    TierBasis.SPEND_MINOR: N_("Money spent"),
    TierBasis.VISITS: N_("Visits"),
    TierBasis.STAMPS: N_("Stamps, without any bonus"),
}

WINDOWS: Final[Mapping[str, str]] = {
    TierWindow.LIFETIME: N_("All that was ever collected"),
    TierWindow.CALENDAR_YEAR: N_("What is collected within a calendar year"),
    TierWindow.ROLLING_12_MONTHS: N_("What was collected in the last 12 months"),
}

DOWNGRADES: Final[Mapping[str, str]] = {
    TierDowngrade.NEVER: N_("It stays: nobody falls"),
    TierDowngrade.ONE_DOWN: N_("The card falls one tier"),
    TierDowngrade.TO_FIT: N_("The card falls to the tier that fits what it collected"),
}

POINTS_END: Final[Mapping[str, str]] = {
    ExpiryKind.NEVER: N_("Never"),
    ExpiryKind.FIXED: N_("Some months after the purchase"),
    ExpiryKind.INACTIVITY: N_("Some months after the last visit"),
    ExpiryKind.YEAR_END: N_("At the end of the year of the purchase"),
}

ROUNDINGS: Final[Mapping[str, str]] = {
    ExpiryRounding.DAY: N_("On that very day"),
    ExpiryRounding.MONTH_END: N_("At the end of that month"),
    ExpiryRounding.YEAR_END: N_("At the end of that year"),
}

REASONS: Final[Mapping[str, str]] = {
    DisabledReason.VENDOR: N_("Switched off by the shop."),
    DisabledReason.GONE: N_("It answered that it wants to hear no more."),
    DisabledReason.FAILING: N_("It failed for days."),
}

EVENT_NAMES: Final[Mapping[str, str]] = {
    VendorEventType.CARD_ENROLLED: N_("A card is opened"),
    VendorEventType.CARD_UPDATED: N_("A card or its customer changes"),
    VendorEventType.CARD_MERGED: N_("Two cards become one"),
    VendorEventType.CARD_ERASED: N_("A customer's data is deleted"),
    VendorEventType.TRANSACTION_CREATED: N_("An entry is made in the ledger"),
    VendorEventType.REWARD_READY: N_("A reward is ready"),
    VendorEventType.GRANT_CREATED: N_("A reward is given"),
    VendorEventType.GRANT_REDEEMED: N_("A given reward is collected"),
    VendorEventType.GRANT_EXPIRED: N_("A given reward expires"),
    VendorEventType.POINTS_EXPIRING: N_("Points expire soon"),
    VendorEventType.POINTS_EXPIRED: N_("Points expire"),
    VendorEventType.TIER_CHANGED: N_("The tier of a card changes"),
    VendorEventType.REFERRAL_QUALIFIED: N_("A friend comes for the first time"),
    VendorEventType.PROMOTION_STARTED: N_("A promotion begins"),
    VendorEventType.PROMOTION_ENDED: N_("A promotion ends"),
    VendorEventType.RESERVATION_EXPIRED: N_("A reservation expires"),
    VendorEventType.PROGRAM_CHANGED: N_("A program changes"),
    VendorEventType.TEST: N_("A test"),
}
"""What webhooks tell, by the name that software reads."""

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

SIDES: Final[Mapping[str, str]] = {
    "referrer": N_("Who brings a friend gets"),
    "friend": N_("The friend gets"),
}
LABELS: Final[Mapping[str, str]] = {
    "action": N_("Customers get"),
    "at_once": N_("Others have seen it: end it at once."),
    "balance": N_("Balances"),
    "conditions": N_("Only for these cards"),
    "consents": N_("Agreed to news"),
    "days": N_("Days without a visit"),
    "days_before": N_("Days before"),
    "ends_on": N_("Last day"),
    "events": N_("Events"),
    "every": N_("And each time so many more were made"),
    "expiry_notice_days": N_("Days before the end that it is told"),
    "factor": N_("How many times the points count"),
    "hold_days": N_("Given after how many days"),
    "hold_out_percent": N_("Of a hundred cards, leave out"),
    "items": N_("Only with certain articles"),
    "limit_per_year": N_("At most so often a year for one card"),
    "location_ids": N_("Only at these locations"),
    "matched": N_("Cards that were there"),
    "new": N_("New cards"),
    "points_activation_days": N_("Days until points can be spent"),
    "points_expiry": N_("When points end"),
    "quiet_hours": N_("Quiet hours"),
    "referral": N_("Friends"),
    "rejected": N_("Rows with faults"),
    "return_grace_days": N_("Days that returned points are good at least"),
    "reward_id": N_("Which reward"),
    "round_to": N_("On which day then"),
    "since": N_("Since"),
    "skipped": N_("Left out"),
    "stacking": N_("If several promotions are on"),
    "stamps": N_("Stamps"),
    "stamps_per_item": N_("Stamps for certain articles"),
    "starts_on": N_("First day"),
    "tier": N_("Which tier"),
    "tier_basis": N_("What counts towards a tier"),
    "tier_downgrade": N_("When its time is over and it was not earned again"),
    "tier_grace_days": N_("Days of grace"),
    "tier_holds_months": N_("Months it is kept"),
    "tier_keys": N_("Only for these tiers"),
    "tier_window": N_("In which time"),
    "tiers": N_("Tiers"),
    "trigger": N_("When"),
    "types": N_("What it is told"),
    "url": N_("Address"),
    "valid_days": N_("For how many days it is good"),
    "visits": N_("How many visits"),
    "windows": N_("When it is on"),
}
"""What each is called, by the last part of its place in what changed."""

INTEGRATION_KINDS: Final[Mapping[str, str]] = {
    IntegrationKind.WOOCOMMERCE: "WooCommerce",
    IntegrationKind.SHOPIFY: "Shopify",
    IntegrationKind.SQUARE: "Square",
    IntegrationKind.LOYVERSE: "Loyverse",
    IntegrationKind.ZETTLE: "Zettle",
    IntegrationKind.ODOO: "Odoo",
    IntegrationKind.GENERIC: N_("Any other system"),
}
"""What the systems are called that tell of orders."""

PLACED_LABELS: Final[Mapping[tuple[str, str], str]] = {
    ("budget", "points"): N_("Budget, in what it gives"),
    ("budget", "stamps"): N_("Budget, in what it gives"),
    ("effect", "kind"): N_("Customers get"),
    ("kind", "kind"): N_("System"),
    ("limit", "per"): N_("How often one card gets it"),
    ("limit", "times"): N_("How many times"),
    ("points_expiry", "kind"): N_("When points end"),
    ("quiet_hours", "from"): N_("Quiet from"),
    ("quiet_hours", "to"): N_("Quiet until"),
    ("referral", "limit_per_year"): N_("How many friends a year count for one card"),
    ("referral", "status"): N_("Cards bring friends"),
    ("stamps_expiry", "kind"): N_("When stamps end"),
}
"""What is called otherwise in one place than in others, by the first and last part of the place."""

CHOICES: Final[Mapping[str, Mapping[str, str]]] = {
    "action": {**ACTIONS, AutomationAction.MESSAGE: N_("A message")},
    "balance": {
        BalanceMode.SET: N_("Set to what the file says"),
        BalanceMode.ADD: N_("Added to what was there"),
    },
    "reason": REASONS,
    "round_to": ROUNDINGS,
    "stacking": STACKINGS,
    "status": {
        AutomationStatus.PAUSED: N_("Paused"),
        AutomationStatus.ENDED: N_("Ended"),
        PromotionStatus.SCHEDULED: N_("scheduled"),
        EndpointStatus.DISABLED: N_("off"),
    },
    "tier_basis": BASES,
    "tier_downgrade": DOWNGRADES,
    "tier_window": WINDOWS,
    "trigger": TRIGGERS,
    "types": EVENT_NAMES,
}
PLACED_CHOICES: Final[Mapping[tuple[str, str], Mapping[str, str]]] = {
    ("effect", "kind"): EFFECTS,
    ("kind", "kind"): INTEGRATION_KINDS,
    ("limit", "per"): LIMITS,
    ("points_expiry", "kind"): POINTS_END,
    ("referral", "status"): {ReferralStatus.ACTIVE: N_("yes"), ReferralStatus.PAUSED: N_("no")},
}
