"""`make setup-proxies`: find nginx and Caddy, which tests put before a server, or install them."""

import os
import shutil
import sys
from pathlib import Path

from tools import debian

PACKAGES = {"nginx": "nginx-light", "caddy": "caddy"}
_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"


def find_proxy(name: str) -> Path | None:
    """Return the program `nginx` or `caddy`, or None."""
    found = shutil.which(name, path=_PATH)
    return Path(found) if found else None


def main() -> int:
    """Make sure that there are both; returns 1, and says what to do, when one is missing."""
    if missing := _missing():
        debian.install(
            [PACKAGES[name] for name in missing],
            f"Installing Debian's {' and '.join(missing)} for the tests: only once",
        )
    if missing := _missing():
        print(_HELP.format(names=" and ".join(missing)), file=sys.stderr)
        return 1
    return 0


def _missing() -> list[str]:
    return [name for name in PACKAGES if find_proxy(name) is None]


_HELP = """\
Tests put the server behind real proxies, and these were not found: {names}. Install them:
    Debian, Ubuntu:  sudo apt install nginx-light caddy
    Fedora:          sudo dnf install nginx caddy
    macOS:           brew install nginx caddy"""


if __name__ == "__main__":
    sys.exit(main())
