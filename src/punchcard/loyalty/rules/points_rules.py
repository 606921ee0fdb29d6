"""Points: earning with a carried remainder, redemption, adjustment."""

from collections.abc import Sequence
from datetime import date, datetime
from fractions import Fraction
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
from punchcard.loyalty.rules.bonus_rules import bonuses_of
from punchcard.loyalty.rules.carry import carried, carry_of
from punchcard.loyalty.rules.dated.dated_points import Moved, coming, credit, debit, with_lots
from punchcard.loyalty.rules.purchase_rules import Bonus, Earned, earned
from punchcard.loyalty.rules.reward_rules import obstacle
from punchcard.loyalty.rules.standing import Details
from punchcard.loyalty.rules.time_rules import LATE_PURCHASES
from punchcard.loyalty.rules.values import (
    BALANCE_LIMIT,
    CardState,
    Decision,
    EntryDraft,
    History,
    ProgramRules,
    RewardState,
    Steps,
)
from punchcard.loyalty.vocabulary import EntryType, RewardObstacle

# Refusals of their own say by how much.
_TOLD_BY_SPENDING: Final = (RewardObstacle.BELOW_MINIMUM, RewardObstacle.NOT_ENOUGH_POINTS)


def earn_points(
    operation: EarnPoints, program: ProgramRules, steps: Steps, history: History, at: datetime
) -> Decision:
    """Credit whole points for the purchase; what rounding leaves over is carried on the card."""
    check_type(program)
    if operation.amount_minor < program.minimum_purchase_minor:
        raise PurchaseBelowMinimum(
            minimum_purchase_minor=program.minimum_purchase_minor, currency=program.currency
        )
    card = steps.card
    bonuses = bonuses_of(operation, program, card, at, history)
    moved = credited(operation.amount_minor, bonuses, program, card, at)
    points = moved.card.lifetime_points - card.lifetime_points
    pending = 0 if card.standing is None else card.standing.points_pending
    if card.points + points + pending > BALANCE_LIMIT:
        raise BalanceLimitReached
    entry = EntryDraft(
        type=EntryType.POINTS_EARNED,
        points_delta=moved.card.points - card.points,
        amount_minor=operation.amount_minor,
        reference=operation.reference,
        details=moved.details,
    )
    steps.take(entry, moved.card)
    return steps.decision()


def credited(
    amount_minor: int,
    bonuses: Sequence[Bonus],
    program: ProgramRules,
    card: CardState,
    at: datetime,
) -> Moved:
    """Put on the card the points of a purchase of `amount_minor` with these bonuses."""
    parts = program.points_per_amount_minor
    if bonuses or carries_finer(program, card):
        earning = earning_of(amount_minor, bonuses, program, card)
        return credit_earned(program, card, earning, program.day_of(at))
    earned_parts = amount_minor * program.points_per_currency_unit
    points, carry = divmod(earned_parts + carry_in(card, program), parts)
    return _credited(program, card, points, (carry, parts), program.day_of(at))


def carries_finer(program: ProgramRules, card: CardState) -> bool:
    """Return whether the card carries a smaller part of a point than the program counts in.

    A bonus may have left it. What a purchase earns is told in parts then.
    """
    return card.points_carry > 0 and program.carry_parts_of(card) > program.points_per_amount_minor


def earning_of(
    amount_minor: int,
    bonuses: Sequence[Bonus],
    program: ProgramRules,
    card: CardState,
    *,
    base_stamps: int = 0,
) -> Earned:
    """Return what a purchase earns with these bonuses, before it is put on the card."""
    return earned(
        amount_minor,
        program.rate if program.has_points else Fraction(0),
        carried(program, card),
        bonuses,
        base_stamps=base_stamps,
        minimum_purchase_minor=program.minimum_purchase_minor,
    )


def credit_earned(program: ProgramRules, card: CardState, earning: Earned, day: date) -> Moved:
    """Put on the card what a purchase earned with its bonuses, to the part of a point."""
    carry = carry_of(program, earning.left_parts, earning.parts_of_one)
    moved, told = _credited(program, card, earning.whole, carry, day)
    details: Details = {} if told is None else told
    details["parts"] = earning.parts
    if carry[1] != program.points_per_amount_minor:
        details["carry_parts"] = carry[1]
    return Moved(moved, details)


def _credited(
    program: ProgramRules, card: CardState, points: int, carry: tuple[int, int], day: date
) -> Moved:
    """Put the whole points of a purchase on the card, and what it carries after it."""
    active, changes = coming(program, card, points, day, is_purchase=True)
    after = card._replace(
        points=card.points + active,
        points_carry=carry[0],
        carry_parts=carry[1],
        lifetime_points=card.lifetime_points + points,
    )
    return with_lots(after, changes)


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
    reward = check_available(program, steps.card, history, at)
    # What is only given was refused for that.
    assert reward.points_required is not None
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


def check_available(
    program: ProgramRules, card: CardState, history: History, at: datetime
) -> RewardState:
    """Return the reward that points are asked for, if all but the points is there for it.

    Raises ProgramTypeMismatch, RewardNotFound, RewardNotAvailable.
    """
    check_type(program)
    reward = history.reward
    if reward is None or reward.program_id != program.id:
        raise RewardNotFound
    reason = obstacle(reward, program, card, at, times_redeemed=history.times_redeemed)
    if reason is not None and reason not in _TOLD_BY_SPENDING:
        raise RewardNotAvailable(reason=reason)
    return reward


def redeem_points(
    operation: RedeemPoints, program: ProgramRules, steps: Steps, history: History, at: datetime
) -> Decision:
    """Take a number of points off the card."""
    check_type(program)
    _spend(
        program, steps, EntryDraft(type=EntryType.POINTS_REDEEMED, points_delta=-operation.points)
    )
    return steps.decision()


def adjust_points(
    operation: AdjustPoints, program: ProgramRules, steps: Steps, history: History, at: datetime
) -> Decision:
    """Correct the balance by hand; it never takes more than there is."""
    check_type(program)
    card, delta = steps.card, operation.points_delta
    if delta < 0 and card.points + delta < 0:
        raise NotEnoughPoints(points_missing=-delta - max(card.points, 0))
    if card.points + delta > BALANCE_LIMIT:
        raise BalanceLimitReached
    if delta > 0:
        after, details = credit(program, card, delta, program.day_of(at))
    else:
        after, details = debit(card, -delta)
    entry = EntryDraft(type=EntryType.POINTS_ADJUSTED, points_delta=delta, details=details)
    steps.take(entry, after)
    return steps.decision()


def check_type(program: ProgramRules) -> None:
    if not program.has_points:
        raise ProgramTypeMismatch(program_type=program.type)


def _spend(program: ProgramRules, steps: Steps, entry: EntryDraft) -> None:
    card, points = steps.card, -entry.points_delta
    if points < program.minimum_redemption_points:
        raise RedemptionBelowMinimum(minimum_redemption_points=program.minimum_redemption_points)
    if card.points < points:
        raise NotEnoughPoints(points_missing=points - card.points)
    rewards = card.lifetime_rewards + (1 if entry.reward else 0)
    spent, details = debit(card, points)
    if details:
        entry = entry._replace(details=details)
    steps.take(entry, spent._replace(lifetime_rewards=rewards))
