"""How points come onto a card and leave it, where they may have dates.

Each function returns the card after it and the details that its entry tells: None where nothing
but the balance moves, so that a program without dates pays nothing for them.
"""

from collections.abc import Iterable
from datetime import date
from typing import Final, NamedTuple

from punchcard.loyalty.rules.dated import lots
from punchcard.loyalty.rules.dated.dates import NEVER
from punchcard.loyalty.rules.standing import NO_STANDING, Details, LotChange, followed
from punchcard.loyalty.rules.values import CardState, Decision, ProgramRules

_LOTS: Final = ("lots", "stamp_lots")


class Moved(NamedTuple):
    """A card after its points moved, and what its entry tells of it."""

    card: CardState
    details: Details | None = None


def credit(
    program: ProgramRules, card: CardState, points: int, day: date, *, is_purchase: bool = False
) -> Moved:
    """Put points on the card that count from `day`; those of a purchase may be pending first."""
    active, changes = coming(program, card, points, day, is_purchase=is_purchase)
    return with_lots(card._replace(points=card.points + active), changes)


def coming(
    program: ProgramRules, card: CardState, points: int, day: date, *, is_purchase: bool
) -> tuple[int, lots.Change]:
    """Return how many of the points that `credit` puts are there at once, and their lots."""
    is_pending = is_purchase and program.points_activation_days > 0
    if program.points_expiry is None and not is_pending:
        return points, []
    expires_on = NEVER
    if program.points_expiry is not None:
        expires_on = program.points_expiry.told_last_day(day)
    activates_on = ""
    if is_pending:
        activates_on = lots.soonest_return(day, program.points_activation_days).isoformat()
    changes = lots.put(card.kept_standing.lots, card.points, points, expires_on, activates_on)
    return 0 if activates_on else points, changes


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
    if standing == NO_STANDING:
        return Moved(card.standing_at(None, None), details)
    return Moved(card.standing_at(standing, standing.due_on), details)


def tell(decision: Decision, counts: Details) -> None:
    """Let the operation's own entry tell what was counted as well: nothing that has a date."""
    draft, card = decision.steps[-1]
    standing = followed(card.standing or NO_STANDING, counts)
    kept = None if standing == NO_STANDING else standing
    details = {**draft.details, **counts} if draft.details else counts
    decision.steps[-1] = (draft.telling(details), card.standing_at(kept, card.due_on))


def joined(*parts: Details | None) -> Details | None:
    """Return the details of several moves of one entry; lots that moved twice are one change."""
    details: Details = {}
    for part in parts:
        if part:
            both: Details = {
                name: lots.merged([*details[name], *part[name]])
                for name in _LOTS
                if name in part and name in details
            }
            details = {**details, **part, **both}
    for name in _LOTS:
        if details.get(name) == []:
            del details[name]
    return details or None
