"""What an entry adds to what a card got in its whole life: stamps, points, rewards."""

from typing import Final

from punchcard.loyalty.rules.dated.lots import pending_in
from punchcard.loyalty.rules.standing import Details
from punchcard.loyalty.vocabulary import EntryType

LifetimeCounts = tuple[int, int, int]
"""Stamps, points, rewards."""

_EARNING: Final = frozenset(
    {
        EntryType.STAMP_EARNED,
        EntryType.POINTS_EARNED,
        EntryType.WELCOME_BONUS,
        EntryType.VISIT_RECORDED,
        EntryType.POINTS_REFUNDED,
        EntryType.REFERRAL_BONUS,
        EntryType.AUTOMATION_BONUS,
    }
)
_REWARDING: Final = frozenset({EntryType.STAMPS_REDEEMED, EntryType.GRANT_REDEEMED})
_REWARDING_BY_REWARD: Final = frozenset(
    {EntryType.POINTS_REDEEMED, EntryType.RESERVATION_CONFIRMED}
)


def lifetime_counts(
    kind: str, stamps_delta: int, points_delta: int, details: Details, *, has_reward: bool
) -> LifetimeCounts:
    """Return what an entry adds, none that voids another: that takes the other's off.

    Points count when they are earned, also while they are pending. Where a policy let somebody keep
    what was spent, `details.lifetime` says what was taken off all the same.
    """
    if "lifetime" in details:
        stamps, points, rewards = details["lifetime"]
        return (stamps, points, rewards)
    if kind in _EARNING:
        return (stamps_delta, points_delta + pending_in(details.get("lots", ())), 0)
    if kind in _REWARDING or (has_reward and kind in _REWARDING_BY_REWARD):
        return (0, 0, 1)
    return (0, 0, 0)
