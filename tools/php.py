"""`make setup-php`: find PHP, which many tills are written in, or install it for the tests."""

import shutil
import sys

from tools import debian


def main() -> int:
    """Make sure that there is `php`; returns 1, and says what to do, when it is missing."""
    if not shutil.which("php"):
        debian.install(["php-cli"], "Installing Debian's php-cli for the tests: only once")
    if not shutil.which("php"):
        print(_HELP, file=sys.stderr)
        return 1
    return 0


_HELP = """\
The tests run the documentation's example for tills in PHP, and found no PHP. Install it:
    Debian, Ubuntu:  sudo apt install php-cli
    Fedora:          sudo dnf install php-cli
    macOS:           brew install php"""


if __name__ == "__main__":
    sys.exit(main())
