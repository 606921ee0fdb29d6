"""`make setup-node`: install the linters of scripts and styles, as package-lock.json pins them.

They come from the npm registry that this machine is set to; no script of a package is run.
"""

import shutil
import subprocess
import sys
from pathlib import Path

from tools import debian

ROOT = Path(__file__).parent.parent
OLDEST_NODE = 18

_HELP = f"""\
Scripts and styles are checked by tools that run on Node {OLDEST_NODE} or newer, and {{lack}}.
    Debian, Ubuntu:  sudo apt install nodejs npm
    Fedora:          sudo dnf install nodejs
    macOS:           brew install node
The server and its tests need neither."""


def main() -> int:
    """Install the tools; returns 1, and says what to do, when Node or npm is missing."""
    if what_is_missing():
        debian.install(["nodejs", "npm"], "Installing Debian's Node for the linters, only once")
    if lack := what_is_missing():
        print(_HELP.format(lack=lack), file=sys.stderr)
        return 1
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    return subprocess.run(command, cwd=ROOT, check=False, stdout=subprocess.DEVNULL).returncode


def what_is_missing(path: str | None = None) -> str:
    """Return what keeps the tools from running, as the end of a sentence; "" when nothing does.

    `path` stands in for the PATH of this process.
    """
    node = shutil.which("node", path=path)
    if node is None:
        return "there is no node"
    told = subprocess.run([node, "--version"], check=False, capture_output=True, text=True).stdout
    major = told.strip().removeprefix("v").partition(".")[0]
    if not major.isdecimal() or int(major) < OLDEST_NODE:
        return f"this node is {told.strip() or 'broken'}"
    return "" if shutil.which("npm", path=path) else "there is no npm"


if __name__ == "__main__":
    sys.exit(main())
