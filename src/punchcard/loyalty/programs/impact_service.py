"""What a change of a program or a reward means for the cards that customers hold already.

Nothing here changes anything: a page shows it before the change is made.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from punchcard.kit.ids import ProgramId
from punchcard.loyalty.models import LoyaltyCard, LoyaltyProgram, Reward
from punchcard.loyalty.vocabulary import HELD_STATUSES, ProgramType

Matter = Literal[
    "stamps_target", "points_per_currency_unit", "points_required", "reward_name", "archived"
]


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
    target = fields.get("stamps_target")
    if program.type != ProgramType.POINTS and target and target != program.stamps_target:
        before, after = _full_cards(program.stamps_target), _full_cards(target)
        found.append(
            _impact(
                session,
                program.id,
                "stamps_target",
                (program.stamps_target, target),
                gains=after > before,
                loses=after < before,
            )
        )
    if program.type != ProgramType.STAMPS:
        found += _impacts_of_earning(session, program, fields)
    if program.type != ProgramType.POINTS and "stamp_reward" in fields:
        old, new = program.stamp_reward or {}, fields["stamp_reward"] or {}
        full = _full_cards(program.stamps_target) > 0
        found += _renamed(session, program.id, old.get("name"), new.get("name"), waiting=full)
    return [impact for impact in found if impact.cards]


def _impacts_of_earning(
    session: Session, program: LoyaltyProgram, fields: Mapping[str, Any]
) -> list[Impact]:
    before = (program.points_per_currency_unit, program.points_per_amount_minor)
    points = fields.get("points_per_currency_unit") or before[0]
    amount = fields.get("points_per_amount_minor") or before[1]
    if (points, amount) == before:
        return []
    nobody = LoyaltyCard.id.is_(None)
    values = (before[0], points)
    matter: Matter = "points_per_currency_unit"
    impact = _impact(session, program.id, matter, values, gains=nobody, loses=nobody)
    return [replace(impact, amounts_minor=(before[1], amount))]


def impacts_of_reward(session: Session, reward: Reward, fields: Mapping[str, Any]) -> list[Impact]:
    """Return what another name or price of the reward means; empty when no running card is
    concerned.
    """
    can_have = LoyaltyCard.points >= reward.points_required
    found = _renamed(session, reward.program_id, reward.name, fields["name"], waiting=can_have)
    if fields["points_required"] != reward.points_required:
        found.append(_of_price(session, reward, fields["points_required"]))
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
    nobody = LoyaltyCard.id.is_(None)
    values = (before, after)
    return [_impact(session, program_id, "reward_name", values, gains=nobody, loses=waiting)]


def _of_price(session: Session, reward: Reward, points_required: int) -> Impact:
    before = LoyaltyCard.points >= reward.points_required
    after = LoyaltyCard.points >= points_required
    values = (reward.points_required, points_required)
    return _impact(
        session,
        reward.program_id,
        "points_required",
        values,
        gains=after & ~before,
        loses=before & ~after,
    )


def impact_of_archiving(session: Session, reward: Reward) -> Impact:
    """Return whom it concerns that the reward is offered no more."""
    return _impact(
        session,
        reward.program_id,
        "archived",
        (reward.points_required, None),
        gains=LoyaltyCard.id.is_(None),
        loses=LoyaltyCard.points >= reward.points_required,
    )


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
