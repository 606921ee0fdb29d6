"""`make setup-browser`: find the Chromium that journeys and screenshots drive, or install Debian's.

Nothing is downloaded from a browser's maker: the browser is this machine's, or the one that
`PUNCHCARD_CHROMIUM` names.
"""

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tools import debian

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# The same engine without windows: half the work, but no camera.
SHELL_NAMES = ("chromium-headless-shell", "headless_shell", "chrome-headless-shell")
# Without fonts a machine shows boxes for Arabic, Hebrew and emoji, and nobody sees them break.
FONTS = ("fonts-noto-core", "fonts-noto-color-emoji")

FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Otherwise a process is kept ready for each visitor, who rarely opens a second page.
    "--renderer-process-limit=1",
    # Whatever a page asks for outside this machine has no address.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
"""How every browser of ours is started: quiet, and blind to everything but this machine."""


def find_browser(environment: Mapping[str, str] = os.environ) -> Path | None:
    """Return the browser of `PUNCHCARD_CHROMIUM`, or the first that is installed, or None."""
    named = environment.get("PUNCHCARD_CHROMIUM")
    return _first([named] if named else NAMES, environment)


def find_shell(environment: Mapping[str, str] = os.environ) -> Path | None:
    """Return the browser without windows that pages are looked at with, or else the whole one."""
    if environment.get("PUNCHCARD_CHROMIUM"):
        return find_browser(environment)
    return _first(SHELL_NAMES, environment) or find_browser(environment)


def _first(names: Sequence[str], environment: Mapping[str, str]) -> Path | None:
    found = (shutil.which(name, path=environment.get("PATH")) for name in names)
    return next((Path(name) for name in found if name), None)


def flags(names: str = "") -> list[str]:
    """Return the flags for this machine: a root user's Chromium has no sandbox.

    `names` is a host that the browser finds beside this machine's address, such as `localhost`.
    """
    more = ["--no-sandbox"] if debian.is_root() else []
    if names:
        more.append(f"{FLAGS[-1]}, EXCLUDE {names}")
    return [*FLAGS, *more]


def main() -> int:
    """Make sure that there is a browser; returns 1, and says what to do, when there is none."""
    if find_browser() is None and not os.environ.get("PUNCHCARD_CHROMIUM"):
        # Ubuntu's package is a pointer to a snap, and fails here.
        debian.install(
            ["chromium", *FONTS],
            "Installing Debian's Chromium for the tests: a minute or two, only once",
        )
        # Not every distribution has it; the whole browser does its work too, in twice the time.
        debian.install([SHELL_NAMES[0]], "Installing the same without windows")
    if find_browser() is None:
        print(_HELP, file=sys.stderr)
        return 1
    return 0


_HELP = """\
The tests drive a real browser, and none was found. Install one:
    Debian, Ubuntu:  sudo apt install chromium fonts-noto-core fonts-noto-color-emoji
    Fedora:          sudo dnf install chromium google-noto-sans-fonts google-noto-color-emoji-fonts
    macOS:           brew install --cask chromium
or say where one is: PUNCHCARD_CHROMIUM=/path/to/chrome make test"""


if __name__ == "__main__":
    sys.exit(main())
