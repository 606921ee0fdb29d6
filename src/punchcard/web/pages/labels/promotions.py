"""What promotions do and how often, as pages say it."""

from collections.abc import Mapping
from typing import Final

from punchcard.kit.i18n import N_
from punchcard.loyalty.vocabulary import EffectKind, LimitPeriod, Stacking

NO_LIMIT: Final = ""

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
