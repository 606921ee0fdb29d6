"""docs/journeys.md names every screen there is, and none that is not there."""

import re
from pathlib import Path

from tests.journeys.screens import SCREENS

ROOT = Path(__file__).parent.parent.parent


def test_every_screen_belongs_to_somebodys_journeys() -> None:
    text = (ROOT / "docs" / "journeys.md").read_text(encoding="utf-8")
    lines = re.findall(r"^Pictures: (.*)$", text, re.MULTILINE)
    named = {name for line in lines for name in re.findall(r"`([a-z-]+)`", line)}
    assert named == {screen.name for screen in SCREENS} - {"docs"}


def test_every_test_that_walks_a_step_is_there() -> None:
    text = (ROOT / "docs" / "journeys.md").read_text(encoding="utf-8")
    sources = "\n".join(
        path.read_text(encoding="utf-8")
        for folder in ("tests/journeys", "tests/web", "tests/js", "tests/loyalty", "tests/wallets")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in (".py", ".js")
    )
    missing = [
        name for name in re.findall(r"`(test_[a-z0-9_]+)`", text) if f"def {name}(" not in sources
    ]
    assert missing == []
