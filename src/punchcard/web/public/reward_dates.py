"""Until when a reward can be had, as people read it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from punchcard.loyalty.models import Reward

_SOON: Final = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class EndingReward:
    """A reward within reach that ends soon, and the last day on which it can be had."""

    reward: Reward
    last_day: date


def last_day_of(reward: Reward, timezone: str) -> date | None:
    """Return the last day on which a reward can be had in the shop; None if it has no end."""
    if reward.valid_until is None:
        return None
    # It ends as the next day begins; that may be at one o'clock, in a night the clocks change.
    return (reward.valid_until - timedelta(microseconds=1)).astimezone(ZoneInfo(timezone)).date()


def ending_soon(
    rewards: Iterable[Reward], points: int, timezone: str, *, now: datetime
) -> list[EndingReward]:
    """Return the rewards that these points pay for and that end within 14 days, next first."""
    found = [
        EndingReward(reward, last_day)
        for reward in rewards
        if reward.valid_until is not None
        and now < reward.valid_until <= now + _SOON
        and reward.points_required is not None
        and reward.points_required <= points
        and (last_day := last_day_of(reward, timezone)) is not None
    ]
    return sorted(found, key=lambda each: each.last_day)
