"""Which bonuses a purchase earns: the factor of the card's tier, the promotions that are on."""

from datetime import datetime

from punchcard.loyalty.operations import CardOperation
from punchcard.loyalty.rules.purchase_rules import Bonus
from punchcard.loyalty.rules.values import CardState, ProgramRules


def bonuses_of(
    operation: CardOperation, program: ProgramRules, card: CardState, at: datetime
) -> tuple[Bonus, ...]:
    """Return what a purchase by `operation` at `at` earns beside its base."""
    return ()
