"""One line of a kind and second, with a count of the rest; a traceback in full once a minute."""

import io
import logging

import pytest

from punchcard.kit import logs
from punchcard.kit.log_throttle import EACH, KINDS_LIMIT, LogThrottle


class Log:
    """A logger whose lines can be read, by a clock that is set."""

    def __init__(self) -> None:
        self.time = 0.0
        self._stream = io.StringIO()
        handler = logs.ThrottledHandler(self._stream, monotonic=lambda: self.time)
        self.to = logging.Logger("punchcard.somewhere")
        self.to.addHandler(handler)

    def written(self) -> list[str]:
        text = self._stream.getvalue()
        self._stream.seek(0)
        self._stream.truncate()
        return [line.partition("] ")[2] or line for line in text.splitlines()]


@pytest.fixture
def log() -> Log:
    return Log()


def fail(log: Log, error: Exception) -> None:
    try:
        raise error
    except Exception:
        log.to.exception("A request failed.")


def test_thousands_of_one_kind_are_one_line_and_a_count(log: Log) -> None:
    for number in range(7000):
        log.to.error("the database is away: %s", f"connection {number}")
    assert log.written() == ["the database is away: connection 0"]
    log.time = 1.0
    log.to.error("the database is away: %s", "still")
    assert log.written() == [
        "6999 more like this one were left out: the database is away: connection 0",
        "the database is away: still",
    ]


def test_a_count_is_told_by_whatever_comes_next(log: Log) -> None:
    for _ in range(3):
        log.to.error("the database is away")
    log.time = 5.0
    log.to.warning("something else")
    assert log.written()[1:] == [
        "2 more like this one were left out: the database is away",
        "something else",
    ]
    log.to.warning("another")
    assert log.written() == ["another"]


def test_other_lines_go_on_in_full(log: Log) -> None:
    for number in range(3):
        log.to.error("one of many %d", number)
        log.to.debug("looked at %d", number)
        log.to.warning("mail to %d", number, extra=EACH)
    log.to.warning("one of many %d", 3)
    told = ["one of many 0", *(f"mail to {n}" for n in range(3)), "one of many 3"]
    assert [line for line in log.written() if "looked" not in line] == told


def test_each_bug_has_its_traceback_once_then_once_a_minute(log: Log) -> None:
    fail(log, ValueError("first"))
    assert log.written()[1].startswith("Traceback")
    fail(log, KeyError("another bug"))
    assert log.written()[1].startswith("Traceback")
    log.time = 2.0
    fail(log, ValueError("second"))
    assert log.written() == ["A request failed. ValueError: second"]
    log.time = 61.0
    fail(log, ValueError("third"))
    assert "ValueError: third" in log.written()[-1]


def test_the_same_error_of_two_places_is_two_bugs(log: Log) -> None:
    fail(log, ValueError("here"))
    try:
        int("there")
    except ValueError:
        log.to.exception("A request failed.")
    assert sum(line.startswith("Traceback") for line in log.written()) == 2


def test_what_is_remembered_is_bounded() -> None:
    throttle = LogThrottle(
        interval_seconds=1.0, traceback_interval_seconds=60.0, monotonic=lambda: 0.0
    )
    for number in range(3 * KINDS_LIMIT):
        record = logging.makeLogRecord({"msg": f"kind {number}", "levelno": logging.ERROR})
        assert throttle.pass_on(record) == [record]
    assert len(throttle._seen) <= KINDS_LIMIT
