"""How often other systems may post hooks, and what those who make addresses up get for it."""

import pytest

from punchcard.accounts.access.rate_limit import ADDRESSES_LIMIT
from punchcard.accounts.errors import TooManyRequests
from punchcard.connect.integrations.hook_limits import HookLimits
from punchcard.kit.clock import ManualClock

NETWORK = "192.0.2.7"


def refused(limits: HookLimits, path: str, network: str = NETWORK) -> bool:
    try:
        limits.take(path, network)
    except TooManyRequests:
        return True
    return False


def test_made_up_addresses_give_none_of_a_shops_another_minute(clock: ManualClock) -> None:
    limits = HookLimits(clock, per_minute=2, misses_per_minute=0)
    limits.take("a shop's", NETWORK)
    limits.note_genuine("a shop's")
    limits.take("a shop's", NETWORK)
    assert refused(limits, "a shop's")

    clock.advance(seconds=1)
    for number in range(ADDRESSES_LIMIT + 1):
        limits.take(f"made up {number}", f"2001:db8:{number:x}::/64")
    assert refused(limits, "a shop's")


def test_misses_that_were_let_through_at_once_are_waited_for(clock: ManualClock) -> None:
    limits = HookLimits(clock, per_minute=0, misses_per_minute=60)
    for number in range(180):
        limits.take(f"made up {number}", NETWORK)
    for _ in range(180):
        limits.note_miss(NETWORK)

    clock.advance(seconds=120)
    assert refused(limits, "made up")
    clock.advance(seconds=1)
    limits.take("made up", NETWORK)


def test_nobody_waits_longer_than_ten_minutes(clock: ManualClock) -> None:
    limits = HookLimits(clock, per_minute=0, misses_per_minute=60)
    for _ in range(10_000):
        limits.note_miss(NETWORK)

    with pytest.raises(TooManyRequests) as refusal:
        limits.take("made up", NETWORK)
    assert refusal.value.retry_after_seconds == 541
    assert not refused(limits, "made up", "192.0.2.8")
