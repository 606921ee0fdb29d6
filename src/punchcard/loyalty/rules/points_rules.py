"""Points: earning with a carried remainder, redemption, adjustment."""

from datetime import datetime
from typing import Final

from punchcard.loyalty.errors.balances import (
    BalanceLimitReached,
    LatePurchaseLimitReached,
    NotEnoughPoints,
    PurchaseBelowMinimum,
    RedemptionBelowMinimum,
)
from punchcard.loyalty.errors.programs import (
    ProgramTypeMismatch,
    RewardNotAvailable,
    RewardNotFound,
)
from punchcard.loyalty.operations import AdjustPoints, EarnPoints, RedeemPoints, RedeemReward
from punchcard.loyalty.rules.reward_rules import obstacle
from punchcard.loyalty.rules.time_rules import LATE_PURCHASES
from punchcard.loyalty.rules.values import (
    BALANCE_LIMIT,
    CardState,
    Decision,
    EntryDraft,
    History,
    ProgramRules,
    Steps,
)
from punchcard.loyalty.vocabulary import EntryType, RewardObstacle

# Refusals of their own say by how much.
_TOLD_BY_SPENDING: Final = (RewardObstacle.BELOW_MINIMUM, RewardObstacle.NOT_ENOUGH_POINTS)


def earn_points(
    operation: EarnPoints, program: ProgramRules, steps: Steps, history: History, at: datetime
) -> Decision:
    """Credit whole points for the purchase; what rounding leaves over is carried on the card."""
    _check_type(program)
    if operation.amount_minor < program.minimum_purchase_minor:
        raise PurchaseBelowMinimum(
            minimum_purchase_minor=program.minimum_purchase_minor, currency=program.currency
        )
    card = steps.card
    parts = program.points_per_amount_minor
    earned_parts = operation.amount_minor * program.points_per_currency_unit
    points, carry = divmod(earned_parts + carry_in(card, program), parts)
    if card.points + points > BALANCE_LIMIT:
        raise BalanceLimitReached
    entry = EntryDraft(
        type=EntryType.POINTS_EARNED,
        points_delta=points,
        amount_minor=operation.amount_minor,
        reference=operation.reference,
    )
    earned = card._replace(
        points=card.points + points,
        points_carry=carry,
        carry_parts=parts,
        lifetime_points=card.lifetime_points + points,
    )
    steps.take(entry, earned)
    return steps.decision()


def check_late_purchases(recorded: int, program: ProgramRules, now: datetime) -> None:
    """Refuse a late purchase with which the day of `now` has `recorded` so many on this card.

    Raises LatePurchaseLimitReached.
    """
    if recorded > LATE_PURCHASES:
        opens = program.start_of_next_day(now).astimezone(program.zone)
        raise LatePurchaseLimitReached(next_purchase_at=opens, max_late_purchases=LATE_PURCHASES)


def carry_in(card: CardState, program: ProgramRules) -> int:
    """Return the card's carry in the parts of a point that the program counts in today.

    Where another amount earned it, what is less than such a part is lost.
    """
    return card.points_carry * program.points_per_amount_minor // program.carry_parts_of(card)


def redeem_reward(
    operation: RedeemReward, program: ProgramRules, steps: Steps, history: History, at: datetime
) -> Decision:
    """Exchange points for a reward that is in its dates, in stock and within the card's limit."""
    _check_type(program)
    reward = history.reward
    if reward is None or reward.program_id != program.id:
        raise RewardNotFound
    reason = obstacle(reward, program, steps.card, at, times_redeemed=history.times_redeemed)
    if reason is not None and reason not in _TOLD_BY_SPENDING:
        raise RewardNotAvailable(reason=reason)
    entry = EntryDraft(
        type=EntryType.POINTS_REDEEMED,
        points_delta=-reward.points_required,
        reward_id=reward.id,
        reward={"id": reward.id, "name": reward.name, "value_minor": reward.value_minor},
    )
    _spend(program, steps, entry)
    counted = reward.stock_left is not None
    return steps.decision(
        stock_change=-1 if counted else 0, reward_id=reward.id if counted else None
    )


def redeem_points(
    operation: RedeemPoints, program: ProgramRules, steps: Steps, history: History, at: datetime
) -> Decision:
    """Take a number of points off the card."""
    _check_type(program)
    _spend(
        program, steps, EntryDraft(type=EntryType.POINTS_REDEEMED, points_delta=-operation.points)
    )
    return steps.decision()


def adjust_points(
    operation: AdjustPoints, program: ProgramRules, steps: Steps, history: History, at: datetime
) -> Decision:
    """Correct the balance by hand; it never takes more than there is."""
    _check_type(program)
    card, delta = steps.card, operation.points_delta
    if delta < 0 and card.points + delta < 0:
        raise NotEnoughPoints(points_missing=-delta - max(card.points, 0))
    if card.points + delta > BALANCE_LIMIT:
        raise BalanceLimitReached
    steps.take(
        EntryDraft(type=EntryType.POINTS_ADJUSTED, points_delta=delta),
        card._replace(points=card.points + delta),
    )
    return steps.decision()


def _check_type(program: ProgramRules) -> None:
    if not program.has_points:
        raise ProgramTypeMismatch(program_type=program.type)


def _spend(program: ProgramRules, steps: Steps, entry: EntryDraft) -> None:
    card, points = steps.card, -entry.points_delta
    if points < program.minimum_redemption_points:
        raise RedemptionBelowMinimum(minimum_redemption_points=program.minimum_redemption_points)
    if card.points < points:
        raise NotEnoughPoints(points_missing=points - card.points)
    rewards = card.lifetime_rewards + (1 if entry.reward else 0)
    spent = card._replace(points=card.points - points, lifetime_rewards=rewards)
    steps.take(entry, spent)
