"""The subject of a commit names its room and fits into 72 characters."""

import os
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "tools" / "check_subject.sh"


def complaint(tmp_path: Path, message: str) -> str:
    """Return what the check says to a message; "" when it passes."""
    path = tmp_path / "COMMIT_EDITMSG"
    path.write_text(message, encoding="utf-8")
    done = subprocess.run(
        ["sh", str(SCRIPT), str(path)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
    )
    assert bool(done.stderr) == bool(done.returncode)
    return done.stderr


@pytest.mark.parametrize(
    "message",
    [
        "till: answer lists in their order",
        "till, api: answer lists in their order\n\nWhy, as long as it takes, in a line or in many.",
        f"web: {'é' * 67}",
        "Merge branch 'main' into a branch whose name is longer than anybody would wish it to be",
        'Revert "till: answer lists in their order"',
    ],
)
def test_a_subject_of_our_form_passes(tmp_path: Path, message: str) -> None:
    assert complaint(tmp_path, message) == ""


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (f"web: {'é' * 68}", "more than 72 characters"),
        ("Answer lists in their order", "is not"),
        ("till: answer lists in their order.", "is not"),
        ("till:", "is not"),
        ("", "is not"),
    ],
)
def test_another_subject_is_refused_and_told_why(tmp_path: Path, message: str, said: str) -> None:
    assert said in complaint(tmp_path, message)
