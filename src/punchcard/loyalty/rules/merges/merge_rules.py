"""Merges: all that one card has moves to another of the same program, which then stands for both.

The sums of both cards are the same before and after. Of a daily limit, a pause and what can be had
once the stricter counts: as if it had been one card all along.
"""

from datetime import datetime
from fractions import Fraction
from math import floor
from typing import NamedTuple

from punchcard.loyalty.errors.cards import CardBlocked, CardWasReplaced
from punchcard.loyalty.errors.merges import CardsOfDifferentPrograms, ReservationsOpen
from punchcard.loyalty.merge_operation import MergeCards
from punchcard.loyalty.rules.carry import carried, carrying, held
from punchcard.loyalty.rules.dated.dated_points import with_details
from punchcard.loyalty.rules.dated.due_rules import book_due
from punchcard.loyalty.rules.merges import merge_parts
from punchcard.loyalty.rules.standing import Details, Standing
from punchcard.loyalty.rules.values import (
    CardState,
    Decision,
    EntryDraft,
    ProgramRules,
    Steps,
)
from punchcard.loyalty.vocabulary import CardStatus, EntryType


class MergeDecision(NamedTuple):
    """What becomes of the card that stays, and of the one that leads on to it from now on."""

    target: Decision
    source: Decision


def merge_cards(
    operation: MergeCards, program: ProgramRules, target: Steps, source: Steps, at: datetime
) -> MergeDecision:
    """Move everything from the one card to the other; what ended by itself is booked first.

    Raises CardWasReplaced, CardBlocked, ReservationsOpen.
    """
    for steps in (target, source):
        check_card(steps.card)
        if steps.card.due_on is not None:
            book_due(program, steps, at)
    before, come = target.card, source.card
    told_out, emptied = _emptied(program, come)
    told_in, full = _full(program, before, come)
    moved = held(program, come) + come.kept_standing.points_pending
    told: Details = {"merge_id": operation.merge_id, "moved_points": str(moved)}
    out = {**told_out, **told, "to_card_id": before.id}
    merged = {**told_in.get("merged", {}), operation.merge_id: come.id}
    into = {
        **told_in,
        **told,
        "from_card_id": come.id,
        "merged": merged,
    }
    source.take(
        _draft(EntryType.MERGED_OUT, come, emptied, out),
        with_details(emptied, out).card._replace(status=CardStatus.REPLACED),
    )
    target.take(
        _draft(EntryType.MERGED_IN, before, full, into),
        with_details(_stricter(full, come), into).card,
    )
    return MergeDecision(target.decision(), source.decision())


def check_programs(target: ProgramRules, source: ProgramRules) -> None:
    """Raise CardsOfDifferentPrograms unless both cards are of one program."""
    if target.id != source.id:
        raise CardsOfDifferentPrograms


def check_card(card: CardState) -> None:
    """Raise what keeps a card from being merged."""
    if card.status == CardStatus.REPLACED:
        raise CardWasReplaced
    if card.status != CardStatus.ACTIVE:
        raise CardBlocked
    check_nothing_reserved(card)


def check_nothing_reserved(card: CardState) -> None:
    """Raise ReservationsOpen while the card holds something for a moment."""
    if card.kept_standing.held:
        raise ReservationsOpen(card_id=card.id)


def _draft(kind: EntryType, before: CardState, after: CardState, details: Details) -> EntryDraft:
    return EntryDraft(
        type=kind,
        stamps_delta=after.stamps - before.stamps,
        points_delta=after.points - before.points,
        details=details,
    )


def _emptied(program: ProgramRules, card: CardState) -> tuple[Details, CardState]:
    standing = card.kept_standing
    told = merge_parts.emptied(standing)
    for name in ("lots", "stamp_lots"):
        if gone := merge_parts.all_lots(getattr(standing, name), -1):
            told[name] = gone
    if any(lifetime := lifetime_of(card)):
        told["lifetime"] = [-number for number in lifetime]
    if was := standing._replace(lots=(), stamp_lots=()).document():
        told["was"] = was
    after = carrying(program, card, Fraction(0))._replace(stamps=0, points=0)
    return told, with_lifetime(after, (0, 0, 0))


def _full(program: ProgramRules, own: CardState, come: CardState) -> tuple[Details, CardState]:
    has = held(program, own) + held(program, come)
    after = carrying(program, own, has - floor(has))
    after = after._replace(points=floor(has), stamps=own.stamps + come.stamps)
    lifetime = [a + b for a, b in zip(lifetime_of(own), lifetime_of(come), strict=True)]
    told = merge_parts.put_together(own.kept_standing, come.kept_standing, program.tier_plan)
    # Parts of a point that make one repay before anything with a date does.
    met = after.points - own.points - come.points
    for name, balance, owed in (
        ("lots", after.points, _owed(own.points) + _owed(come.points) - met),
        ("stamp_lots", after.stamps, _owed(own.stamps) + _owed(come.stamps)),
    ):
        held_lots = getattr(own.kept_standing, name)
        lots = merge_parts.all_lots(getattr(come.kept_standing, name), 1)
        if change := merge_parts.fitting(held_lots, lots, balance, owed=owed):
            told[name] = change
    if any(came := lifetime_of(come)):
        told["lifetime"] = list(came)
    if after.carry_parts != program.points_per_amount_minor and carried(program, after):
        told["carry_parts"] = after.carry_parts
    if was := _was(own, come):
        told["was"] = was
    return told, with_lifetime(after, (lifetime[0], lifetime[1], lifetime[2]))


def _owed(balance: int) -> int:
    return max(0, -balance)


def _was(own: CardState, come: CardState) -> Details:
    """Return what of the card that stays is not told by the change itself, for the way back."""
    standing = own.kept_standing
    kept = Standing(
        lap=standing.lap, claimed=standing.claimed, ahead=standing.ahead, tier=standing.tier
    )
    was: Details = kept.document() or {}
    is_paid_already = own.is_welcome_due and not come.is_welcome_due
    return {**was, "is_welcome_due": True} if is_paid_already else was


def _stricter(card: CardState, come: CardState) -> CardState:
    """Return the card with the later last stamp of both, and the stamps of its day together."""
    days = [(one.stamps_day, one.stamps_on_day) for one in (card, come) if one.stamps_day]
    last = max((day for day, _ in days), default=None)
    moments = [one.last_stamp_at for one in (card, come) if one.last_stamp_at]
    return card._replace(
        last_stamp_at=max(moments, default=None),
        stamps_day=last,
        stamps_on_day=sum(stamps for day, stamps in days if day == last),
        is_welcome_due=card.is_welcome_due and come.is_welcome_due,
    )


def lifetime_of(card: CardState) -> tuple[int, int, int]:
    """Return what the card got in its whole life: stamps, points, rewards."""
    return (card.lifetime_stamps, card.lifetime_points, card.lifetime_rewards)


def with_lifetime(card: CardState, counts: tuple[int, int, int]) -> CardState:
    """Return the card with these lifetime counters."""
    stamps, points, rewards = counts
    return card._replace(lifetime_stamps=stamps, lifetime_points=points, lifetime_rewards=rewards)
