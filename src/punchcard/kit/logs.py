"""Log lines: one a line, to standard error, with the request they belong to."""

import logging
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from typing import Final, TextIO

from punchcard.kit.log_throttle import LogThrottle

request_id: ContextVar[str] = ContextVar("request_id", default="-")

INTERVAL_SECONDS: Final = 1.0
TRACEBACK_INTERVAL_SECONDS: Final = 60.0

_access = logging.getLogger("punchcard.access")


class _RequestIdFilter(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id.get()
        return True


class _Formatter(logging.Formatter):
    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        return _stamp(record.created)


class ThrottledHandler(logging.StreamHandler[TextIO]):
    """Writes one line a second at most of a kind, then how many were left out.

    An outage makes every request say the same: in full that filled the disk it may share with the
    database. Of a traceback the first is written in full, later ones once a minute.
    """

    def __init__(
        self, stream: TextIO | None = None, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(stream)
        self._throttle = LogThrottle(
            interval_seconds=INTERVAL_SECONDS,
            traceback_interval_seconds=TRACEBACK_INTERVAL_SECONDS,
            monotonic=monotonic,
        )
        self.addFilter(_RequestIdFilter())
        self.setFormatter(
            _Formatter("%(asctime)s %(levelname)s %(name)s [%(request_id)s] %(message)s")
        )

    def emit(self, record: logging.LogRecord) -> None:
        """Write what is to be told of a line."""
        for line in self._throttle.pass_on(record):
            super().emit(line)


# The latest second and its text, as one value that threads swap whole.
_second: tuple[int, str] = (-1, "")


def configure_logs(level: str = "INFO") -> None:
    """Send log lines of `level` and above to standard error, few of a kind."""
    root = logging.getLogger()
    root.handlers[:] = [ThrottledHandler()]
    root.setLevel(level)


def write_access_line(text: str) -> None:
    """Write one line about one served request, if lines of level INFO are wanted.

    Written past `logging`, which costs 15 microseconds more: this is done for every request.
    """
    if _access.isEnabledFor(logging.INFO):
        line = f"{_stamp(time.time())} INFO punchcard.access [{request_id.get()}] {text}\n"
        # A log that cannot be written, on a full disk, must not fail the request as well.
        with suppress(OSError):
            sys.stderr.write(line)


def _stamp(moment: float) -> str:
    """Return a moment as RFC 3339 in UTC with milliseconds."""
    global _second  # noqa: PLW0603 - a cache: formatting the same second again is the main cost
    number, text = _second
    second = int(moment)
    if second != number:
        text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
        _second = (second, text)
    return f"{text}.{int((moment - second) * 1000):03d}Z"
