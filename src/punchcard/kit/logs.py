"""Log lines: one a line, to standard error, with the request they belong to; as text or as JSON."""

import json
import logging
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from typing import Any, Final, NamedTuple, TextIO

from punchcard.kit.log_throttle import LogThrottle
from punchcard.kit.tracing.spans import current_span

request_id: ContextVar[str] = ContextVar("request_id", default="-")

INTERVAL_SECONDS: Final = 1.0
TRACEBACK_INTERVAL_SECONDS: Final = 60.0

FIELDS: Final = "fields"
"""For `extra`: what a line says as values by name, which JSON holds beside the sentence."""

_OF_TRACES: Final = ("trace_id", "span_id")
_access = logging.getLogger("punchcard.access")


class AccessLine(NamedTuple):
    """What is told of one request that was answered."""

    method: str
    path: str
    status: int
    milliseconds: float
    address: str
    caller: str

    @property
    def text(self) -> str:
        """Return it as one line of text."""
        return (
            f"{self.method} {self.path} {self.status} {self.milliseconds:.1f} ms"
            f" {self.address} {self.caller}"
        )


class _RequestFilter(logging.Filter):
    """Notes which request and which trace a line belongs to, in the thread that says it."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id.get()
        if (span := current_span.get()) is not None:
            record.trace_id, record.span_id = span.trace_id, span.span_id
        return True


class _TextFormatter(logging.Formatter):
    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s [%(request_id)s] %(message)s")

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        return _stamp(record.created)


class _JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        noted = vars(record)
        facts = _facts(record.levelname, record.name, record.created, noted["request_id"])
        facts["message"] = record.getMessage()
        facts |= {name: noted[name] for name in _OF_TRACES if name in noted}
        facts |= noted.get(FIELDS, {})
        if record.exc_info:
            facts["traceback"] = self.formatException(record.exc_info)
        return json.dumps(facts, default=str)


def _facts(level: str, logger: str, moment: float, request: str) -> dict[str, Any]:
    facts = {"time": _stamp(moment), "level": level, "logger": logger}
    return facts if request == "-" else {**facts, "request_id": request}


class ThrottledHandler(logging.StreamHandler[TextIO]):
    """Writes one line a second at most of a kind, then how many were left out.

    An outage makes every request say the same: in full that filled the disk it may share with the
    database. Of a traceback the first is written in full, later ones once a minute.
    """

    def __init__(
        self,
        stream: TextIO | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        *,
        as_json: bool = False,
    ) -> None:
        super().__init__(stream)
        self._throttle = LogThrottle(
            interval_seconds=INTERVAL_SECONDS,
            traceback_interval_seconds=TRACEBACK_INTERVAL_SECONDS,
            monotonic=monotonic,
        )
        self.addFilter(_RequestFilter())
        self.setFormatter(_JsonFormatter() if as_json else _TextFormatter())

    def emit(self, record: logging.LogRecord) -> None:
        """Write what is to be told of a line."""
        for line in self._throttle.pass_on(record):
            super().emit(line)


# The latest second and its text, as one value that threads swap whole.
_second: tuple[int, str] = (-1, "")


# Whether requests are told as JSON: they go past `logging`, and past the handler that knows.
_is_json = False


def configure_logs(level: str = "INFO", log_format: str = "text") -> None:
    """Send log lines of `level` and above to standard error, few of a kind, as `text` or `json`."""
    global _is_json  # noqa: PLW0603 - set at the start, once
    _is_json = log_format == "json"
    root = logging.getLogger()
    root.handlers[:] = [ThrottledHandler(as_json=_is_json)]
    root.setLevel(level)


def write_access_line(line: AccessLine) -> None:
    """Write one line about one served request, if lines of level INFO are wanted.

    Written past `logging`, which costs 15 microseconds more: this is done for every request.
    """
    if _access.isEnabledFor(logging.INFO):
        written = _json_access(line) if _is_json else _text_access(line)
        # A log that cannot be written, on a full disk, must not fail the request as well.
        with suppress(OSError):
            sys.stderr.write(written)


def _text_access(line: AccessLine) -> str:
    return f"{_stamp(time.time())} INFO punchcard.access [{request_id.get()}] {line.text}\n"


def _json_access(line: AccessLine) -> str:
    facts = _facts("INFO", "punchcard.access", time.time(), request_id.get())
    facts["message"] = line.text
    if (span := current_span.get()) is not None:
        facts |= {"trace_id": span.trace_id, "span_id": span.span_id}
    facts |= {**line._asdict(), "milliseconds": round(line.milliseconds, 1)}
    return json.dumps(facts) + "\n"


def _stamp(moment: float) -> str:
    """Return a moment as RFC 3339 in UTC with milliseconds."""
    global _second  # noqa: PLW0603 - a cache: formatting the same second again is the main cost
    number, text = _second
    second = int(moment)
    if second != number:
        text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
        _second = (second, text)
    return f"{text}.{int((moment - second) * 1000):03d}Z"
