"""What a change of a program or a reward means for the cards that customers hold already.

Nothing here changes anything: a page shows it before the change is made.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, and_, case, false, func, literal, select
from sqlalchemy.orm import Session

from punchcard.accounts.rows import values_of
from punchcard.kit.ids import ProgramId, RewardId
from punchcard.loyalty.models import LoyaltyCard, LoyaltyProgram, Reward
from punchcard.loyalty.programs.handed_out import had_for_points
from punchcard.loyalty.rules.reward_rules import Offered, shelf_obstacle
from punchcard.loyalty.rules.stamps.stamp_rewards import STAMP_CARD, milestones_of, with_all_rewards
from punchcard.loyalty.tables import ENTRIES
from punchcard.loyalty.vocabulary import (
    HELD_STATUSES,
    CardStatus,
    ProgramStatus,
    ProgramType,
)

Matter = Literal[
    "stamps_target",
    "stamp_rewards",
    "points_per_currency_unit",
    "points_required",
    "minimum_redemption_points",
    "availability",
    "reward_name",
    "archived",
]


@dataclass(frozen=True, slots=True)
class _Offer:
    """What decides of a reward whether it can be had."""

    points_required: int | None
    valid_from: datetime | None
    valid_until: datetime | None
    stock_left: int | None
    per_card_limit: int | None
    is_archived: bool


_OFFER: Final = _Offer.__match_args__


@dataclass(frozen=True, slots=True)
class Impact:
    """One change that concerns `cards` running cards; before and after it are numbers or names.

    `winners` of them can collect a reward at once that they could not before; `losers` can collect
    one now and no longer could. `amounts_minor` are for how much money the points are, before and
    after, where points for purchases change.
    """

    matter: Matter
    before: int | str
    after: int | str | None
    cards: int
    winners: int
    losers: int
    amounts_minor: tuple[int, int] | None = None


def impacts_of_program(
    session: Session, program: LoyaltyProgram, fields: Mapping[str, Any]
) -> list[Impact]:
    """Return what new `fields` of the program mean; empty when no running card is concerned."""
    found = []
    fields = with_all_rewards(values_of(program, STAMP_CARD), fields)
    target = fields.get("stamps_target")
    usable = _usable(program)
    if program.type != ProgramType.POINTS and target and target != program.stamps_target:
        before, after = _full_cards(program.stamps_target), _full_cards(target)
        found.append(
            _impact(
                session,
                program.id,
                "stamps_target",
                (program.stamps_target, target),
                gains=usable & (after > before),
                loses=usable & (after < before),
            )
        )
    if program.type != ProgramType.POINTS:
        found += _impacts_of_milestones(session, program, fields)
    if program.type != ProgramType.STAMPS:
        found += _impacts_of_earning(session, program, fields)
        found += _impacts_of_minimum(session, program, fields)
    if program.type != ProgramType.POINTS and "stamp_reward" in fields:
        old, new = program.stamp_reward or {}, fields["stamp_reward"] or {}
        full = usable & (_full_cards(program.stamps_target) > 0)
        found += _renamed(session, program.id, old.get("name"), new.get("name"), waiting=full)
    return [impact for impact in found if impact.cards]


def _impacts_of_milestones(
    session: Session, program: LoyaltyProgram, fields: Mapping[str, Any]
) -> list[Impact]:
    """Return whose stamps reach more or fewer rewards on the way to a full card.

    Rewards that a card has claimed are counted as if it had not: they stand for what it was told.
    """
    if "stamp_rewards" not in fields:
        return []
    before = [one.at for one in milestones_of(program.stamp_rewards)]
    after = [one.at for one in milestones_of(fields["stamp_rewards"])]
    if before == after:
        return []
    usable, had, has = _usable(program), _reached(before), _reached(after)
    values = (_listed(before), _listed(after))
    gains, loses = usable & (has > had), usable & (has < had)
    return [_impact(session, program.id, "stamp_rewards", values, gains=gains, loses=loses)]


def _reached(milestones: Sequence[int]) -> ColumnElement[int]:
    reached = [case((LoyaltyCard.stamps >= at, 1), else_=0) for at in milestones]
    return sum(reached, start=literal(0))


def _listed(milestones: Sequence[int]) -> str:
    return ", ".join(str(at) for at in milestones)


def _impacts_of_earning(
    session: Session, program: LoyaltyProgram, fields: Mapping[str, Any]
) -> list[Impact]:
    before = (program.points_per_currency_unit, program.points_per_amount_minor)
    points = fields.get("points_per_currency_unit") or before[0]
    amount = fields.get("points_per_amount_minor") or before[1]
    if (points, amount) == before:
        return []
    values = (before[0], points)
    matter: Matter = "points_per_currency_unit"
    impact = _impact(session, program.id, matter, values, gains=false(), loses=false())
    return [replace(impact, amounts_minor=(before[1], amount))]


def _impacts_of_minimum(
    session: Session, program: LoyaltyProgram, fields: Mapping[str, Any]
) -> list[Impact]:
    """Return who has points enough to take some off, and would not any more; only where some do."""
    before = program.minimum_redemption_points
    after = fields.get("minimum_redemption_points", before)
    if after == before:
        return []
    can, will = (and_(_usable(program), LoyaltyCard.points >= max(1, n)) for n in (before, after))
    values, gains, loses = (before, after), and_(will, ~can), and_(can, ~will)
    matter: Matter = "minimum_redemption_points"
    found = _impact(session, program.id, matter, values, gains=gains, loses=loses)
    return [found] if found.losers else []


def impacts_of_reward(
    session: Session,
    program: LoyaltyProgram,
    reward: Reward,
    changes: Mapping[str, Any],
    *,
    now: datetime,
) -> list[Impact]:
    """Return what another name, price, stock, limit a card or date of the reward means at `now`.

    Empty when no running card is concerned; anything but name and price is told only where cards
    lose by it.
    """
    before = _offer(reward)
    after = replace(before, **{name: changes[name] for name in _OFFER if name in changes})
    can_have = _can_have(program, reward.id, before, now)
    will_have = _can_have(program, reward.id, after, now)
    gains, loses = and_(will_have, ~can_have), and_(can_have, ~will_have)
    found = _renamed(session, program.id, reward.name, changes["name"], waiting=can_have)
    was, becomes = before.points_required, after.points_required
    if was is not None and becomes is not None and was != becomes:
        prices = (was, becomes)
        found.append(
            _impact(session, program.id, "points_required", prices, gains=gains, loses=loses)
        )
    elif after != before:
        names = (reward.name, changes["name"])
        other = _impact(session, program.id, "availability", names, gains=gains, loses=loses)
        found += [other] if other.losers else []
    return [impact for impact in found if impact.cards]


def _renamed(
    session: Session,
    program_id: ProgramId,
    before: str | None,
    after: str | None,
    *,
    waiting: ColumnElement[bool],
) -> list[Impact]:
    """Return what it means that cards promise something else; those `waiting` could have it now."""
    if not before or not after or before == after:
        return []
    values = (before, after)
    return [_impact(session, program_id, "reward_name", values, gains=false(), loses=waiting)]


def impact_of_archiving(
    session: Session, program: LoyaltyProgram, reward: Reward, *, now: datetime
) -> Impact:
    """Return whom it concerns at `now` that the reward is offered no more."""
    return _impact(
        session,
        program.id,
        "archived",
        (reward.points_required or reward.name, None),
        gains=false(),
        loses=_can_have(program, reward.id, _offer(reward), now),
    )


def _offer(reward: Reward) -> _Offer:
    kept = {name: getattr(reward, name) for name in _OFFER if name != "is_archived"}
    return _Offer(is_archived=reward.archived_at is not None, **kept)


def _usable(program: LoyaltyProgram) -> ColumnElement[bool]:
    """Return the condition that a card can have any reward at all."""
    if program.status != ProgramStatus.ACTIVE:
        return false()
    return LoyaltyCard.status == CardStatus.ACTIVE


def _can_have(
    program: LoyaltyProgram, reward_id: RewardId, offer: Offered, now: datetime
) -> ColumnElement[bool]:
    """Return the condition that a card can have the reward at `now`, if it is offered so.

    The same question as `reward_rules.obstacle`, of all cards at once.
    """
    if shelf_obstacle(offer, program.minimum_redemption_points, now) is not None:
        return false()
    condition = and_(_usable(program), LoyaltyCard.points >= (offer.points_required or 0))
    if offer.per_card_limit is None:
        return condition
    return and_(condition, _times_redeemed(reward_id) < offer.per_card_limit)


def _times_redeemed(reward_id: RewardId) -> ColumnElement[int]:
    """Return how often each card redeemed a reward, without what was voided."""
    query = select(func.count()).where(
        ENTRIES.c.card_id == LoyaltyCard.id,
        ENTRIES.c.reward_id == reward_id,
        had_for_points(),
    )
    return query.scalar_subquery()


def running_cards(session: Session, program_id: ProgramId) -> int:
    """Return how many cards of the program customers can use, or will when unblocked."""
    return session.scalar(select(func.count()).where(*_running(program_id))) or 0


def _impact(
    session: Session,
    program_id: ProgramId,
    matter: Matter,
    values: tuple[int | str, int | str | None],
    *,
    gains: ColumnElement[bool],
    loses: ColumnElement[bool],
) -> Impact:
    counts = select(
        func.count(),
        func.coalesce(func.sum(case((gains, 1), else_=0)), 0),
        func.coalesce(func.sum(case((loses, 1), else_=0)), 0),
    ).where(*_running(program_id))
    cards, winners, losers = session.execute(counts).one()
    return Impact(matter, values[0], values[1], cards, int(winners), int(losers))


def _running(program_id: ProgramId) -> tuple[ColumnElement[bool], ...]:
    return (
        LoyaltyCard.program_id == program_id,
        LoyaltyCard.status.in_(HELD_STATUSES),
    )


def _full_cards(target: int) -> ColumnElement[int]:
    """Return how many full cards the stamps make; an overdrawn card makes none."""
    return case((LoyaltyCard.stamps > 0, LoyaltyCard.stamps // target), else_=0)
