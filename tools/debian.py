"""Installs what this machine lacks where that is ours to do: as root, on Debian or its kin."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence


def is_root() -> bool:
    """Return whether this process may install packages, and Chromium has no sandbox."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def install(packages: Sequence[str], why: str) -> None:
    """Install Debian packages, saying `why`; does nothing for others than root, or without apt."""
    if not (is_root() and shutil.which("apt-get")):
        return
    print(why)
    # The index may be old or missing.
    _run(["apt-get", "update", "-qq"])
    _run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages])


def _run(command: list[str]) -> None:
    # By its run level a package that brings a service knows that it must not start it.
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    done = subprocess.run(command, env=quiet, check=False, capture_output=True, text=True)
    if done.returncode:
        print(done.stderr, file=sys.stderr)
