"""Merged cards taken apart: what came goes back, as far as it is there and the policy wants it.

Both entries are voided as one. The sums of both cards are the same before and after: what was spent
or has ended meanwhile comes back to neither.
"""

from datetime import date, datetime, timedelta
from fractions import Fraction
from math import floor
from typing import Final, NamedTuple

from punchcard.loyalty.errors.balances import StampsAlreadySpent
from punchcard.loyalty.errors.cards import CardWasReplaced
from punchcard.loyalty.errors.merges import MergeTooOld
from punchcard.loyalty.errors.till import AlreadyVoided
from punchcard.loyalty.rules.carry import carried, carrying, held
from punchcard.loyalty.rules.dated import lots
from punchcard.loyalty.rules.dated.dated_points import Moved, joined, with_details, with_lots
from punchcard.loyalty.rules.dated.due_rules import book_due, ended_of
from punchcard.loyalty.rules.dated.ended import Ended
from punchcard.loyalty.rules.merges import merge_parts
from punchcard.loyalty.rules.merges.merge_rules import (
    MergeDecision,
    check_nothing_reserved,
    lifetime_of,
    with_lifetime,
)
from punchcard.loyalty.rules.merges.parting import Brought, parted
from punchcard.loyalty.rules.stamp_rules import with_stamp_clock
from punchcard.loyalty.rules.stamps.dated_stamps import with_stamp_lots
from punchcard.loyalty.rules.standing import NO_STANDING, Details, Standing
from punchcard.loyalty.rules.values import (
    CardState,
    EntryDraft,
    History,
    PastEntry,
    ProgramRules,
    Steps,
)
from punchcard.loyalty.rules.void_rules import lots_of, what_goes, worth_of
from punchcard.loyalty.vocabulary import CardStatus, EntryType, VoidPolicy

UNDO_DAYS: Final = 30
"""Within how many days merged cards can be taken apart."""


class Had(NamedTuple):
    """What a card had before another was merged into it: stamps and points, exactly."""

    stamps: int
    points: Fraction


class PastMerge(NamedTuple):
    """A merge: its two entries, when it was, and what the till looked up of the joint card.

    `had` is what the card that stayed had before. Of the stamps in `history` those that the card
    that came had, or those merged into it, are not.
    """

    came: PastEntry
    went: PastEntry
    made_at: datetime
    history: History
    had: Had

    @property
    def stamps(self) -> Brought:
        """Return what the merge did to stamps."""
        lots = [(one.details or {}).get("stamp_lots", ()) for one in (self.came, self.went)]
        return Brought(self.had.stamps, self.came.stamps_delta, *lots)

    @property
    def points(self) -> Brought:
        """Return what the merge did to points."""
        lots = [lots_of(one) for one in (self.came, self.went)]
        return Brought(floor(self.had.points), self.came.points_delta, *lots)


class _Parted(NamedTuple):
    """The card that stayed without what goes back, and what that is, with its lots."""

    left: Moved
    back: Fraction
    lots: lots.Change


def separate_cards(
    past: PastMerge, program: ProgramRules, target: Steps, source: Steps, at: datetime
) -> MergeDecision:
    """Give the card that came back what it had; what ended on the joint card is booked first.

    Raises AlreadyVoided, MergeTooOld, CardWasReplaced, ReservationsOpen, PointsAlreadySpent,
    StampsAlreadySpent.
    """
    if past.came.voided_by is not None:
        raise AlreadyVoided(voided_by=past.came.voided_by)
    if at - past.made_at > timedelta(days=UNDO_DAYS):
        raise MergeTooOld(days=UNDO_DAYS)
    if target.card.status == CardStatus.REPLACED:
        raise CardWasReplaced
    if target.card.due_on is not None:
        book_due(program, target, at)
    before, empty = target.card, source.card
    check_nothing_reserved(before)
    ended = _ended(past, target)
    soonest = lots.soonest_return(program.day_of(at), program.return_grace_days)
    points = _points(past, program, before, ended, soonest)
    stamps = _stamps(past, program, points.left.card, ended, soonest)
    left = stamps.left.card
    told_in, told_out = _parts(past, left)
    lifetime = (past.came.details or {}).get("lifetime", [0, 0, 0])
    left = with_lifetime(left, _less(lifetime_of(left), lifetime))
    details = joined(points.left.details, stamps.left.details, told_in) or {}
    if _tells_parts(program, left):
        details["carry_parts"] = left.carry_parts
    left = with_details(left._replace(standing=before.standing), details).card
    back = _given(program, empty, points.back, floor(stamps.back))
    back = with_lifetime(back, (lifetime[0], lifetime[1], lifetime[2]))
    goes_back = (("lots", points.lots, back.points), ("stamp_lots", stamps.lots, back.stamps))
    for name, changes, balance in goes_back:
        if come := merge_parts.fitting((), changes, balance):
            told_out[name] = come
    if _tells_parts(program, back):
        told_out["carry_parts"] = back.carry_parts
    back = with_details(back, told_out).card
    if (past.came.details or {}).get("was", {}).get("is_welcome_due"):
        left = left._replace(is_welcome_due=True)
    # The pause and the day's limit ask after its own stamps again.
    left = with_stamp_clock(program, left, past.history.stamps)
    source.take(_void(past.went, empty, back, told_out), back)
    target.take(_void(past.came, before, left, details), left)
    return MergeDecision(target.decision(), source.decision())


