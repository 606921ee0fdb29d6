"""`make setup-prometheus`: find promtool, which judges the alarms, or install Debian's."""

import shutil
import sys
from pathlib import Path

from tools import debian


def find_promtool() -> Path | None:
    """Return the program `promtool`, or None."""
    found = shutil.which("promtool")
    return Path(found) if found else None


def main() -> int:
    """Make sure that there is one; returns 1, and says what to do, when it is missing."""
    if find_promtool() is None:
        debian.install(["prometheus"], "Installing Debian's prometheus for the tests: only once")
    if find_promtool() is None:
        print(_HELP, file=sys.stderr)
        return 1
    return 0


_HELP = """\
Tests let promtool judge the alerts in deploy/prometheus, and it was not found. Install it:
    Debian, Ubuntu:  sudo apt install prometheus
    Fedora:          sudo dnf install golang-github-prometheus
    macOS:           brew install prometheus"""


if __name__ == "__main__":
    sys.exit(main())
