"""Log lines as JSON: one object a line, whatever is in it, with request and trace."""

import json
import logging
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest

from punchcard.accounts.security.log_lines import write_security_line
from punchcard.accounts.vocabulary import SecurityEvent
from punchcard.kit import logs
from punchcard.kit.logs import AccessLine, ThrottledHandler, request_id
from punchcard.kit.security.request_origin import RequestOrigin


class Said:
    """What was written to a handler, and by whom."""

    def __init__(self) -> None:
        self.stream = StringIO()
        self.handler = ThrottledHandler(self.stream, as_json=True)

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Return each line, read."""
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]


@pytest.fixture
def said() -> Iterator[Said]:
    """Write the lines of `punchcard.…` as JSON, of one request, to be read here."""
    log, found = logging.getLogger("punchcard"), Said()
    level = log.level
    log.addHandler(found.handler)
    log.setLevel(logging.INFO)
    mark = request_id.set("5f0c11aa")
    yield found
    request_id.reset(mark)
    log.removeHandler(found.handler)
    log.setLevel(level)


def test_a_line_is_one_object_with_its_request(said: Said) -> None:
    logging.getLogger("punchcard.till").warning('he said "%s"\nand left', "no")
    (line,) = said.lines
    assert {name: value for name, value in line.items() if name != "time"} == {
        "level": "WARNING",
        "logger": "punchcard.till",
        "request_id": "5f0c11aa",
        "message": 'he said "no"\nand left',
    }
    assert line["time"].endswith("Z")


def test_a_request_is_told_by_fields(
    said: Said, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(logs, "_is_json", True)
    logs.write_access_line(AccessLine("GET", "/c/***", 200, 1.26, "203.0.113.9", "member:1"))
    line = json.loads(capsys.readouterr().err)
    assert {name: line[name] for name in AccessLine._fields} == {
        "method": "GET",
        "path": "/c/***",
        "status": 200,
        "milliseconds": 1.3,
        "address": "203.0.113.9",
        "caller": "member:1",
    }
    assert (line["logger"], line["request_id"]) == ("punchcard.access", "5f0c11aa")


def test_a_security_event_is_told_by_fields(said: Said) -> None:
    origin = RequestOrigin("203.0.113.9")
    facts = {"account": "9c1d", "count": None}
    write_security_line(SecurityEvent("session.refused"), origin, "nobody", facts)
    (line,) = said.lines
    assert (line["event"], line["address"], line["actor"], line["account"]) == (
        "session.refused",
        "203.0.113.9",
        "nobody",
        "9c1d",
    )
    assert "count" not in line


def test_a_traceback_stands_in_its_object_and_the_next_line_counts(said: Said) -> None:
    log = logging.getLogger("punchcard.x")
    for _ in range(3):
        try:
            raise ValueError("odd\nthing")
        except ValueError:
            log.exception("it failed")
    (line,) = said.lines
    assert line["traceback"].startswith("Traceback")
    assert line["message"] == "it failed"


def test_a_text_handler_says_none_of_it() -> None:
    stream = StringIO()
    log = logging.Logger("punchcard.security")
    log.addHandler(ThrottledHandler(stream))
    log.warning("event=%s", "x", extra={logs.FIELDS: {"event": "x"}})
    assert stream.getvalue().endswith("WARNING punchcard.security [-] event=x\n")
