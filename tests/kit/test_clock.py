"""A clock that jumps is noticed, and one that runs is not."""

from datetime import timedelta

from punchcard.kit.clock import ClockWatch, ManualClock


def test_a_jump_is_noticed_once_in_either_direction(clock: ManualClock) -> None:
    ticks = [0.0]
    watch = ClockWatch(clock, leeway_seconds=30, monotonic=lambda: ticks[0])

    ticks[0] += 3600
    clock.advance(seconds=3610)
    assert watch.jump() is None

    clock.advance(days=2)
    assert watch.jump() == timedelta(days=2)
    assert watch.jump() is None

    ticks[0] += 5
    clock.set(clock.now() - timedelta(days=2))
    assert watch.jump() == -timedelta(days=2, seconds=5)
