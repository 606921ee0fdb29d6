"""How stamps come onto a card and leave it, where they may have dates.

As `dated_points` does it for points: what ends first goes first, what comes back keeps its dates.
"""

from collections.abc import Iterable
from datetime import date

from punchcard.loyalty.rules.dated import lots
from punchcard.loyalty.rules.dated.dated_points import Moved, with_details
from punchcard.loyalty.rules.standing import LotChange
from punchcard.loyalty.rules.values import CardState, ProgramRules


def credit_stamps(program: ProgramRules, card: CardState, stamps: int, day: date) -> Moved:
    """Put stamps on the card that count from `day`, also among those it was ever given."""
    lifetime = card.lifetime_stamps + stamps
    after = card._replace(stamps=card.stamps + stamps, lifetime_stamps=lifetime)
    return Moved(after) if program.stamps_expiry is None else dated(program, card, after, day)


def dated(program: ProgramRules, before: CardState, after: CardState, day: date) -> Moved:
    """Give the stamps that came onto a card until it was `after` the date that they have."""
    assert program.stamps_expiry is not None
    expires_on = program.stamps_expiry.told_last_day(day)
    come = after.stamps - before.stamps
    return with_stamp_lots(
        after, lots.put(before.kept_standing.stamp_lots, before.stamps, come, expires_on)
    )


def debit_stamps(card: CardState, stamps: int, own: Iterable[LotChange] = ()) -> Moved:
    """Take stamps off the card: from the lots of `own`, then from what ends first."""
    after = card._replace(stamps=card.stamps - stamps)
    if card.standing is None or not card.standing.stamp_lots:
        return Moved(after)
    return with_stamp_lots(after, lots.take(card.standing.stamp_lots, stamps, own))


def stamps_back(
    program: ProgramRules,
    card: CardState,
    stamps: int,
    spent: Iterable[LotChange],
    day: date,
) -> Moved:
    """Put back stamps that an entry took with the changes `spent`: with their dates.

    None ends before the program's days of grace are over, counted from `day`.
    """
    after = card._replace(stamps=card.stamps + stamps)
    spent = list(spent)
    if not spent:
        return Moved(after)
    soonest = lots.soonest_return(day, program.return_grace_days)
    held = card.kept_standing.stamp_lots
    return with_stamp_lots(after, lots.give_back(held, card.stamps, stamps, spent, soonest))


def with_stamp_lots(card: CardState, changes: lots.Change) -> Moved:
    """Return the card with these changes of its stamps' lots, and the details that tell them."""
    return with_details(card, {"stamp_lots": changes}) if changes else Moved(card)
