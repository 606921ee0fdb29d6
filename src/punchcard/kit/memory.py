"""A short memory before the database: bounded, forgetful, and never asked by all at once."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class _Kept(Generic[Value]):
    value: Value
    fresh_until: datetime
    usable_until: datetime


class Memory(Generic[Value]):
    """Keeps at most `limit` answers for `keep_for` each (zero: none at all).

    When an answer is due to be asked again, one caller is sent to ask; the others go on with what
    is kept, for as long again at most, so that a busy till never stands still for it.
    """

    def __init__(self, *, keep_for: timedelta, limit: int) -> None:
        self._keep_for = keep_for
        self._limit = limit
        self._guard = threading.Lock()
        self._kept: dict[str, _Kept[Value]] = {}
        self._renewing: set[str] = set()
        self._changes = 0

    def recall(self, key: str, now: datetime) -> Value | None:
        """Return what is kept, or None: the caller then asks, by `look_up`."""
        kept = self._kept.get(key)
        if kept is None:
            return None
        if kept.fresh_until > now or self._is_renewed_by_another(key, kept, now):
            return kept.value
        return None

    def look_up(
        self, key: str, now: datetime, ask: Callable[[], tuple[Value, datetime | None]]
    ) -> Value:
        """Ask, keep the answer, and return it.

        `ask` returns the answer and when it ends by itself, if it does; what it raises is passed
        on, and the key is forgotten.
        """
        changes = self._changes
        try:
            value, ends_at = ask()
        except BaseException:
            self._kept.pop(key, None)
            raise
        finally:
            with self._guard:
                self._renewing.discard(key)
        self._keep(key, value, ends_at, changes, now)
        return value

    def forget(self, is_meant: Callable[[str, Value], bool]) -> None:
        """Drop what is meant: call it after the commit that changed it."""
        with self._guard:
            # An answer that was asked for before the change and comes after it is not kept.
            self._changes += 1
            self._kept = {k: one for k, one in self._kept.items() if not is_meant(k, one.value)}

    def _is_renewed_by_another(self, key: str, kept: _Kept[Value], now: datetime) -> bool:
        if kept.usable_until <= now:
            return False
        with self._guard:
            if key in self._renewing:
                return True
            self._renewing.add(key)
            return False

    def _keep(
        self, key: str, value: Value, ends_at: datetime | None, changes: int, now: datetime
    ) -> None:
        fresh_until = now + self._keep_for
        usable_until = fresh_until + self._keep_for
        if ends_at is not None:
            fresh_until, usable_until = min(fresh_until, ends_at), min(usable_until, ends_at)
        with self._guard:
            if changes != self._changes or fresh_until <= now:
                return
            if len(self._kept) >= self._limit:
                self._kept = {k: one for k, one in self._kept.items() if one.fresh_until > now}
            if len(self._kept) < self._limit:
                self._kept[key] = _Kept(value, fresh_until, usable_until)
