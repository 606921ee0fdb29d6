"""What the fields of tiers, promotions, automations and connections are called once changed."""

from collections.abc import Mapping
from typing import Final

from punchcard.connect.imports.vocabulary import BalanceMode
from punchcard.connect.vocabulary import EndpointStatus
from punchcard.engage.vocabulary import AutomationAction, AutomationStatus
from punchcard.kit.i18n import N_
from punchcard.loyalty.vocabulary import PromotionStatus, ReferralStatus
from punchcard.web.pages.labels import automations, connections, endings, promotions, tiers

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

SIDES: Final[Mapping[str, str]] = {
    "referrer": N_("Who brings a friend gets"),
    "friend": N_("The friend gets"),
}

CHOICES: Final[Mapping[str, Mapping[str, str]]] = {
    "action": {**automations.ACTIONS, AutomationAction.MESSAGE: N_("A message")},
    "balance": {
        BalanceMode.SET: N_("Set to what the file says"),
        BalanceMode.ADD: N_("Added to what was there"),
    },
    "reason": connections.REASONS,
    "round_to": endings.ROUNDINGS,
    "stacking": promotions.STACKINGS,
    "status": {
        AutomationStatus.PAUSED: N_("Paused"),
        AutomationStatus.ENDED: N_("Ended"),
        PromotionStatus.SCHEDULED: N_("scheduled"),
        EndpointStatus.DISABLED: N_("off"),
    },
    "tier_basis": tiers.BASES,
    "tier_downgrade": tiers.DOWNGRADES,
    "tier_window": tiers.WINDOWS,
    "trigger": automations.TRIGGERS,
    "types": connections.EVENT_NAMES,
}
PLACED_CHOICES: Final[Mapping[tuple[str, str], Mapping[str, str]]] = {
    ("effect", "kind"): promotions.EFFECTS,
    ("kind", "kind"): connections.INTEGRATION_KINDS,
    ("limit", "per"): promotions.LIMITS,
    ("points_expiry", "kind"): endings.POINTS_END,
    ("referral", "status"): {ReferralStatus.ACTIVE: N_("yes"), ReferralStatus.PAUSED: N_("no")},
}
