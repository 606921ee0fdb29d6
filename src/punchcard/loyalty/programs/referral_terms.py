"""What a program promises for bringing a friend, checked against what it has."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from punchcard.kit.errors import InvalidInput
from punchcard.kit.ids import ProgramId, RewardId
from punchcard.loyalty.errors.programs import RewardPromised
from punchcard.loyalty.models import LoyaltyProgram, Reward
from punchcard.loyalty.rules.promises.referral_form import SIDES, referral_faults, rewards_of
from punchcard.loyalty.vocabulary import ReferralStatus

_FRESH: Final[Mapping[str, Any]] = {
    "status": ReferralStatus.ACTIVE,
    "minimum_purchase_minor": 0,
    "hold_days": 0,
    "limit_per_year": 10,
}


def kept_referral(referral: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return what is promised as a program keeps it, with what was left out."""
    return None if referral is None else {**_FRESH, **referral}


def check_referral(
    session: Session, program_id: ProgramId | None, program: Mapping[str, Any]
) -> None:
    """Raise InvalidInput if a program promises what it does not have.

    A program that is being made (`program_id` None) offers no rewards yet.
    """
    referral = program.get("referral")
    if referral is None:
        return
    offered: frozenset[str] = frozenset()
    if program_id is not None and (wanted := rewards_of(referral)):
        query = select(Reward.id).where(
            Reward.program_id == program_id,
            Reward.archived_at.is_(None),
            Reward.id.in_(sorted(wanted)),
        )
        offered = frozenset(session.scalars(query))
    if faults := list(referral_faults(referral, program["type"], offered)):
        raise InvalidInput(faults)


def refuse_if_promised(program: LoyaltyProgram, reward_id: RewardId) -> None:
    """Raise RewardPromised if the program gives the reward for bringing a friend."""
    referral = program.referral or {}
    is_on = referral.get("status") == ReferralStatus.ACTIVE
    if is_on and reward_id in rewards_of(referral):
        raise RewardPromised


def promised_names(session: Session, program: LoyaltyProgram) -> dict[str, str]:
    """Return the names of the rewards that a program gives for bringing a friend, by their ids."""
    wanted = rewards_of(program.referral) if program.referral else set()
    if not wanted:
        return {}
    query = select(Reward.id, Reward.name).where(Reward.id.in_(sorted(wanted)))
    return {row.id: row.name for row in session.execute(query)}


def promised_to(
    referral: Mapping[str, Any], side: str, names: Mapping[str, str]
) -> dict[str, int | str | None]:
    """Return what one side is promised: points, stamps, or a reward's name."""
    gives = referral.get(side) or {}
    return {
        "points": gives.get("points"),
        "stamps": gives.get("stamps"),
        "reward": names.get(gives.get("reward_id", "")),
    }


def promise_of(
    program: LoyaltyProgram, names: Mapping[str, str]
) -> dict[str, dict[str, int | str | None]] | None:
    """Return what each side is promised now, by `SIDES`; None where cards bring nobody."""
    if program.referral is None or program.referral["status"] != ReferralStatus.ACTIVE:
        return None
    return {side: promised_to(program.referral, side, names) for side in SIDES}
