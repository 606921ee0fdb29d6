"""Opening balances: what a card's holder had elsewhere, put on the card once, and taken back whole.

Nothing of it was earned here: it counts for no tier, no lifetime counter and no day's figures.
"""

from datetime import date, datetime
from math import floor

from punchcard.loyalty.errors.balances import (
    BalanceLimitReached,
    PointsAlreadySpent,
    StampsAlreadySpent,
)
from punchcard.loyalty.errors.programs import ProgramTypeMismatch
from punchcard.loyalty.operations import SetOpeningBalance
from punchcard.loyalty.rules.dated.dated_points import Moved, credit, debit, give_back, joined
from punchcard.loyalty.rules.dated.ended import Ended
from punchcard.loyalty.rules.stamps.dated_stamps import credit_stamps, debit_stamps, stamps_back
from punchcard.loyalty.rules.values import (
    BALANCE_LIMIT,
    CardState,
    Decision,
    EntryDraft,
    History,
    PastEntry,
    ProgramRules,
    Steps,
)
from punchcard.loyalty.vocabulary import EntryType


def set_opening_balance(
    operation: SetOpeningBalance,
    program: ProgramRules,
    steps: Steps,
    history: History,
    at: datetime,
) -> Decision:
    """Give the card the balances that an import tells; points and stamps count from that day.

    Raises ProgramTypeMismatch, BalanceLimitReached.
    """
    card = steps.card
    if operation.stamps is not None and not program.has_stamps:
        raise ProgramTypeMismatch(program_type=program.type)
    if operation.points is not None and not program.has_points:
        raise ProgramTypeMismatch(program_type=program.type)
    stamps = _change(card.stamps, operation.stamps, adds=operation.adds)
    points = _change(card.points, operation.points, adds=operation.adds)
    if max(card.stamps + stamps, card.points + points) > BALANCE_LIMIT:
        raise BalanceLimitReached
    day = program.day_of(at)
    stamped = _with_stamps(program, card, stamps, day)
    if points < 0:
        pointed = debit(stamped.card, -points)
    else:
        pointed = credit(program, stamped.card, points, day)
    told = {"import_id": str(operation.actor.id)}
    entry = EntryDraft(
        type=EntryType.OPENING_BALANCE,
        stamps_delta=stamps,
        points_delta=points,
        details=joined(told, stamped.details, pointed.details),
    )
    steps.take(entry, pointed.card)
    return steps.decision()


def without_opening(
    past: PastEntry, program: ProgramRules, card: CardState, ended: Ended, day: date
) -> Moved:
    """Take an opening balance back, if nothing of it is spent, whatever the program's policy.

    What has `ended` of it is gone already. Raises StampsAlreadySpent, PointsAlreadySpent.
    """
    told = past.details or {}
    stamps, points = past.stamps_delta - ended.stamps, past.points_delta - floor(ended.points)
    if stamps > max(card.stamps, 0):
        raise StampsAlreadySpent(stamps_missing=stamps - max(card.stamps, 0))
    if points > max(card.points, 0):
        raise PointsAlreadySpent(points_missing=points - max(card.points, 0))
    stamp_lots, lots = told.get("stamp_lots", ()), told.get("lots", ())
    if stamps > 0:
        stamped = debit_stamps(card, stamps, stamp_lots)
    else:
        stamped = stamps_back(program, card, -stamps, stamp_lots, day)
    if points > 0:
        pointed = debit(stamped.card, points, lots)
    else:
        pointed = give_back(program, stamped.card, -points, lots, day)
    return Moved(pointed.card, joined(stamped.details, pointed.details))


def _change(balance: int, told: int | None, *, adds: bool) -> int:
    if told is None:
        return 0
    return told if adds else told - balance


def _with_stamps(program: ProgramRules, card: CardState, stamps: int, day: date) -> Moved:
    """Put stamps on the card, or take them off; none of them is among those it ever got."""
    if stamps < 0:
        return debit_stamps(card, -stamps)
    moved = credit_stamps(program, card, stamps, day)
    return Moved(moved.card._replace(lifetime_stamps=card.lifetime_stamps), moved.details)
