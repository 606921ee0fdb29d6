"""What decides about tiers, as pages say it."""

from collections.abc import Mapping
from typing import Final

from punchcard.kit.i18n import N_
from punchcard.loyalty.vocabulary import TierBasis, TierDowngrade, TierWindow

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
