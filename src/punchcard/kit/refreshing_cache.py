"""A short-lived cache before the database: bounded in size, and no value outlives its time."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Generic, TypeVar

from punchcard.kit.clock import Clock

Value = TypeVar("Value")

REFRESH_AT: Final = 0.5
"""The part of a value's life after which it is loaded again while it still serves."""


@dataclass(frozen=True, slots=True)
class _Entry(Generic[Value]):
    value: Value
    loaded_at: datetime
    refresh_at: datetime
    expires_at: datetime

    def is_usable(self, now: datetime) -> bool:
        # A clock that was set back would otherwise lengthen the entry's life.
        return self.loaded_at <= now < self.expires_at


class _Load:
    """One load on its way; what comes of a void one must not be kept."""

    __slots__ = ("is_void",)

    def __init__(self) -> None:
        self.is_void = False


class RefreshingCache(Generic[Value]):
    """Keeps at most `limit` values, each for `keep_for` from the moment its load began.

    That bound always holds: what was changed elsewhere at a moment is not served `keep_for` later.
    From half of that time on, one caller is sent to load the value again while the others go on
    with what is kept, so that a busy key never stands still. Once a value has expired nobody waits
    for anybody: each caller loads for itself. A `keep_for` of zero keeps nothing. Values are not
    None.
    """

    def __init__(self, clock: Clock, *, keep_for: timedelta, limit: int) -> None:
        self._clock = clock
        self._keep_for = keep_for
        self._limit = limit
        self._guard = threading.Lock()
        self._entries: dict[str, _Entry[Value]] = {}
        self._loads: dict[str, list[_Load]] = {}

    def get(self, key: str) -> Value | None:
        """Return what is kept, or None when the caller should use `get_or_load`.

        Changes nothing, claims nothing and never waits: any number of callers may look.
        """
        return self._usable(key, self._clock.now())

    def get_or_load(self, key: str, load: Callable[[], tuple[Value, datetime | None]]) -> Value:
        """Return what is kept, or call `load`, keep what it returns and return that.

        `load` returns the value and when it ends by itself, if it does. What it raises is passed
        on, and the key is no longer kept.
        """
        now = self._clock.now()
        with self._guard:
            # Looked at and claimed in one step: of many callers one refreshes.
            value = self._usable(key, now)
            if value is not None:
                return value
            started = _Load()
            self._loads.setdefault(key, []).append(started)
        try:
            value, ends_at = load()
        except BaseException:
            self._finish(key, started, None)
            raise
        self._finish(key, started, self._entry(value, now, ends_at))
        return value

    def invalidate(self, is_meant: Callable[[str, Value], bool]) -> None:
        """Drop what is meant: call it after the commit that changed it."""
        with self._guard:
            # A load that began before the change may have seen what was there before.
            for loads in self._loads.values():
                _make_void(loads)
            self._entries = {
                key: entry for key, entry in self._entries.items() if not is_meant(key, entry.value)
            }

    def _usable(self, key: str, now: datetime) -> Value | None:
        entry = self._entries.get(key)
        if entry is None or not entry.is_usable(now):
            return None
        if entry.refresh_at <= now and key not in self._loads:
            return None
        return entry.value

    def _entry(self, value: Value, started_at: datetime, ends_at: datetime | None) -> _Entry[Value]:
        expires_at = started_at + self._keep_for
        if ends_at is not None:
            expires_at = min(expires_at, ends_at)
        refresh_at = started_at + self._keep_for * REFRESH_AT
        return _Entry(value, started_at, refresh_at, expires_at)

    def _finish(self, key: str, load: _Load, entry: _Entry[Value] | None) -> None:
        """Take a load off the list; keep what came of it, or drop the key when it failed."""
        with self._guard:
            others = self._loads[key]
            others.remove(load)
            if not others:
                del self._loads[key]
            if entry is None:
                self._entries.pop(key, None)
                _make_void(others)
            elif not load.is_void:
                self._keep(key, entry)

    def _keep(self, key: str, entry: _Entry[Value]) -> None:
        now = self._clock.now()
        present = self._entries.get(key)
        is_older = present is not None and present.loaded_at > entry.loaded_at
        if is_older or not entry.is_usable(now):
            return
        if present is None and len(self._entries) >= self._limit:
            self._entries = {k: one for k, one in self._entries.items() if one.is_usable(now)}
            if len(self._entries) >= self._limit:
                return
        self._entries[key] = entry


def _make_void(loads: list[_Load]) -> None:
    for load in loads:
        load.is_void = True
