"""When stamps and points end, as pages say it."""

from collections.abc import Mapping
from typing import Final

from punchcard.kit.i18n import N_
from punchcard.loyalty.vocabulary import ExpiryKind, ExpiryRounding

STAMPS_END: Final[Mapping[str, str]] = {
    ExpiryKind.NEVER: N_("Never"),
    ExpiryKind.FIXED: N_("Some months after they were given"),
    ExpiryKind.INACTIVITY: N_("Some months after the last visit"),
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
