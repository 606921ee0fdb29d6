"""Few log lines of a kind, however often something goes wrong, and a count of those left out."""

import logging
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

KINDS_LIMIT: Final = 1000
"""How many kinds are remembered; beyond it those that were quiet longest are forgotten."""

EACH: Final = {"is_each_told": True}
"""For `extra`: this line is not a problem but the very thing that was asked for."""

_Kind = tuple[object, ...]


@dataclass(slots=True)
class _Seen:
    """What was seen of a kind: when it was last told, and how many were left out since."""

    record: logging.LogRecord
    told_at: float
    traced_at: float
    left_out: int = 0


class LogThrottle:
    """Says which lines are told: of each kind one an interval, its traceback less often still.

    A kind is what a line of the source says of one sort of exception raised in one place, not each
    request that it is said of. `monotonic` tells seconds. May be used from several threads.
    """

    def __init__(
        self,
        *,
        interval_seconds: float,
        traceback_interval_seconds: float,
        monotonic: Callable[[], float],
    ) -> None:
        self._interval = interval_seconds
        self._traceback_interval = traceback_interval_seconds
        self._monotonic = monotonic
        self._seen: dict[_Kind, _Seen] = {}
        self._lock = threading.Lock()

    def pass_on(self, record: logging.LogRecord) -> list[logging.LogRecord]:
        """Return the lines to write when `record` comes: itself, or none, and counts of others."""
        with self._lock:
            now = self._monotonic()
            told = self._counts_due(now)
            if record.levelno < logging.INFO or getattr(record, "is_each_told", False):
                return [*told, record]
            kind = _kind_of(record)
            seen = self._seen.get(kind)
            if seen is not None and now - seen.told_at < self._interval:
                seen.left_out += 1
                return told
            is_traced = seen is None or now - seen.traced_at >= self._traceback_interval
            traced_at = now if is_traced or seen is None else seen.traced_at
            self._seen[kind] = _Seen(_without_traceback(record), now, traced_at)
            self._forget(now)
            return [*told, record if is_traced else _without_traceback(record)]

    def _counts_due(self, now: float) -> list[logging.LogRecord]:
        due = [s for s in self._seen.values() if s.left_out and now - s.told_at >= self._interval]
        counts = []
        for seen in due:
            counts.append(_count(seen.record, seen.left_out))
            seen.left_out = 0
        return counts

    def _forget(self, now: float) -> None:
        if len(self._seen) <= KINDS_LIMIT:
            return
        quiet = sorted(self._seen, key=lambda kind: self._seen[kind].told_at)
        for kind in quiet[: KINDS_LIMIT // 2]:
            del self._seen[kind]


def _kind_of(record: logging.LogRecord) -> _Kind:
    error = record.exc_info[1] if record.exc_info else None
    if error is None:
        return (record.name, record.levelno, record.msg)
    frames = traceback.extract_tb(error.__traceback__, limit=-1)
    place = (frames[-1].filename, frames[-1].lineno) if frames else ()
    return (record.name, record.levelno, record.msg, type(error), *place)


def _without_traceback(record: logging.LogRecord) -> logging.LogRecord:
    """Return a line with its exception in one line at its end."""
    error = record.exc_info[1] if record.exc_info else None
    text = record.getMessage()
    if error is not None:
        said = str(error).strip().splitlines()
        text = f"{text} {type(error).__name__}: {said[0] if said else ''}".rstrip(" :")
    return _line(record, text)


def _count(record: logging.LogRecord, number: int) -> logging.LogRecord:
    return _line(record, f"{number} more like this one were left out: {record.getMessage()}")


def _line(record: logging.LogRecord, text: str) -> logging.LogRecord:
    made = logging.makeLogRecord(record.__dict__)
    made.msg, made.args, made.exc_info, made.exc_text = text, (), None, None
    return made
