"""Voids: an earning or a redemption is reversed once, exactly, by a new entry."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from fractions import Fraction
from math import floor
from typing import NamedTuple

from punchcard.loyalty.errors.balances import PointsAlreadySpent, StampsAlreadySpent
from punchcard.loyalty.errors.merges import EntryBeforeMerge
from punchcard.loyalty.errors.till import (
    AlreadyVoided,
    NotVoidable,
    PurchaseRefunded,
    TransactionNotFound,
)
from punchcard.loyalty.operations import Operation, VoidEntry
from punchcard.loyalty.rules.carry import carried, carrying, held
from punchcard.loyalty.rules.dated import lots
from punchcard.loyalty.rules.dated.dated_points import Moved, debit, give_back, joined, with_details
from punchcard.loyalty.rules.dated.due_rules import ended_of
from punchcard.loyalty.rules.dated.ended import Ended
from punchcard.loyalty.rules.opening_rules import without_opening
from punchcard.loyalty.rules.promises.grant_rules import given_back
from punchcard.loyalty.rules.stamp_rules import with_stamp_clock
from punchcard.loyalty.rules.stamps.dated_stamps import debit_stamps, stamps_back
from punchcard.loyalty.rules.stamps.milestone_rules import former_lap, without_claim
from punchcard.loyalty.rules.standing import LotChange
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
from punchcard.loyalty.vocabulary import ActorKind, EntryType, VoidPolicy

VOIDABLE = (
    EntryType.STAMP_EARNED,
    EntryType.STAMPS_REDEEMED,
    EntryType.POINTS_EARNED,
    EntryType.POINTS_REDEEMED,
    EntryType.GRANT_REDEEMED,
    EntryType.VISIT_RECORDED,
    EntryType.REFERRAL_BONUS,
    EntryType.AUTOMATION_BONUS,
)
STAMPINGS = (EntryType.STAMP_EARNED, EntryType.VISIT_RECORDED)
"""Entries whose void asks which stamps then are the card's last."""
_UNATTENDED = (ActorKind.SYSTEM, ActorKind.INTEGRATION)
SPENDINGS = (EntryType.STAMPS_REDEEMED, EntryType.POINTS_REDEEMED)
"""Entries whose void gives back what was spent, less what earlier voids forgave."""


def void_entry(
    operation: VoidEntry, program: ProgramRules, steps: Steps, history: History, at: datetime
) -> Decision:
    """Reverse the entry: the card is as if it had never been, as far as the policy allows.

    When what was earned is already spent, the program's policy decides: `clamp` takes what is
    left, `allow_negative` lets the balance go below zero, `refuse` refuses. What `clamp` forgave is
    held against the redemption that had spent it, if that one is voided too.
    """
    past, is_undone = _checked(operation, program, history)
    program = unattended(operation, program)
    before = steps.card
    day = program.day_of(at)
    ended = ended_of(past, history, steps).within(max(0, past.stamps_delta), worth_of(past))
    if is_undone:
        card, details = without_opening(past, program, before, ended, day)
    else:
        card, details = _without(past, program, before, _Known(history, ended), day)
    details = joined(details, ended.told())
    if card.points_carry:
        # An entry that may move the carry counts it in the parts of its own version.
        card = carrying(program, card, carried(program, card))
        if card.carry_parts != program.points_per_amount_minor:
            details = joined(details, {"carry_parts": card.carry_parts})
    if past.type in STAMPINGS:
        card = with_stamp_clock(program, card, history.stamps)
    entry = EntryDraft(
        type=EntryType.VOIDED,
        stamps_delta=card.stamps - before.stamps,
        points_delta=card.points - before.points,
        amount_minor=past.amount_minor,
        reward_id=past.reward_id,
        reward=past.reward,
        voids=past.id,
        voided_type=past.type,
        voided_location_id=past.location_id,
        voided_import_id=past.import_id,
        voided_details=past.details,
        details=details,
    )
    steps.take(entry, card)
    counted = history.reward is not None and history.reward.stock_left is not None
    return steps.decision(
        stock_change=1 if counted else 0, reward_id=past.reward_id if counted else None
    )


def unattended(operation: Operation, program: ProgramRules) -> ProgramRules:
    """Return the program by which a correction takes back what was earned.

    Where nobody stands there to whom it could be refused, what is left is taken.
    """
    if operation.actor.kind in _UNATTENDED and program.void_policy == VoidPolicy.REFUSE:
        return replace(program, void_policy=VoidPolicy.CLAMP)
    return program


def _checked(
    operation: VoidEntry, program: ProgramRules, history: History
) -> tuple[PastEntry, bool]:
    """Return the entry to take back, and whether it is an opening balance; or raise why not."""
    past = history.entry
    if past is None:
        raise TransactionNotFound
    if past.voided_by is not None:
        raise AlreadyVoided(voided_by=past.voided_by)
    # An opening balance is taken back with its whole import, not by whoever stands at a counter.
    is_undone = past.type == EntryType.OPENING_BALANCE and operation.actor.kind == ActorKind.IMPORT
    if past.type not in VOIDABLE and not is_undone:
        raise NotVoidable(transaction_type=past.type)
    if history.refunded_minor:
        left = (past.amount_minor or 0) - history.refunded_minor
        raise PurchaseRefunded(refundable_minor=left, currency=program.currency)
    if history.is_before_merge:
        raise EntryBeforeMerge
    return past, is_undone


class _Known(NamedTuple):
    """What is known of the past: what the till looked up, and what of the entry has ended."""

    history: History
    ended: Ended


