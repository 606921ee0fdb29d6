"""How points come onto a card and leave it, where they may have dates.

Each function returns the card after it and the details that its entry tells: None where nothing
but the balance moves, so that a program without dates pays nothing for them.
"""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from punchcard.loyalty.rules.dated import lots
from punchcard.loyalty.rules.dated.dates import NEVER
from punchcard.loyalty.rules.standing import NO_STANDING, Details, LotChange, followed
from punchcard.loyalty.rules.values import CardState, ProgramRules


class Moved(NamedTuple):
    """A card after its points moved, and what its entry tells of it."""

    card: CardState
    details: Details | None = None


def credit(
    program: ProgramRules, card: CardState, points: int, day: date, *, is_purchase: bool = False
) -> Moved:
    """Put points on the card that count from `day`; those of a purchase may be pending first."""
    is_pending = is_purchase and program.points_activation_days > 0
    if program.points_expiry is None and not is_pending and card.standing is None:
        return Moved(card._replace(points=card.points + points))
    expires_on = NEVER
    if program.points_expiry is not None:
        expires_on = program.points_expiry.last_day(day).isoformat()
    activates_on = ""
    if is_pending:
        activates_on = lots.soonest_return(day, program.points_activation_days).isoformat()
    changes = lots.put(card.kept_standing.lots, card.points, points, expires_on, activates_on)
    active = 0 if activates_on else points
    return with_lots(card._replace(points=card.points + active), changes)


def debit(card: CardState, points: int, own: Iterable[LotChange] = ()) -> Moved:
    """Take points off the card: from the lots of `own`, then from what ends first.

    What can be spent comes before what is pending, but for what `own` lots hold pending.
    """
    if card.standing is None:
        return Moved(card._replace(points=card.points - points))
    undated = max(0, card.points - card.standing.points_dated)
    changes = lots.take(card.standing.lots, points, own, undated=undated)
    active = points + lots.pending_in(changes)
    return with_lots(card._replace(points=card.points - active), changes)


def debit_come(card: CardState, points: int, came: Iterable[LotChange], undated_came: int) -> Moved:
    """Take points off the card that another one's were merged into: of each lot what came."""
    if card.standing is None:
        return Moved(card._replace(points=card.points - points))
    undated = max(0, card.points - card.standing.points_dated)
    changes = lots.take_apart(
        card.standing.lots, points, came, undated_came=undated_came, undated=undated
    )
    active = points + lots.pending_in(changes)
    return with_lots(card._replace(points=card.points - active), changes)


def give_back(
    program: ProgramRules,
    card: CardState,
    points: int,
    spent: Iterable[LotChange],
    day: date,
) -> Moved:
    """Put back points that an entry took with the changes `spent`: with their dates.

    None ends before the program's days of grace are over, counted from `day`.
    """
    after = card._replace(points=card.points + points)
    spent = list(spent)
    if not spent:
        return Moved(after)
    soonest = lots.soonest_return(day, program.return_grace_days)
    changes = lots.give_back(card.kept_standing.lots, card.points, points, spent, soonest)
    return with_lots(after, changes)


def with_lots(card: CardState, changes: lots.Change) -> Moved:
    """Return the card with these changes of its lots, and the details that tell them."""
    return with_details(card, {"lots": changes}) if changes else Moved(card)


def with_details(card: CardState, details: Details) -> Moved:
    """Return the card as an entry with these details leaves it."""
    standing = followed(card.standing or NO_STANDING, details)
    kept = None if standing == NO_STANDING else standing
    due_on = None if kept is None else kept.due_on
    return Moved(card._replace(standing=kept, due_on=due_on), details)


def joined(*parts: Details | None) -> Details | None:
    """Return the details of several moves of one entry; lots that moved twice are one change."""
    told = [part for part in parts if part]
    if not told:
        return None
    details: Details = {}
    for part in told:
        for name, value in part.items():
            is_more = name in ("lots", "stamp_lots") and name in details
            details[name] = lots.merged([*details[name], *value]) if is_more else value
    for name in ("lots", "stamp_lots"):
        if details.get(name) == []:
            del details[name]
    return details or None
