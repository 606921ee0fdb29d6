"""A cache whose values never outlive their time, and which one caller at a time refreshes."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from punchcard.kit.clock import ManualClock
from punchcard.kit.refreshing_cache import RefreshingCache

KEEP_SECONDS = 2.0


class Source:
    """What is true elsewhere; counts how often it was asked."""

    def __init__(self, value: str = "first") -> None:
        self.value = value
        self.ends_at: datetime | None = None
        self.asked = 0

    def load(self) -> tuple[str, datetime | None]:
        self.asked += 1
        if self.value == "lost":
            raise LookupError
        return self.value, self.ends_at


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
def cache(clock: ManualClock) -> RefreshingCache[str]:
    return make(clock)


def make(
    clock: ManualClock, *, seconds: float = KEEP_SECONDS, limit: int = 10
) -> RefreshingCache[str]:
    return RefreshingCache[str](clock, keep_for=timedelta(seconds=seconds), limit=limit)


class Slow:
    """A load that is on its way in a thread until it is told what to return."""

    def __init__(self, cache: RefreshingCache[str], key: str = "key") -> None:
        self._begun, self._may_end = threading.Event(), threading.Event()
        self._outcome: Callable[[], str] = lambda: ""
        self._pool = ThreadPoolExecutor(1)
        self._answer = self._pool.submit(cache.get_or_load, key, self._load)
        assert self._begun.wait(60)

    def end(self, outcome: Callable[[], str]) -> str:
        """Let it end; returns what its caller got, or raises what that one saw."""
        self._outcome = outcome
        self._may_end.set()
        with self._pool:
            return self._answer.result(60)

    def _load(self) -> tuple[str, None]:
        self._begun.set()
        assert self._may_end.wait(60)
        return self._outcome(), None


def lost() -> str:
    raise LookupError


def test_a_value_is_loaded_once_and_then_kept(cache: RefreshingCache[str], source: Source) -> None:
    assert cache.get("key") is None
    assert [cache.get_or_load("key", source.load) for _ in range(3)] == ["first"] * 3
    assert cache.get("key") == "first"
    assert cache.get("other") is None
    assert source.asked == 1


@pytest.mark.parametrize("step", [0.1, 0.25, 0.7, 1.0, 1.9, 2.0])
@pytest.mark.parametrize("peeks", [0, 1, 3])
def test_a_change_elsewhere_is_seen_within_the_time_however_often_one_looks(
    cache: RefreshingCache[str], clock: ManualClock, source: Source, step: float, peeks: int
) -> None:
    began = clock.now()
    cache.get_or_load("key", source.load)
    source.value = "second"
    while clock.now() < began + timedelta(seconds=3 * KEEP_SECONDS):
        clock.advance(seconds=step)
        seen = [cache.get("key") for _ in range(peeks)]
        seen.append(cache.get_or_load("key", source.load))
        if clock.now() >= began + timedelta(seconds=KEEP_SECONDS):
            assert "first" not in seen
            assert seen[-1] == "second"


def test_to_look_keeps_nobody_from_refreshing(
    cache: RefreshingCache[str], clock: ManualClock, source: Source
) -> None:
    cache.get_or_load("key", source.load)
    source.value = "second"
    clock.advance(seconds=KEEP_SECONDS / 2)
    assert [cache.get("key") for _ in range(5)] == [None] * 5
    assert cache.get_or_load("key", source.load) == "second"


def test_one_caller_refreshes_while_the_others_go_on(
    cache: RefreshingCache[str], clock: ManualClock, source: Source
) -> None:
    cache.get_or_load("key", source.load)
    clock.advance(seconds=KEEP_SECONDS / 2)
    refresh = Slow(cache)
    with ThreadPoolExecutor(8) as pool:
        seen = list(pool.map(lambda _: cache.get_or_load("key", source.load), range(40)))
    assert [*seen, cache.get("key")] == ["first"] * 41
    assert source.asked == 1
    assert refresh.end(lambda: "second") == "second"
    assert cache.get("key") == "second"


def test_a_refresh_that_never_ends_keeps_nobody_waiting_and_serves_nothing_too_old(
    cache: RefreshingCache[str], clock: ManualClock, source: Source
) -> None:
    cache.get_or_load("key", source.load)
    clock.advance(seconds=KEEP_SECONDS / 2)
    stuck = Slow(cache)
    clock.advance(seconds=KEEP_SECONDS / 2)
    source.value = "second"
    assert cache.get("key") is None
    assert cache.get_or_load("key", source.load) == "second"
    assert cache.get("key") == "second"
    # What began earlier does not come back over what was loaded since.
    stuck.end(lambda: "first")
    assert cache.get("key") == "second"


def test_a_refresh_that_fails_is_followed_by_another(
    cache: RefreshingCache[str], clock: ManualClock, source: Source
) -> None:
    cache.get_or_load("key", source.load)
    clock.advance(seconds=KEEP_SECONDS / 2)
    source.value = "lost"
    for _ in range(2):
        with pytest.raises(LookupError):
            cache.get_or_load("key", source.load)
        assert cache.get("key") is None
    source.value = "second"
    assert cache.get_or_load("key", source.load) == "second"


def test_what_was_found_gone_does_not_come_back_by_a_slower_load(
    cache: RefreshingCache[str], source: Source
) -> None:
    slow = Slow(cache)
    source.value = "lost"
    with pytest.raises(LookupError):
        cache.get_or_load("key", source.load)
    assert slow.end(lambda: "first") == "first"
    assert cache.get("key") is None


def test_a_slow_load_ages_from_when_it_began(
    cache: RefreshingCache[str], clock: ManualClock
) -> None:
    slow = Slow(cache)
    clock.advance(seconds=KEEP_SECONDS - 0.5)
    slow.end(lambda: "first")
    late = Slow(cache)
    assert cache.get("key") == "first"
    clock.advance(seconds=0.5)
    assert cache.get("key") is None
    with pytest.raises(LookupError):
        late.end(lost)


def test_what_is_invalidated_is_loaded_anew_and_an_older_load_is_not_kept(
    cache: RefreshingCache[str], source: Source
) -> None:
    cache.get_or_load("key", source.load)
    other = Source("other")
    cache.get_or_load("other", other.load)
    slow = Slow(cache, "new")
    cache.invalidate(lambda key, _value: key == "key")
    assert slow.end(lambda: "stale") == "stale"
    assert (cache.get("key"), cache.get("other"), cache.get("new")) == (None, "other", None)
    assert cache.get_or_load("new", source.load) == "first"
    assert cache.get("new") == "first"


def test_a_value_ends_by_itself_before_its_time(
    cache: RefreshingCache[str], clock: ManualClock, source: Source
) -> None:
    source.ends_at = clock.now() + timedelta(seconds=0.5)
    cache.get_or_load("key", source.load)
    assert cache.get("key") == "first"
    clock.advance(seconds=0.5)
    assert cache.get("key") is None


def test_a_clock_set_back_lengthens_no_life(
    cache: RefreshingCache[str], clock: ManualClock, source: Source
) -> None:
    cache.get_or_load("key", source.load)
    clock.advance(hours=-1)
    assert cache.get("key") is None
    source.value = "second"
    assert cache.get_or_load("key", source.load) == "second"


def test_without_time_nothing_is_kept(clock: ManualClock, source: Source) -> None:
    cache = make(clock, seconds=0)
    for _ in range(3):
        cache.get_or_load("key", source.load)
        assert cache.get("key") is None
    assert source.asked == 3


def test_size_is_bounded_and_the_expired_make_room(clock: ManualClock, source: Source) -> None:
    cache = make(clock, limit=2)
    for key in "abc":
        cache.get_or_load(key, source.load)
    assert [cache.get(key) for key in "abc"] == ["first", "first", None]
    clock.advance(seconds=KEEP_SECONDS / 2)
    cache.get_or_load("a", source.load)
    clock.advance(seconds=KEEP_SECONDS / 2)
    cache.get_or_load("c", source.load)
    assert cache.get("c") == "first"
