"""Merged cards taken apart: what came goes back, as far as it is there and the policy wants it.

Both entries are voided as one. The sums of both cards are the same before and after: what was spent
or has ended meanwhile comes back to neither.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from fractions import Fraction
from math import floor
from typing import Final, NamedTuple

from punchcard.loyalty.errors.balances import StampsAlreadySpent
from punchcard.loyalty.errors.cards import CardWasReplaced
from punchcard.loyalty.errors.merges import MergeTooOld
from punchcard.loyalty.errors.till import AlreadyVoided
from punchcard.loyalty.rules.carry import carried, carrying, held
from punchcard.loyalty.rules.dated import lots
from punchcard.loyalty.rules.dated.dated_points import Moved, debit_come, joined, with_details
from punchcard.loyalty.rules.dated.due_rules import book_due, ended_of
from punchcard.loyalty.rules.dated.ended import Ended
from punchcard.loyalty.rules.merges import merge_parts
from punchcard.loyalty.rules.merges.merge_rules import (
    MergeDecision,
    check_nothing_reserved,
    lifetime_of,
    with_lifetime,
)
from punchcard.loyalty.rules.stamp_rules import with_stamp_clock
from punchcard.loyalty.rules.stamps.dated_stamps import debit_stamps_come
from punchcard.loyalty.rules.standing import NO_STANDING, Details, LotChange, Standing
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


class PastMerge(NamedTuple):
    """A merge: its two entries, when it was, and what the till looked up of the joint card.

    Of the stamps in `history` those that the card that came had, or those merged into it, are not.
    """

    came: PastEntry
    went: PastEntry
    made_at: datetime
    history: History


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
    came = past.came
    ended = ended_of(came, past.history, target)
    ended = ended.within(max(0, came.stamps_delta), worth_of(came))
    pointed, came_points = _points(past, program, before, ended)
    stamped = _stamps(past, program, pointed.card, ended)
    told_in, told_out = _parts(past, stamped.card)
    lifetime = (past.came.details or {}).get("lifetime", [0, 0, 0])
    left = with_lifetime(stamped.card, _less(lifetime_of(stamped.card), lifetime))
    details = joined(pointed.details, stamped.details, told_in) or {}
    if _tells_parts(program, left):
        details["carry_parts"] = left.carry_parts
    left = with_details(left._replace(standing=before.standing), details).card
    gone = before.stamps - left.stamps
    back = _given(program, empty, came_points, gone, details)
    back = with_lifetime(back, (lifetime[0], lifetime[1], lifetime[2]))
    for name, balance in (("lots", back.points), ("stamp_lots", back.stamps)):
        if come := merge_parts.fitting((), _mirrored(details, name), balance):
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


def _points(
    past: PastMerge, program: ProgramRules, card: CardState, ended: Ended
) -> tuple[Moved, Fraction]:
    """Return the card without the points that came, and how many of those are there, exactly."""
    rest, gone = what_goes(program, card, worth_of(past.came) - ended.points)
    own = lots_of(past.came)
    undated_came = past.came.points_delta + lots.pending_in(own) - _sum(own)
    moved = debit_come(rest, gone, own, undated_came)
    before, after = (held(program, one) for one in (card, moved.card))
    return moved, before - after


def _stamps(past: PastMerge, program: ProgramRules, card: CardState, ended: Ended) -> Moved:
    came = past.came.stamps_delta - ended.stamps
    left = card.stamps - came
    if left < 0 and program.void_policy == VoidPolicy.REFUSE:
        raise StampsAlreadySpent(stamps_missing=-left)
    if program.void_policy == VoidPolicy.CLAMP:
        left = max(left, min(card.stamps, 0))
    own = (past.came.details or {}).get("stamp_lots", ())
    return debit_stamps_come(card, card.stamps - left, own, past.came.stamps_delta - _sum(own))


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


def _given(
    program: ProgramRules, card: CardState, points: Fraction, stamps: int, details: Details
) -> CardState:
    """Return the card that came with the stamps and points that go back to it."""
    whole = floor(points)
    back = carrying(program, card, points - whole)
    return back._replace(points=whole, stamps=stamps, status=CardStatus.ACTIVE)


def _sum(changes: Iterable[LotChange]) -> int:
    return sum(change[1] for change in changes)


def _mirrored(details: Details, name: str) -> list[LotChange]:
    return merge_parts.reversed_lots(details.get(name, ()))


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
