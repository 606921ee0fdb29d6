"""One way in to all rules: an operation, the program, the card and the time give a decision."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from punchcard.loyalty.errors.cards import CardBlocked, CardWasReplaced, FreshCodeRequired
from punchcard.loyalty.errors.programs import ProgramInactive
from punchcard.loyalty.errors.till import OccurredAtOutOfRange
from punchcard.loyalty.merge_operation import MergeCards
from punchcard.loyalty.operations import (
    AddStamp,
    AdjustPoints,
    BookDue,
    ConfirmReservation,
    EarnPoints,
    GiveBonus,
    GrantReward,
    OpenCard,
    Operation,
    RecordVisit,
    RedeemGrant,
    RedeemPoints,
    RedeemReward,
    RedeemStamps,
    RefundPoints,
    ReleaseExpired,
    ReleaseReservation,
    Reserve,
    RevokeGrant,
    SetOpeningBalance,
    VoidEntry,
)
from punchcard.loyalty.rules import (
    card_rules,
    opening_rules,
    points_rules,
    refund_rules,
    stamp_rules,
    void_rules,
)
from punchcard.loyalty.rules.bonus_rules import uses_counted
from punchcard.loyalty.rules.dated.due_rules import book_due, only_due, touched
from punchcard.loyalty.rules.merges.merge_rules import MergeDecision, merge_cards
from punchcard.loyalty.rules.merges.unmerge_rules import PastMerge, separate_cards
from punchcard.loyalty.rules.promises import bonus, grant_rules, reservation_rules
from punchcard.loyalty.rules.stamps import visit_rules
from punchcard.loyalty.rules.stamps.purchase_items import base_stamps
from punchcard.loyalty.rules.tiers.tier_rules import with_tiers
from punchcard.loyalty.rules.time_rules import AWAY_FROM_COUNTER, LATE, time_on_card
from punchcard.loyalty.rules.values import (
    NO_HISTORY,
    CardState,
    Decision,
    History,
    ProgramRules,
    Steps,
)
from punchcard.loyalty.vocabulary import ActorKind, CardStatus, ProgramStatus

# Looked up once: before Python 3.12 an enum gives its words slowly, and these are asked always.
_ACTIVE: Final = CardStatus.ACTIVE
_IMPORT: Final = ActorKind.IMPORT
_CLAIM: Final = ActorKind.CLAIM
_INTEGRATION: Final = ActorKind.INTEGRATION
_SYSTEM: Final = ActorKind.SYSTEM
_BLOCKED: Final = CardStatus.BLOCKED
_REPLACED: Final = CardStatus.REPLACED
_MEMBER: Final = ActorKind.MEMBER
_PROGRAM_ACTIVE: Final = ProgramStatus.ACTIVE

_Rule = Callable[[Any, ProgramRules, Steps, History, datetime], Decision]

_RULES: dict[type[Operation], _Rule] = {
    AddStamp: stamp_rules.add_stamp,
    RecordVisit: visit_rules.record_visit,
    RedeemStamps: stamp_rules.redeem_stamps,
    EarnPoints: points_rules.earn_points,
    RedeemReward: points_rules.redeem_reward,
    RedeemPoints: points_rules.redeem_points,
    AdjustPoints: points_rules.adjust_points,
    VoidEntry: void_rules.void_entry,
    GiveBonus: bonus.give_bonus,
    GrantReward: grant_rules.grant_reward,
    RedeemGrant: grant_rules.redeem_grant,
    RevokeGrant: grant_rules.revoke_grant,
    Reserve: reservation_rules.reserve,
    RefundPoints: refund_rules.refund_points,
    SetOpeningBalance: opening_rules.set_opening_balance,
}

# What was checked when it was reserved: nothing refuses it now.
_SETTLING: dict[type[Operation], _Rule] = {
    ConfirmReservation: reservation_rules.confirm,
    ReleaseReservation: reservation_rules.release,
    ReleaseExpired: reservation_rules.release_expired,
}

_UNASKED: Final = frozenset({OpenCard, BookDue, *_SETTLING})

# A visit: the customer stands at the counter of a running program.
_VISITS = (
    AddStamp,
    RecordVisit,
    RedeemStamps,
    EarnPoints,
    RedeemReward,
    RedeemPoints,
    RedeemGrant,
)
_STAMPING = (AddStamp, RecordVisit)
_TOLD_LATE = (AddStamp, EarnPoints, RecordVisit)
_REDEMPTIONS = (RedeemStamps, RedeemReward, RedeemPoints, RedeemGrant, Reserve)
_CORRECTIONS = (VoidEntry, RefundPoints, AdjustPoints, RevokeGrant)
# Nobody stands at a till for what an import tells of former days, a receipt gives, or a web shop
# tells of its orders.
_AWAY_FROM_TILL = (_IMPORT, _CLAIM, _INTEGRATION)
# Who manages does it, away from the till.
_WITHOUT_STAFF = (AdjustPoints, GiveBonus, GrantReward, RevokeGrant)


def decide(
    operation: Operation,
    program: ProgramRules,
    card: CardState,
    now: datetime,
    history: History = NO_HISTORY,
) -> Decision:
    """Return what `operation` does to `card`, or raise the refusal that says why not.

    Pure: no database, no clock. `now` is the time after the card was locked; the rules look at the
    operation's own `occurred_at` where it has one. `history` holds what the till looked up of the
    card's past for this operation.
    """
    at = operation.occurred_at
    at = now if at is None else _occasion(operation, at, program, card, now)
    if at.tzinfo is not UTC:
        # Sums and comparisons of local times go wrong in the nights the clocks change.
        at = at.astimezone(UTC)
    if type(operation) in _UNASKED:
        return _decide_unasked(operation, program, card, history, at)
    _check_card_and_program(operation, program, card)
    _check_staff(operation, program)
    _check_code(operation, program)
    card = _as_stamped(operation, program, card, now)
    if history is not NO_HISTORY:
        _check_told_late(operation, program, history, now)
    steps = Steps(card, at)
    if card.due_on is not None:
        book_due(program, steps, at)
    is_visit = isinstance(operation, _VISITS)
    if is_visit:
        card_rules.credit_due_welcome(program, steps)
        steps.card = steps.card.seen_at(_later(card.last_activity_at, at))
    decision = _RULES[type(operation)](operation, program, steps, history, at)
    if card.standing is None and program.has_only_balances:
        return decision
    decision = uses_counted(decision)
    decision = touched(program, decision) if is_visit and program.moves_ends else decision
    is_tiered = program.tier_plan is not None or _counts(decision.card)
    return with_tiers(operation, program, decision, history) if is_tiered else decision


def _counts(card: CardState) -> bool:
    """Return whether something counts towards a tier on the card, also where there is none now."""
    return card.standing is not None and bool(card.standing.qualifying)


def _decide_unasked(
    operation: Operation, program: ProgramRules, card: CardState, history: History, at: datetime
) -> Decision:
    """Decide what neither the card's nor the program's status nor a person has a say in."""
    if isinstance(operation, OpenCard):
        return card_rules.open_card(operation, program, card, at)
    if isinstance(operation, BookDue):
        return only_due(program, card, operation.until, at)
    return _SETTLING[type(operation)](operation, program, Steps(card, at), history, at)


def decide_merge(
    operation: MergeCards,
    program: ProgramRules,
    cards: tuple[CardState, CardState],
    now: datetime,
) -> MergeDecision:
    """Return what becomes of two cards of one program that are put together, or raise why not.

    Pure, as `decide`; the first card stays.
    """
    card_rules.check_staff(
        operation.staff, program.id, program.pin_policy, is_asked=operation.is_by_till
    )
    target, source = (Steps(card, now) for card in cards)
    return merge_cards(operation, program, target, source, now)


def decide_separation(
    operation: VoidEntry,
    program: ProgramRules,
    cards: tuple[CardState, CardState],
    now: datetime,
    past: PastMerge,
) -> MergeDecision:
    """Return what becomes of two merged cards that are taken apart, or raise why not.

    Pure, as `decide`; the first card stayed.
    """
    _check_staff(operation, program)
    target, source = (Steps(card, now) for card in cards)
    return separate_cards(past, program, target, source, now)


def _occasion(
    operation: Operation,
    occurred_at: datetime,
    program: ProgramRules,
    card: CardState,
    now: datetime,
) -> datetime:
    """Return when an operation happened: only what collects, or an import tells, may come late.

    Who got their card for a receipt or an order has that too: it then counts from the opening.
    """
    is_told_late = isinstance(operation, _TOLD_LATE) or operation.actor.kind == _IMPORT
    if not is_told_late and now - occurred_at > LATE:
        refusal = OccurredAtOutOfRange(earliest=now - LATE, latest=now)
        raise refusal.by_clocks_of(program.zone)
    if operation.actor.kind in AWAY_FROM_COUNTER:
        return max(occurred_at, card.enrolled_at)
    return time_on_card(occurred_at, card.enrolled_at, now, program.zone)


def _check_card_and_program(operation: Operation, program: ProgramRules, card: CardState) -> None:
    if card.status == _ACTIVE and program.status == _PROGRAM_ACTIVE:
        return
    is_correction = isinstance(operation, _CORRECTIONS)
    if card.status != _ACTIVE and not (is_correction and card.status == _BLOCKED):
        raise CardWasReplaced if card.status == _REPLACED else CardBlocked
    if program.status != _PROGRAM_ACTIVE and not is_correction:
        raise ProgramInactive


def _as_stamped(
    operation: Operation, program: ProgramRules, card: CardState, now: datetime
) -> CardState:
    """Return the card as a stamp at the counter finds it, and as it is for all others."""
    if card.last_stamp_at is None or card.last_stamp_at <= now:
        return card
    if not isinstance(operation, _STAMPING) or operation.actor.kind in AWAY_FROM_COUNTER:
        return card
    return stamp_rules.as_stamped(program, card, operation.occurred_at, now)


def _check_staff(operation: Operation, program: ProgramRules) -> None:
    is_by_itself = operation.actor.kind == _SYSTEM and isinstance(operation, VoidEntry)
    if is_by_itself or isinstance(operation, _WITHOUT_STAFF):
        return
    is_asked = operation.actor.kind not in _AWAY_FROM_TILL
    card_rules.check_staff(operation.staff, program.id, program.pin_policy, is_asked=is_asked)


def _check_told_late(
    operation: Operation, program: ProgramRules, history: History, now: datetime
) -> None:
    """Refuse what comes late once today's other late ones are as many as can be."""
    if history.recorded_stamps is not None and isinstance(operation, _STAMPING):
        stamps = base_stamps(operation, program)
        if stamps:
            stamp_rules.check_recorded_day(history.recorded_stamps + stamps, program, now)
    if history.late_purchases is not None:
        points_rules.check_late_purchases(history.late_purchases + 1, program, now)


def _check_code(operation: Operation, program: ProgramRules) -> None:
    """Refuse a redemption that rests on nothing but a code anybody may have a picture of."""
    if not program.has_rotating_code or not isinstance(operation, _REDEMPTIONS):
        return
    has_person = operation.staff is not None or operation.actor.kind == _MEMBER
    if not (operation.is_code_fresh or has_person):
        raise FreshCodeRequired


def _later(one: datetime | None, other: datetime) -> datetime:
    return other if one is None or other > one else one
