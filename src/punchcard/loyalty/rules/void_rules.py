"""Voids: an earning or a redemption is reversed once, exactly, by a new entry."""

from datetime import datetime
from fractions import Fraction
from math import floor

from punchcard.loyalty.errors.balances import PointsAlreadySpent, StampsAlreadySpent
from punchcard.loyalty.errors.till import AlreadyVoided, NotVoidable, TransactionNotFound
from punchcard.loyalty.operations import VoidEntry
from punchcard.loyalty.rules.stamp_rules import with_stamp_clock
from punchcard.loyalty.rules.values import (
    CardState,
    Decision,
    EntryDraft,
    Forgiven,
    History,
    PastEntry,
    ProgramRules,
    Steps,
)
from punchcard.loyalty.vocabulary import EntryType, VoidPolicy

VOIDABLE = (
    EntryType.STAMP_EARNED,
    EntryType.STAMPS_REDEEMED,
    EntryType.POINTS_EARNED,
    EntryType.POINTS_REDEEMED,
)


def void_entry(
    operation: VoidEntry, program: ProgramRules, steps: Steps, history: History, at: datetime
) -> Decision:
    """Reverse the entry: the card is as if it had never been, as far as the policy allows.

    When what was earned is already spent, the program's policy decides: `clamp` takes what is
    left, `allow_negative` lets the balance go below zero, `refuse` refuses. What `clamp` forgave is
    held against the redemption that had spent it, if that one is voided too.
    """
    past = history.entry
    if past is None:
        raise TransactionNotFound
    if past.voided_by is not None:
        raise AlreadyVoided(voided_by=past.voided_by)
    if past.type not in VOIDABLE:
        raise NotVoidable(transaction_type=past.type)
    card = _without(past, program, steps.card, history.forgiven)
    if card.points_carry:
        # An entry that may move the carry counts it in the parts of its own version.
        card = _holding(program, card, _held(program, card))
    if past.type == EntryType.STAMP_EARNED:
        card = with_stamp_clock(program, card, history.stamps)
    entry = EntryDraft(
        type=EntryType.VOIDED,
        stamps_delta=card.stamps - steps.card.stamps,
        points_delta=card.points - steps.card.points,
        amount_minor=past.amount_minor,
        reward_id=past.reward_id,
        reward=past.reward,
        voids=past.id,
        voided_type=past.type,
        voided_location_id=past.location_id,
        voided_import_id=past.import_id,
    )
    steps.take(entry, card)
    counted = history.reward is not None and history.reward.stock_left is not None
    return steps.decision(
        stock_change=1 if counted else 0, reward_id=past.reward_id if counted else None
    )


def _without(
    past: PastEntry, program: ProgramRules, card: CardState, forgiven: Forgiven
) -> CardState:
    """Return the card without what `past` did to it."""
    match past.type:
        case EntryType.STAMP_EARNED:
            return _without_stamps(past.stamps_delta, program, card)
        case EntryType.STAMPS_REDEEMED:
            return card._replace(
                stamps=card.stamps + max(0, -past.stamps_delta - forgiven.stamps),
                lifetime_rewards=card.lifetime_rewards - 1,
            )
        case EntryType.POINTS_EARNED:
            return _without_points(past, program, card)
        case _:
            return _with_points_back(past, program, card, forgiven)


def _without_stamps(quantity: int, program: ProgramRules, card: CardState) -> CardState:
    left = card.stamps - quantity
    if left < 0 and program.void_policy == VoidPolicy.REFUSE:
        raise StampsAlreadySpent(stamps_missing=-left)
    if program.void_policy == VoidPolicy.CLAMP:
        left = max(left, min(card.stamps, 0))
    return card._replace(stamps=left, lifetime_stamps=card.lifetime_stamps - quantity)


def _without_points(past: PastEntry, program: ProgramRules, card: CardState) -> CardState:
    """Take back what was earned to the fraction: otherwise the carry could be farmed by voids."""
    held = _held(program, card)
    left = held - (past.points_delta + past.carry_delta)
    if left < 0 and program.void_policy == VoidPolicy.REFUSE:
        raise PointsAlreadySpent(points_missing=-floor(left))
    if program.void_policy == VoidPolicy.CLAMP:
        left = max(left, min(held, Fraction(0)))
    return _holding(program, card, left)._replace(
        lifetime_points=card.lifetime_points - past.points_delta
    )


def _with_points_back(
    past: PastEntry, program: ProgramRules, card: CardState, forgiven: Forgiven
) -> CardState:
    """Give back what was spent, less what voids have forgiven: else points come from nothing."""
    debt = forgiven.points + forgiven.points_carry
    back = max(Fraction(0), -past.points_delta - debt)
    return _holding(program, card, _held(program, card) + back)._replace(
        lifetime_rewards=card.lifetime_rewards - (1 if past.reward else 0)
    )


def _held(program: ProgramRules, card: CardState) -> Fraction:
    return card.points + Fraction(card.points_carry, program.carry_parts_of(card))


def _holding(program: ProgramRules, card: CardState, held: Fraction) -> CardState:
    """Return the card with so many points, its carry in the parts the program counts in today."""
    points, parts = floor(held), program.points_per_amount_minor
    return card._replace(
        points=points, points_carry=floor((held - points) * parts), carry_parts=parts
    )
