"""docs/security.md says the limits that there are, and names tests that there are."""

import re
from dataclasses import fields
from pathlib import Path

from punchcard.kit.settings import Settings
from punchcard.loyalty.models import LoyaltyProgram

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
STANDARD = (ROOT / "docs" / "security-asvs.md").read_text(encoding="utf-8")
FLOWS = PAGE.partition("## Limits of each flow")[2].partition("\n## ")[0]
SAID = re.findall(r"`([A-Za-z_]+)` \((\d+)\)", FLOWS)

REQUIREMENTS = """
1.1:2 1.2:9 1.3:11 1.4:3 1.5:2 2.1:3 2.2:3 2.3:4 2.4:1 3.2:2 3.3:4 3.4:6 3.5:5 3.7:2 4.1:3
4.2:1 4.3:2 4.4:4 5.1:1 5.2:3 5.3:2 5.4:3 6.1:3 6.2:12 6.3:4 6.4:4 6.5:5 6.6:3 6.8:4 7.1:3
7.2:4 7.3:2 7.4:5 7.5:2 7.6:2 8.1:2 8.2:3 8.3:1 8.4:1 9.1:3 9.2:4 10.1:2 10.2:2 10.3:4
10.4:11 10.5:5 10.6:2 10.7:3 11.1:2 11.2:3 11.3:3 11.4:4 11.5:1 11.6:1 12.1:3 12.2:2 12.3:4
13.1:1 13.2:5 13.3:2 13.4:5 14.1:2 14.2:4 14.3:3 15.1:3 15.2:3 15.3:7 16.1:1 16.2:5 16.3:4
16.4:3 16.5:3 17.1:1 17.2:4 17.3:2
"""
"""How many of levels 1 and 2 each section of ASVS 5.0 has; they are numbered from 1."""

BOUNDS_STRANGERS = re.compile(
    r"_per_(minute|address|card|pass|caller|shop_and_hour)$|attempts(_|$)|queue_limit$"
    r"|(logo|body|head)_limit_bytes$|streams_limit$"
)
OTHERWISE = {"worker_attempts"}
"""What bounds the server's own work."""


def test_every_limit_is_the_one_in_force() -> None:
    settings = {field.name: field.default for field in fields(Settings)}
    columns = LoyaltyProgram.__table__.columns
    in_force = {
        name: settings[name.lower()] if name.isupper() else columns[name].default.arg
        for name, _ in SAID
    }
    assert SAID
    assert {name: float(number) for name, number in SAID} == in_force


def test_no_limit_is_left_out() -> None:
    bounding = {f.name for f in fields(Settings) if BOUNDS_STRANGERS.search(f.name)} - OTHERWISE
    assert bounding
    assert bounding - {name.lower() for name, _ in SAID} == set()


def test_what_shows_it_is_there() -> None:
    shown = re.findall(r"`(tests/[^`]+)`", PAGE + STANDARD)
    assert shown
    assert [path for path in shown if not (ROOT / path).exists()] == []


def test_every_requirement_of_the_standard_is_answered_once() -> None:
    rows = [line.split("|") for line in STANDARD.splitlines() if re.match(r"\| \d", line)]
    answered = [name for row in rows for name in row[1].replace(" ", "").split(",")]
    sections = (section.split(":") for section in REQUIREMENTS.split())
    asked = [f"{name}.{n}" for name, most in sections for n in range(1, int(most) + 1)]
    assert sorted(answered) == sorted(asked)
    assert {row[2].strip() for row in rows} == {"met", "operator", "none here", "not met"}
