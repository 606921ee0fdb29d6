"""The lines of security events, and that the filter for fail2ban in the docs finds them."""

import configparser
import logging
import re
from pathlib import Path

import pytest

from punchcard.accounts.security.log_lines import write_security_line
from punchcard.accounts.vocabulary import SecurityEvent
from punchcard.kit.logs import ThrottledHandler
from punchcard.kit.security.request_origin import RequestOrigin

FILTER = Path(__file__).parents[3] / "docs" / "fail2ban" / "filter.d" / "punchcard.conf"
# What fail2ban puts in the place of <HOST>, as far as it matters here.
HOST = r"(?P<host>[0-9a-fA-F:.]+)"


def line_of(
    event: SecurityEvent, address: str, actor: str, capsys: pytest.CaptureFixture[str]
) -> str:
    """Return the line as the server writes it, time, level and request id included."""
    logger = logging.getLogger("punchcard.security")
    handler = ThrottledHandler()
    logger.addHandler(handler)
    level = logger.level
    logger.setLevel(logging.INFO)
    try:
        facts = {"account": "abc123", "refusal": "two words\nforged event=x", "count": None}
        write_security_line(event, RequestOrigin(address), actor, facts)
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
    return capsys.readouterr().err.strip()


def banned(line: str) -> str | None:
    """Return whom the filter in the docs would ban for a line."""
    parser = configparser.ConfigParser()
    parser.read(FILTER, encoding="utf-8")
    for pattern in parser["Definition"]["failregex"].strip().splitlines():
        if found := re.search(pattern.strip().replace("<HOST>", HOST), line):
            return found["host"]
    return None


@pytest.mark.parametrize("address", ["203.0.113.9", "2001:db8::7"])
@pytest.mark.parametrize(
    "event",
    [
        SecurityEvent.SIGN_IN_REFUSED,
        SecurityEvent.TOKEN_REFUSED,
        SecurityEvent.PAIRING_REFUSED,
        SecurityEvent.PIN_REFUSED,
        SecurityEvent.ACCESS_REFUSED,
    ],
)
def test_fail2ban_finds_who_was_turned_away(
    event: SecurityEvent, address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert banned(line_of(event, address, "nobody", capsys)) == address


def test_fail2ban_leaves_the_others_alone(capsys: pytest.CaptureFixture[str]) -> None:
    for event in (SecurityEvent.SIGNED_IN, SecurityEvent.EXPORT_TAKEN):
        assert banned(line_of(event, "203.0.113.9", "member:1", capsys)) is None
    # A manager who opens a page of the owner's is no stranger at the door.
    refused = line_of(SecurityEvent.ACCESS_REFUSED, "203.0.113.9", "member:1", capsys)
    assert banned(refused) is None


def test_a_line_has_one_shape_and_nothing_in_it_ends_it(capsys: pytest.CaptureFixture[str]) -> None:
    line = line_of(SecurityEvent.SIGN_IN_REFUSED, "no address\n", "nobody", capsys)
    assert line.endswith(
        "WARNING punchcard.security [-] event=session.refused address=- actor=nobody"
        " account=abc123 refusal=two_words_forged_event_x"
    )
    assert line.count("\n") == 0