def _without(
    past: PastEntry, program: ProgramRules, card: CardState, known: _Known, day: date
) -> Moved:
    """Return the card without what `past` did to it."""
    history, ended = known
    match past.type:
        case EntryType.STAMP_EARNED:
            return without_stamps(past, program, card, ended)
        case EntryType.STAMPS_REDEEMED:
            return _without_reward(past, program, card, history, day)
        case EntryType.POINTS_EARNED:
            return _without_points(past, program, card, ended)
        case EntryType.GRANT_REDEEMED:
            return given_back(past, program, card, day)
        case EntryType.VISIT_RECORDED | EntryType.REFERRAL_BONUS | EntryType.AUTOMATION_BONUS:
            return _without_visit(past, program, card, ended)
        case _:
            return _with_points_back(past, program, card, history.forgiven, day)


def _without_visit(past: PastEntry, program: ProgramRules, card: CardState, ended: Ended) -> Moved:
    """Take back both halves, those that gave anything: an overdrawn card is none of a half's."""
    stamped = pointed = Moved(card)
    if past.stamps_delta:
        stamped = pointed = without_stamps(past, program, card, ended)
    if past.points_delta or past.carry_delta or lots_of(past):
        pointed = _without_points(past, program, stamped.card, ended)
        return Moved(pointed.card, joined(stamped.details, pointed.details))
    return stamped


def _without_reward(
    past: PastEntry, program: ProgramRules, card: CardState, history: History, day: date
) -> Moved:
    """Give back the stamps of a full card with its lap, or let a milestone be claimed again."""
    card = card._replace(lifetime_rewards=card.lifetime_rewards - 1)
    told = past.details or {}
    if "claimed_lap" in told:
        claim = without_claim(program, card, past)
        return with_details(card, claim) if claim else Moved(card)
    back = max(0, -past.stamps_delta - history.forgiven.stamps)
    card, details = stamps_back(program, card, back, told.get("stamp_lots", ()), day)
    if "lap" in told:
        card, lap = with_details(card, former_lap(card, history.claims))
        details = joined(details, lap)
    return Moved(card, details)


def without_stamps(past: PastEntry, program: ProgramRules, card: CardState, ended: Ended) -> Moved:
    """Take back the stamps that an entry put on the card, as far as the policy allows.

    Raises StampsAlreadySpent.
    """
    quantity = past.stamps_delta
    left = card.stamps - quantity + ended.stamps
    if left < 0 and program.void_policy == VoidPolicy.REFUSE:
        raise StampsAlreadySpent(stamps_missing=-left)
    if program.void_policy == VoidPolicy.CLAMP:
        left = max(left, min(card.stamps, 0))
    gone = card.stamps - left
    card = card._replace(lifetime_stamps=card.lifetime_stamps - quantity)
    return debit_stamps(card, gone, (past.details or {}).get("stamp_lots", ()))


def _without_points(past: PastEntry, program: ProgramRules, card: CardState, ended: Ended) -> Moved:
    """Take back what was earned to the fraction: otherwise the carry could be farmed by voids."""
    own = lots_of(past)
    earned = past.points_delta + lots.pending_in(own)
    moved = take_back(program, card, worth_of(past) - ended.points, own)
    lifetime = moved.card.lifetime_points - earned
    return Moved(moved.card._replace(lifetime_points=lifetime), moved.details)


def take_back(
    program: ProgramRules, card: CardState, amount: Fraction, own: Sequence[LotChange]
) -> Moved:
    """Take `amount` of points that were earned off the card, as far as the policy allows.

    From the lots that `own` changes filled first. Raises PointsAlreadySpent.
    """
    after, gone = what_goes(program, card, amount)
    return debit(after, gone, own)


def what_goes(
    program: ProgramRules, card: CardState, amount: Fraction, least: Fraction = Fraction(0)
) -> tuple[CardState, int]:
    """Return the card with the carry that is left of `amount`, and the whole points that go.

    As far as the policy allows, which lets the card keep `least`: below 0 what it owes beside that.
    What is pending is the card's as well: nothing of it was spent. Raises PointsAlreadySpent.
    """
    has = held(program, card) + card.kept_standing.points_pending
    left = has - amount
    if left < least and program.void_policy == VoidPolicy.REFUSE:
        raise PointsAlreadySpent(points_missing=-floor(left - least))
    if program.void_policy == VoidPolicy.CLAMP:
        left = max(left, min(has, least))
    return carrying(program, card, left - floor(left)), floor(has) - floor(left)


def _with_points_back(
    past: PastEntry, program: ProgramRules, card: CardState, forgiven: Forgiven, day: date
) -> Moved:
    """Give back what was spent, less what voids have forgiven: else points come from nothing."""
    debt = forgiven.points + forgiven.points_carry
    has = held(program, card) + max(Fraction(0), -past.points_delta - debt)
    points = floor(has)
    card = carrying(program, card, has - points)._replace(
        lifetime_rewards=card.lifetime_rewards - (1 if past.reward else 0)
    )
    return give_back(program, card, points - card.points, lots_of(past), day)


def worth_of(past: PastEntry) -> Fraction:
    """Return the exact points that an entry brought, those that are pending included."""
    return past.points_delta + lots.pending_in(lots_of(past)) + past.carry_delta


def lots_of(past: PastEntry) -> list[LotChange]:
    """Return what an entry did to dated points."""
    return list((past.details or {}).get("lots", ()))
