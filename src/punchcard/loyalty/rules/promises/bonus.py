"""Bonuses: points or stamps that a card is given by an automation or for a referral.

They are no visit: neither a pause nor a day's limit asks after them, and no tier counts them.
"""

from datetime import datetime

from punchcard.loyalty.errors.balances import BalanceLimitReached
from punchcard.loyalty.errors.programs import ProgramTypeMismatch
from punchcard.loyalty.operations import GiveBonus
from punchcard.loyalty.rules.dated.dated_points import credit, joined
from punchcard.loyalty.rules.stamps.dated_stamps import credit_stamps
from punchcard.loyalty.rules.values import (
    BALANCE_LIMIT,
    Decision,
    EntryDraft,
    History,
    ProgramRules,
    Steps,
)


def give_bonus(
    operation: GiveBonus, program: ProgramRules, steps: Steps, history: History, at: datetime
) -> Decision:
    """Put the bonus on the card, with the dates that points and stamps of that day have."""
    points, stamps = operation.points, operation.stamps
    if (points and not program.has_points) or (stamps and not program.has_stamps):
        raise ProgramTypeMismatch(program_type=program.type)
    card = steps.card
    if max(card.points + points, card.stamps + stamps) > BALANCE_LIMIT:
        raise BalanceLimitReached
    day = program.day_of(at)
    card = card._replace(lifetime_points=card.lifetime_points + points)
    card, stamped = credit_stamps(program, card, stamps, day)
    card, pointed = credit(program, card, points, day)
    entry = EntryDraft(
        type=operation.kind,
        stamps_delta=stamps,
        points_delta=points,
        details=joined(stamped, pointed, dict(operation.facts)),
    )
    steps.take(entry, card)
    return steps.decision()