def _ended(past: PastMerge, target: Steps) -> Ended:
    """Return what of that which came has ended since; what is owed is no part of it."""
    stamps = past.came.stamps_delta + past.stamps.debt
    points = worth_of(past.came) + past.points.debt
    return ended_of(past.came, past.history, target).within(stamps, points)


def _points(
    past: PastMerge, program: ProgramRules, card: CardState, ended: Ended, soonest: date
) -> _Parted:
    """Take the points that came off the card; what it owed itself, it may owe again."""
    least = min(Fraction(0), past.had.points)
    rest, gone = what_goes(program, card, worth_of(past.came) - ended.points, least)
    parting = parted(card.kept_standing.lots, card.points, gone, past.points, soonest)
    rest = rest._replace(points=card.points - gone - parting.pending)
    back = held(program, card) - held(program, rest)
    return _Parted(with_lots(rest, parting.left), back, parting.back)


def _stamps(
    past: PastMerge, program: ProgramRules, card: CardState, ended: Ended, soonest: date
) -> _Parted:
    """Take the stamps that came off the card, as `_points` does."""
    least = min(0, past.had.stamps)
    left = card.stamps - past.came.stamps_delta + ended.stamps
    if left < least and program.void_policy == VoidPolicy.REFUSE:
        raise StampsAlreadySpent(stamps_missing=least - left)
    if program.void_policy == VoidPolicy.CLAMP:
        left = max(left, min(card.stamps, least))
    gone = card.stamps - left
    parting = parted(card.kept_standing.stamp_lots, card.stamps, gone, past.stamps, soonest)
    rest = with_stamp_lots(card._replace(stamps=left), parting.left)
    return _Parted(rest, Fraction(gone), parting.back)


def _parts(past: PastMerge, card: CardState) -> tuple[Details, Details]:
    """Return what the entries of both cards tell of what is beside the balances."""
    was = Standing.parse((past.came.details or {}).get("was")) or NO_STANDING
    came = Standing.parse((past.went.details or {}).get("was")) or NO_STANDING
    told_then = past.came.details or {}
    tier = told_then.get("tier", was.tier)
    back, told = merge_parts.taken_apart(card.kept_standing, was, came, tier)
    merge_id = told_then["merge_id"]
    gone = {**told.get("merged", {}), merge_id: ""}
    return {**told, "merge_id": merge_id, "merged": gone}, {
        **merge_parts.put_back(back),
        "merge_id": merge_id,
    }


def _given(program: ProgramRules, card: CardState, points: Fraction, stamps: int) -> CardState:
    """Return the card that came with the stamps and points that go back to it."""
    whole = floor(points)
    back = carrying(program, card, points - whole)
    return back._replace(points=whole, stamps=stamps, status=CardStatus.ACTIVE)


def _void(past: PastEntry, before: CardState, after: CardState, details: Details) -> EntryDraft:
    return EntryDraft(
        type=EntryType.VOIDED,
        stamps_delta=after.stamps - before.stamps,
        points_delta=after.points - before.points,
        voids=past.id,
        voided_type=past.type,
        voided_location_id=past.location_id,
        voided_details=past.details,
        details=details,
    )


def _less(counts: tuple[int, int, int], other: list[int]) -> tuple[int, int, int]:
    return (counts[0] - other[0], counts[1] - other[1], counts[2] - other[2])


def _tells_parts(program: ProgramRules, card: CardState) -> bool:
    is_other = card.carry_parts != program.points_per_amount_minor
    return is_other and bool(carried(program, card))
